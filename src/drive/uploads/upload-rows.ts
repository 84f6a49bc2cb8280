/**
 * An unfinished upload as this device keeps it (FORMAT, section 12): a head that says how far it is, rows of the
 * chunks that came, and the bytes that the cutter has not cut yet. What tells of content or names is sealed under a
 * key of whoever began it, so that a stolen disk shows neither, and nobody goes on with it who could not begin it.
 */
import { decode, encode, hkdf, isFields, open, seal } from '../../crypto/index.ts';
import type { EntryView, SafetyLevel } from '../../model/api.ts';
import type { ConflictRule } from '../../model/contracts/uploads.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import {
  chunkId,
  type EntryId,
  fromHex,
  toHex,
  type UploadId,
  type UserId,
  uploadId,
  userId,
} from '../../model/ids.ts';
import type { StoredChunk } from '../content/index.ts';
import type { Tree } from '../tree/tree.ts';

/** What the device itself must know to bound, count and expire an upload. */
export interface UploadHead {
  readonly id: UploadId;
  /** Names whoever began it, and tells nobody else who that is. */
  readonly holder: string;
  /** Whose quota it counts against. */
  readonly owner: UserId;
  /** By `Clock.elapsedMs`: when it began, and when something last came. */
  readonly beganMs: number;
  readonly movedMs: number;
  /** Unix ms. */
  readonly createdAt: number;
  /** Plain bytes in chunks, and after the last cut. */
  readonly chunkBytes: number;
  readonly tailBytes: number;
  readonly chunkRows: number;
  readonly tailRows: number;
  readonly isFinished: boolean;
  /** A part of another one, which is complete in itself and becomes a file with others. */
  readonly isPart?: boolean;
  readonly sealedFacts: Uint8Array;
}

/** What only its holder can open. */
export interface UploadFacts {
  name: string;
  parent: EntryId;
  file?: EntryId;
  size: number | null;
  metadata: string;
  /** Bytes of the file that it is to replace. */
  sameBytes: number;
  mime?: string;
  modifiedAtMs?: number;
  executable?: boolean;
  onConflict?: ConflictRule;
  copies?: SafetyLevel;
  waitMs?: number;
  /** It becomes a file with others only. */
  isPartial?: boolean;
  /** It was made of these. */
  joinedOf?: UploadId[];
  finished: { entry: EntryView; created: boolean } | null;
}

/** Who begins and continues uploads: a user, a token, or everybody with one link. */
export interface UploadHolder {
  readonly id: string;
  readonly key: Uint8Array;
}

const factsLabel = 'upload-facts/1';
const holderIdBytes = 16;

/** @param dedupeSecret of the user, the token or the link: the same at every device */
export function uploadHolder(dedupeSecret: Uint8Array): UploadHolder {
  const id = toHex(hkdf(dedupeSecret, 'upload-holder/1', new Uint8Array(0), holderIdBytes));
  return { id, key: hkdf(dedupeSecret, 'upload-state/1') };
}

/** Which row of chunks, and how many plain bytes come before it. */
export interface RowPlace {
  row: number;
  at: number;
}

/** Seals and opens what belongs to one upload. */
export class UploadSeals {
  readonly #key: Uint8Array;

  constructor({ key }: UploadHolder, id: UploadId) {
    this.#key = hkdf(key, 'upload/1', fromHex(id));
  }

