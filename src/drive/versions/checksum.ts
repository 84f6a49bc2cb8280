/** The SHA-256 that `sha256sum` prints, for people who compare. Nothing that is stored depends on it. */
import { LRUCache } from 'lru-cache';
import { createSha256 } from '../../crypto/index.ts';
import { type EntryId, toHex, type VersionId } from '../../model/ids.ts';
import type { Tree } from '../tree/tree.ts';
import { openContent } from './versions.ts';

/** Of versions, whose content never changes; about 200 bytes each. */
const kept = new LRUCache<string, string>({ max: 10_000 });

/**
 * Reads the whole content, unless its checksum was asked for before.
 * @returns lower-case hex
 * @throws as reading a file does; the signal's reason
 */
export async function checksum(
  tree: Tree,
  id: EntryId,
  { version, signal = new AbortController().signal }: { version?: VersionId; signal?: AbortSignal } = {},
): Promise<{ sha256: string }> {
  const content = await openContent(tree, id, version);
  const known = kept.get(content.etag);
  if (known !== undefined) return { sha256: known };
  const hash = createSha256();
  for await (const piece of content.read({ start: 0, end: content.size }, signal)) hash.update(piece);
  const sha256 = toHex(hash.digest());
  kept.set(content.etag, sha256);
  return { sha256 };
}
