/** Whether a local file and one of the drive have the same bytes: reads both whole. */
import { join } from 'node:path';
import { createSha256 } from '../../crypto/index.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import { toHex } from '../../model/ids.ts';
import type { FileFacts } from '../source/scanner.ts';
import { readSteady } from '../source/steady-file.ts';
import type { Remote } from './sync-plan.ts';

/** @throws {FileChanged} when the local file changes meanwhile */
export async function hasSameContent(
  {
    profile,
    drive,
    signal,
  }: { profile: { folder: string }; drive: Pick<Drive, 'checksum'>; signal: AbortSignal },
  path: string,
  facts: FileFacts,
  remote: Remote,
): Promise<boolean> {
  if (facts.size !== remote.size || !remote.version) return false;
  const hash = createSha256();
  for await (const piece of readSteady(join(profile.folder, path), facts, () => undefined))
    hash.update(piece);
  const { sha256 } = await drive.checksum(remote.entry, { version: remote.version, signal });
  return toHex(hash.digest()) === sha256;
}
