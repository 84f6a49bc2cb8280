/**
 * Uploads: what may be said of one, and those that come in several requests, with breaks of days and restarts of the
 * device between them. Each of these belongs to whoever began it: a user, a token, or everybody with one link. Suite:
 * test/drive/uploads/resumable.test.ts.
 */
import type { EntryView, SafetyLevel } from '../api.ts';
import type { ChunkId, EntryId, UploadId } from '../ids.ts';

/** What becomes of a file that has the name already. */
export type ConflictRule = 'version' | 'rename' | 'skip';

export interface UploadOptions {
  signal?: AbortSignal;
  mime?: string;
  modifiedAtMs?: number;
  /** May it be run as a program? Not said: as before, and no for a new file. */
  executable?: boolean;
  /** What a program says of this content, asked once all of it was read; none for others' content. */
  attributes?(): Readonly<Record<string, string>>;
  /** Bytes that will come, where known: refused early when they cannot fit. */
  sizeHint?: number;
  /** Safety to wait for; default `safe`. */
  copies?: SafetyLevel;
  /** Longest wait for that safety where no device can take a copy; default `safeWaitMs`. */
  waitMs?: number;
  /** Only when the current version is this one, else `precondition-failed`. '*': must exist; 'none': must not. */
  ifMatch?: string;
  onConflict?: ConflictRule;
  /** Called for each chunk before it is stored, and waited for. */
  onChunk?(chunk: SealedPart): Promise<void>;
}

/** Where a chunk of an upload comes from, and how it was sealed. */
export interface SealedPart {
  id: ChunkId;
  key: Uint8Array;
  /** Plain bytes before it, and in it. */
  start: number;
  plainBytes: number;
  sealedBytes: number;
  isCompressed: boolean;
}

/** Content that came in several requests. What is in it only the drive room knows. */
export interface CollectedContent {
  readonly collected: true;
  /** Plain bytes. */
  readonly size: number;
}

export type UploadSource = AsyncIterable<Uint8Array> | CollectedContent;

export interface UploadOutcome {
  entry: EntryView;
  created: boolean;
}

export interface UploadWish {
  parent: EntryId;
  name: string;
  /** It becomes a new version of this file, wherever that is and whatever it is called by then. */
  file?: EntryId;
  /** Bytes in all; null to say it later. */
  size: number | null;
  mime?: string;
  modifiedAtMs?: number;
  executable?: boolean;
  onConflict?: ConflictRule;
  copies?: SafetyLevel;
  waitMs?: number;
  /** What the client said when it began, as it is to be told again. */
  metadata?: string;
  /** It becomes no file by itself, but a part of one that `join` makes; name and conflict rule mean nothing then. */
  isPartial?: boolean;
}

/** An upload that goes on in later requests. */
export interface UploadView {
  id: string;
  /** What the file is to be called, and the folder in which it is to be. */
  name: string;
  parentId: string;
  /** Bytes in all; null while nobody said. */
  size: number | null;
  /** Bytes that are durable: the next request begins there. */
  offset: number;
  /** When the file was changed last, as its client said; null where it did not. */
  modifiedAt: string | null;
  createdAt: string;
  /** When it is given up unless something comes. */
  expiresAt: string;
}

export interface UploadProgress extends UploadView {
  metadata: string;
  /** It waits for `join`. */
  isPartial: boolean;
  /** The partial ones that it was joined of, in order; null for one that brought its bytes itself. */
  joinedOf: UploadId[] | null;
  /** What it became; null while bytes are missing. `entry` and `created` as in `UploadOutcome`. */
  finished: { entry: EntryView; created: boolean } | null;
}

export interface AppendOptions {
  /** The length in all, where it was not said before. */
  size?: number;
  /** Bytes that this request brings, where they are known: refused early when they cannot fit. */
  length?: number | undefined;
  /** Of the bytes of this request: they are kept only if all came and this is right. */
  checksum?: { algorithm: ChecksumAlgorithm; digest: Uint8Array };
  /** Called once, before the file is listed. What it throws leaves the upload unfinished. */
  beforeListing?: () => Promise<void>;
}

export type ChecksumAlgorithm = 'sha1' | 'sha256';