  sealFacts(facts: UploadFacts): Uint8Array {
    return seal(this.#key, factsLabel, new TextEncoder().encode(JSON.stringify(facts)));
  }

  openFacts(sealed: Uint8Array): UploadFacts {
    // Only we have the key, so what opens is what we sealed.
    return JSON.parse(new TextDecoder().decode(open(this.#key, factsLabel, sealed))) as UploadFacts;
  }

  /**
   * @param row which of the upload: rows cannot be taken for each other
   * @param at plain bytes before its first chunk
   */
  sealChunks({ row, at }: RowPlace, chunks: readonly StoredChunk[]): Uint8Array {
    const rows = chunks.map(({ reference, slot, plainHash }) => [
      fromHex(reference.id),
      reference.size,
      slot.key,
      slot.size,
      plainHash,
    ]);
    return seal(this.#key, `upload-chunks/1 ${row}`, encode([at, rows]));
  }

  /** @throws `index-corrupt` for a row that does not follow the one before, as one may that another device kept */
  openChunks({ row, at }: RowPlace, sealed: Uint8Array): StoredChunk[] {
    const opened: unknown = decode(open(this.#key, `upload-chunks/1 ${row}`, sealed));
    const [begin, rows]: unknown[] = Array.isArray(opened) ? opened : [];
    if (begin !== at || !Array.isArray(rows)) throw damaged();
    return rows.map(chunkOf);
  }

  sealTail(row: number, bytes: Uint8Array): Uint8Array {
    return seal(this.#key, `upload-tail/1 ${row}`, bytes);
  }

  openTail(row: number, sealed: Uint8Array): Uint8Array {
    return open(this.#key, `upload-tail/1 ${row}`, sealed);
  }
}

/** One upload of a holder, opened. */
export interface OpenedUpload {
  head: UploadHead;
  facts: UploadFacts;
  seals: UploadSeals;
}

/** @throws `forbidden` for what was sealed by somebody else */
export function openUpload(holder: UploadHolder, head: UploadHead): OpenedUpload {
  const seals = new UploadSeals(holder, head.id);
  return { head, seals, facts: seals.openFacts(head.sealedFacts) };
}

/** A new one that brought nothing yet, or one that is over as it begins. It is not in the table. */
export function newUpload(
  { tree, holder }: { tree: Tree; holder: UploadHolder },
  owner: UserId,
  facts: UploadFacts,
): OpenedUpload {
  const { random, clock } = tree;
  const id = uploadId(toHex(random.bytes(16)));
  const seals = new UploadSeals(holder, id);
  const nowMs = Math.floor(clock.elapsedMs());
  const isFinished = facts.finished !== null;
  const head: UploadHead = {
    id,
    holder: holder.id,
    owner,
    beganMs: nowMs,
    movedMs: nowMs,
    createdAt: clock.wallMs(),
    chunkBytes: isFinished ? (facts.size ?? 0) : 0,
    tailBytes: 0,
    chunkRows: 0,
    tailRows: 0,
    isFinished,
    sealedFacts: seals.sealFacts(facts),
  };
  return { head, facts, seals };
}

/** Plain bytes. */
export function bytesOf(chunks: readonly StoredChunk[]): number {
  return chunks.reduce((sum, { slot }) => sum + slot.size, 0);
}

/** Bytes that are durable: where the next request begins. */
export function offsetOf({ chunkBytes, tailBytes }: UploadHead): number {
  return chunkBytes + tailBytes;
}

export function encodeHead({ id: _id, ...head }: UploadHead): Uint8Array {
  return encode({ ...head });
}

/** undefined for a row of another shape: that upload has to begin again. */
export function decodeHead(id: string, value: Uint8Array): UploadHead | undefined {
  try {
    const row: unknown = decode(value);
    if (!isFields(row)) return undefined;
    const { holder, owner, isFinished, sealedFacts } = row;
    if (typeof holder !== 'string' || typeof owner !== 'string') return undefined;
    if (typeof isFinished !== 'boolean' || !(sealedFacts instanceof Uint8Array)) return undefined;
    const numbers = {
      beganMs: row.beganMs,
      movedMs: row.movedMs,
      createdAt: row.createdAt,
      chunkBytes: row.chunkBytes,
      tailBytes: row.tailBytes,
      chunkRows: row.chunkRows,
      tailRows: row.tailRows,
    };
    if (!areCounts(numbers)) return undefined;
    return {
      id: uploadId(id),
      holder,
      owner: userId(owner),
      ...numbers,
      isFinished,
      isPart: row.isPart === true,
      sealedFacts,
    };
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}

type Counts<Fields> = { [Field in keyof Fields]: number };

function areCounts<Fields extends Record<string, unknown>>(
  fields: Fields,
): fields is Fields & Counts<Fields> {
  return Object.values(fields).every((count) => Number.isSafeInteger(count) && Number(count) >= 0);
}

function chunkOf(row: unknown): StoredChunk {
  const [id, size, key, plainSize, plainHash]: unknown[] = Array.isArray(row) ? row : [];
  if (!(id instanceof Uint8Array && key instanceof Uint8Array && plainHash instanceof Uint8Array))
    throw damaged();
  if (typeof size !== 'number' || typeof plainSize !== 'number') throw damaged();
  return { reference: { id: chunkId(toHex(id)), size }, slot: { key, size: plainSize }, plainHash };
}

function damaged(): PeerstorError {
  return new PeerstorError(
    'index-corrupt',
    'What this device kept of an upload is damaged: send the file again.',
  );
}
