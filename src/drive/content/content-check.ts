/** Reads content back to see whether it is what was written down. */
import { createSha256, equalBytes } from '../../crypto/index.ts';
import { PeerstorError } from '../../model/errors.ts';
import { ContentDigest } from './content-digest.ts';
import { readContent } from './content-reader.ts';
import { type OpenTreeOptions, openManifestTree } from './manifest-tree.ts';

/** The digest hashes this byte before the plain bytes of every chunk. */
const plainHashPrefix = Uint8Array.of(0);

export interface CheckOptions extends OpenTreeOptions {
  /** Plain bytes of the whole content, and its digest (`VersionFacts`). */
  size: number;
  contentDigest: Uint8Array;
  /** Only the chunks around these places, ascending; everything, and the digest, if absent. */
  places?: readonly number[];
}

/** @throws `chunk-corrupt` when it is anything else; as `readContent` */
export async function checkContent(options: CheckOptions): Promise<void> {
  const { size, contentDigest, places, signal } = options;
  const manifest = await openManifestTree(options);
  if (manifest.size !== size) throw different();
  // What comes hashes to its id already: there is no other copy to ask for.
  const network = { read: options.network.read, reportCorruptLocal: async () => undefined };
  const reading = {
    manifest,
    entryKey: options.entryKey,
    otherKeys: options.otherKeys ?? [],
    network,
    signal,
  };
  for (const start of places ?? []) {
    // One byte costs the whole chunk, whose tag and size are checked.
    for await (const piece of readContent({ ...reading, range: { start, end: start + 1 } })) {
      if (piece.length !== 1) throw different();
    }
  }
  if (places) return;
  const digest = new ContentDigest();
  let read = 0;
  for await (const chunk of readContent(reading)) {
    read += chunk.length;
    const plainHash = createSha256();
    plainHash.update(plainHashPrefix);
    plainHash.update(chunk);
    digest.add(plainHash.digest());
  }
  if (read !== size || !equalBytes(digest.digest(), contentDigest)) throw different();
}

function different(): PeerstorError {
  return new PeerstorError('chunk-corrupt', 'What was read back is not the content that was written down.');
}
