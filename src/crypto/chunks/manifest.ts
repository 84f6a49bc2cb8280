/**
 * Manifests: the ordered chunks of one version of one file. Which chunks, every member device can
 * read (health, repair and garbage need no user key); only a holder of the entry's key can read the chunk keys.
 *
 * bytes = 0x02 ‖ canonical CBOR {cutter, kind, references, sealed}
 * sealed = seal(entryKey, "manifest/1", canonical CBOR {cutter, kind, references: SHA-256 of the
 * packed references, and content | slots | sizes})
 */
import { assert } from '../../model/assert.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type ChunkId, chunkId, toHex } from '../../model/ids.ts';
import { inlineBytesMax, manifestReferencesMax, sealedChunkBytesMax } from '../../model/limits.ts';
import { type Bytes, concat } from '../bytes.ts';
import { decode, encode, isFields } from '../encoding/canonical.ts';
import {
  type ChunkSlot,
  packReferences,
  packSizes,
  packSlots,
  type Reference,
  readPackedReferences,
  readPackedSizes,
  readPackedSlots,
} from '../encoding/packed.ts';
import { equalBytes, sha256 } from '../hash.ts';
import { open, seal } from '../seal.ts';

export type { ChunkSlot, Reference } from '../encoding/packed.ts';

export type Manifest =
  /** A small file's whole content. */
  | { kind: 'inline'; content: Uint8Array }
  /** One slot for each reference, in the order of the content. */
  | { kind: 'leaf'; references: Reference[]; slots: ChunkSlot[]; cutter: string }
  /** Child manifests, sealed under the same entry key, and the plain bytes under each. */
  | { kind: 'index'; references: Reference[]; sizes: number[]; cutter: string };

type Kind = Manifest['kind'];

/** First byte of a stored manifest; a chunk has another one. */
export const manifestFormat = 0x02;
const label = 'manifest/1';
const cutterLengthMax = 64;

interface Outer {
  kind: Kind;
  cutter: string;
  packed: Uint8Array;
  references: Reference[];
  sealed: Uint8Array;
}

/**
 * @param entryKey 32-byte key of the entry that it is a version of
 * @returns the bytes to store as a chunk, and their id. Sealing twice gives two ids (random nonce).
 * @throws `too-large` for more than 4 KiB inline content or more than 8192 references
 */
export function sealManifest(entryKey: Uint8Array, manifest: Manifest): { id: ChunkId; bytes: Bytes } {
  checkSize(manifest);
  const { kind } = manifest;
  const references = kind === 'inline' ? new Uint8Array(0) : packReferences(manifest.references);
  const cutter = kind === 'inline' ? '' : manifest.cutter;
  // The sealed part repeats the outer fields, so that neither half can be combined with another manifest's.
  const inner = { kind, cutter, references: sha256(references), ...sealedFields(manifest) };
  const outer = { kind, cutter, references, sealed: seal(entryKey, label, encode(inner)) };
  const bytes = concat(new Uint8Array([manifestFormat]), encode(outer));
  return { id: chunkId(toHex(sha256(bytes))), bytes };
}

/**
 * @throws `unsupported-format` for another first byte, `chunk-corrupt` for malformed bytes or parts
 * that do not belong together, `forbidden` when the key is not the one it was sealed with
 */
export function openManifest(entryKey: Uint8Array, bytes: Uint8Array): Manifest {
  const outer = readOuter(bytes, 'chunk-corrupt');
  const inner = readInner(open(entryKey, label, outer.sealed));
  const bound =
    inner.kind === outer.kind &&
    inner.cutter === outer.cutter &&
    inner.references instanceof Uint8Array &&
    equalBytes(inner.references, sha256(outer.packed));
  if (!bound) throw malformed('chunk-corrupt', 'its sealed part belongs to another reference list');
  const manifest = assemble(outer, inner);
  if (!manifest) throw malformed('chunk-corrupt', 'its sealed part has the wrong shape');
  return manifest;
}

/**
 * What any member device may know of a manifest: which chunks it needs. No key needed.
 * @throws `unsupported-format` for another first byte, `bad-record` for malformed bytes
 */