export interface ResumableUploads {
  /**
   * Begins an upload. One of no bytes, or that `onConflict: 'skip'` makes needless, is finished at once.
   * @throws what `Drive.upload` throws before it reads content; `too-many-tries` when too many are unfinished
   */
  create(wish: UploadWish, options?: Pick<AppendOptions, 'beforeListing'>): Promise<UploadProgress>;
  /**
   * Makes one file of partial uploads that are complete, without reading them. Asked again after it succeeded, it gives
   * the same file.
   * @param parts in the order of the file, each once
   * @throws `not-found` for a part that is none, `conflict` for one that is not complete or belongs to another file
   * already, `bad-input`, what `Drive.upload` throws
   */
  join(
    wish: Omit<UploadWish, 'size' | 'isPartial'>,
    parts: readonly UploadId[],
    options?: Pick<AppendOptions, 'beforeListing'>,
  ): Promise<UploadProgress>;
  /**
   * How far an upload is. A request that still brings bytes for it is ended first: its client has another one.
   * An upload that is complete but not listed, because the device died in between, is listed now.
   * @throws `not-found`, and what listing it throws
   */
  look(id: UploadId, options?: Pick<AppendOptions, 'beforeListing'>): Promise<UploadProgress>;
  /**
   * Takes bytes, and lists the file when it has the last one. What came before `content` threw is kept.
   * @param offset where they begin
   * @throws `conflict` for another offset than the upload has (`details.offset` says which), `too-large` beyond
   * the length that was said, `checksum-mismatch`, `quota-exceeded`, `forbidden` for one that was joined, what `content` and `Drive.upload` throw
   */
  append(
    id: UploadId,
    offset: number,
    content: AsyncIterable<Uint8Array>,
    options?: AppendOptions,
  ): Promise<UploadProgress>;
  /** Gives it up. @throws `not-found` */
  remove(id: UploadId): Promise<void>;
  /** Those that are not finished, the newest first. */
  list(): Promise<UploadView[]>;
  /** Called with the ids of uploads that began, grew, or ended. Returns the unsubscriber. */
  onChange(listener: (ids: string[]) => void): () => void;
}

export interface MultipartView {
  id: UploadId;
  /** What was said when it began. */
  parent: EntryId;
  name: string;
  metadata: string;
  createdAt: string;
}

export interface PartView {
  /** From 1; parts lie in the file in this order. */
  number: number;
  size: number;
  /** What the client was told of its content. */
  etag: string;
  modifiedAt: string;
}

/**
 * Uploads whose parts come in any order, several at a time, and become one file when their client says so (S3). They
 * belong to the token that began them and to the device that took them. Suite: test/drive/uploads/multipart.test.ts.
 */
export interface MultipartUploads {
  /** @throws what `Drive.upload` throws for the folder; `too-many-tries` when too many are unfinished */
  create(wish: Pick<MultipartView, 'parent' | 'name' | 'metadata'>): Promise<MultipartView>;
  /** Unfinished ones, the newest first. */
  list(): Promise<MultipartView[]>;
  /** @throws `not-found` */
  look(id: UploadId): Promise<MultipartView>;
  /** Those that are there, in order. @throws `not-found` */
  parts(id: UploadId): Promise<PartView[]>;
  /**
   * Takes a part; it takes the place of an earlier one of the same number. Durable when it resolves (I2); what breaks
   * off leaves nothing.
   * @param part.etag asked once all of the content was read
   * @throws `not-found`, `quota-exceeded`, `too-many-tries` for too many parts, what `content` throws
   */
  putPart(
    id: UploadId,
    content: AsyncIterable<Uint8Array>,
    part: { number: number; size: number; etag: () => string },
  ): Promise<PartView>;
  /**
   * Joins parts without reading them: the file has the chunks that are there.
   * @param numbers of the parts, rising
   * @param store makes the file of the content (`Drive.upload`); after it the upload is over
   * @throws `not-found`, `bad-input` for a part that is not there, what `store` throws; then the upload goes on
   */
  complete<Stored>(
    id: UploadId,
    numbers: readonly number[],
    store: (content: CollectedContent) => Promise<Stored>,
  ): Promise<Stored>;
  /** Gives it up. @throws `not-found` */
  remove(id: UploadId): Promise<void>;
}

/** The own uploads of a device; bytes as in FORMAT, section 9. */
export interface UploadStates {
  ids(): Iterable<UploadId>;
  /** undefined for one that is over. */
  headOf(id: UploadId): Uint8Array | undefined;
  /** Rows of chunks that belong to the head. */
  rowsOf(id: UploadId): number;
  row(id: UploadId, row: number): Uint8Array | undefined;
}

export interface UploadCopy {
  id: UploadId;
  head: Uint8Array;
  /** The first rows of chunks, without a gap: as many as came. Another device may have made them up. */
  rows(): Iterable<Uint8Array>;
}

export interface UploadCopies {
  /** An own upload grew or ended: the others are told soon, as far as they are connected. */
  changed(id: UploadId): void;
  /** What other devices left here of one upload. */
  find(id: UploadId): readonly UploadCopy[];
  /** What other devices left here. */
  all(): Iterable<UploadCopy>;
}