export function readReferences(bytes: Uint8Array): { kind: Kind; references: Reference[] } {
  const { kind, references } = readOuter(bytes, 'bad-record');
  return { kind, references };
}

function checkSize(manifest: Manifest): void {
  if (manifest.kind === 'inline') {
    if (manifest.content.length <= inlineBytesMax) return;
    throw new PeerstorError('too-large', `A manifest holds at most ${inlineBytesMax} bytes of content.`);
  }
  const { references, cutter } = manifest;
  if (references.length > manifestReferencesMax) {
    throw new PeerstorError('too-large', `A manifest holds at most ${manifestReferencesMax} references.`);
  }
  assert(references.length > 0, 'a manifest without chunks is inline');
  assert(cutter.length <= cutterLengthMax, 'a cutter has a short name');
  if (manifest.kind === 'leaf') {
    assert(manifest.slots.length === references.length, 'a leaf has one slot for each reference');
    assert(
      manifest.slots.every(({ key }) => key.length === 32),
      'a chunk key has 32 bytes',
    );
  } else {
    assert(manifest.sizes.length === references.length, 'an index has one size for each reference');
  }
}

function sealedFields(manifest: Manifest): Record<string, Uint8Array> {
  switch (manifest.kind) {
    case 'inline':
      return { content: manifest.content };
    case 'leaf':
      return { slots: packSlots(manifest.slots) };
    case 'index':
      return { sizes: packSizes(manifest.sizes) };
  }
}

function readOuter(bytes: Uint8Array, code: 'bad-record' | 'chunk-corrupt'): Outer {
  const format = bytes[0];
  if (format === undefined) throw malformed(code, 'it is empty');
  if (format !== manifestFormat) {
    throw new PeerstorError(
      'unsupported-format',
      `This manifest has format ${format}, which this version cannot read: update peerstor.`,
    );
  }
  if (bytes.length > sealedChunkBytesMax) throw malformed(code, 'it is too large');
  const fields = readFields(bytes.subarray(1), code);
  const { kind, cutter, references: packed, sealed } = fields;
  const shaped =
    Object.keys(fields).length === 4 &&
    (kind === 'inline' || kind === 'leaf' || kind === 'index') &&
    typeof cutter === 'string' &&
    cutter.length <= cutterLengthMax &&
    packed instanceof Uint8Array &&
    sealed instanceof Uint8Array;
  if (!shaped) throw malformed(code, 'it has the wrong shape');
  const references = readPackedReferences(packed);
  if (!references) throw malformed(code, 'its references have the wrong shape');
  if ((kind === 'inline') !== (references.length === 0)) throw malformed(code, 'its kind does not fit');
  return { kind, cutter, packed, references, sealed };
}

function readInner(bytes: Uint8Array): Record<string, unknown> {
  return readFields(bytes, 'chunk-corrupt');
}

function readFields(bytes: Uint8Array, code: 'bad-record' | 'chunk-corrupt'): Record<string, unknown> {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (cause) {
    throw malformed(code, 'it cannot be read', cause);
  }
  if (!isFields(value)) throw malformed(code, 'it has the wrong shape');
  return value;
}

function assemble(outer: Outer, inner: Record<string, unknown>): Manifest | undefined {
  const { kind, cutter, references } = outer;
  if (kind === 'inline') {
    const { content } = inner;
    if (!(content instanceof Uint8Array) || content.length > inlineBytesMax) return undefined;
    return { kind, content };
  }
  if (kind === 'leaf') {
    const slots = inner.slots instanceof Uint8Array ? readPackedSlots(inner.slots) : undefined;
    return slots?.length === references.length ? { kind, references, slots, cutter } : undefined;
  }
  const sizes = inner.sizes instanceof Uint8Array ? readPackedSizes(inner.sizes) : undefined;
  return sizes?.length === references.length ? { kind, references, sizes, cutter } : undefined;
}

function malformed(code: 'bad-record' | 'chunk-corrupt', why: string, cause?: unknown): PeerstorError {
  return new PeerstorError(code, `This manifest is damaged: ${why}.`, { cause });
}
