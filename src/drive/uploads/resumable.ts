/** Uploads that come in several requests, of one holder: `ResumableUploads` over the table of this device. */

import { untilStopped } from '../../concurrency/index.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import type {
  AppendOptions,
  ResumableUploads,
  UploadOutcome,
  UploadProgress,
  UploadView,
  UploadWish,
} from '../../model/contracts/uploads.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { EntryId, UploadId } from '../../model/ids.ts';
import { CollectedChunks, type StoredChunk } from '../content/index.ts';
import { checkName } from '../tree/listing/names.ts';
import type { Tree } from '../tree/tree.ts';
import { adoptUpload, uploadsElsewhere } from './elsewhere.ts';
import { closePart, joinedBefore, markJoined, requireComplete } from './joining.ts';
import { outgrown, receive } from './receiving.ts';
import {
  bytesOf,
  newUpload,
  type OpenedUpload,
  offsetOf,
  openUpload,
  type UploadHead,
  type UploadHolder,
  uploadHolder,
} from './upload-rows.ts';
import type { UploadTable } from './upload-table.ts';
import { checkOptions } from './uploads.ts';

export interface ResumableParts {
  table: UploadTable;
  /** Of the user, the token or the link that holds the uploads. */
  dedupeSecret: Uint8Array;
  /** Everything that the holder reaches; its rights are asked at every request. */
  drive: Drive;
  /** One that the holder has open: chunks are cut and sealed as for this one. */
  tree: Tree;
}

export function createResumableUploads(given: ResumableParts): ResumableUploads {
  const { table, drive, tree, dedupeSecret } = given;
  const holder = uploadHolder(dedupeSecret);
  const uploads = new HolderUploads({ table, drive, tree, holder });
  return {
    create: (wish, options) => uploads.create(wish, options),
    join: (wish, ids, options) => uploads.join(wish, ids, options),
    look: (id, options) => uploads.look(id, options),
    append: (id, offset, content, options) => uploads.append(id, offset, content, options),
    remove: (id) => uploads.remove(id),
    list: () => uploads.list(),
    onChange: (listener) =>
      table.onChange((head) => {
        if (head.holder === holder.id) listener([head.id]);
      }),
  };
}

interface HolderParts extends Pick<ResumableParts, 'table' | 'drive' | 'tree'> {
  holder: UploadHolder;
}

class HolderUploads {
  readonly #parts: HolderParts;

  constructor(parts: HolderParts) {
    this.#parts = parts;
  }

  async create(
    wish: UploadWish,
    options: Pick<AppendOptions, 'beforeListing'> = {},
  ): Promise<UploadProgress> {
    const { table, drive, tree } = this.#parts;
    const { quotas } = tree;
    const { parent, name, size, metadata = '', ...upload } = wish;
    if (!upload.isPartial) checkName(name);
    checkOptions({ ...upload, ...(size === null ? {} : { sizeHint: size }) });
    const owner = await drive.ownerForUploads(upload.file ?? parent);
    const isOfNoName = upload.isPartial || upload.onConflict === 'rename';
    const there = upload.file
      ? await drive.entry(upload.file)
      : isOfNoName
        ? undefined
        : await entryNamed(drive, parent, name);
    if (there?.kind === 'folder') {
      throw new PeerstorError('name-taken', `There is a folder with this name already: "${name}".`);
    }
    const sameBytes = there?.size ?? 0;
    // Refused now rather than after an hour; what is under way is counted as it comes.
    (await quotas.reserve(owner, size ?? 0, sameBytes)).release();
    const isSkipped = there !== undefined && upload.onConflict === 'skip';
    const made = newUpload(this.#parts, owner, {
      ...upload,
      name,
      parent,
      size: isSkipped ? (size ?? 0) : size,
      metadata,
      sameBytes,
      finished: isSkipped ? { entry: there, created: false } : null,
    });
    await table.add(made.head);
    return size === 0 && !isSkipped ? this.look(made.head.id, options) : this.#view(made);
  }

  async join(
    wish: Omit<UploadWish, 'size' | 'isPartial'>,
    ids: readonly UploadId[],
    options: Pick<AppendOptions, 'beforeListing'> = {},
  ): Promise<UploadProgress> {
    const { table, drive } = this.#parts;
    if (ids.length === 0 || new Set(ids).size < ids.length) {
      throw new PeerstorError('bad-input', 'Name each of the parts once, in the order of the file.');
    }
    checkName(wish.name);
    checkOptions(wish);
    const owner = await drive.ownerForUploads(wish.parent);
    for (const id of ids) await adoptUpload(this.#parts, id);
    const work = async () => {
      const opened: OpenedUpload[] = [];
      for (const id of ids) opened.push(await this.#open(id));
      const size = opened.reduce((sum, { head }) => sum + offsetOf(head), 0);
      const finished = joinedBefore(opened) ?? (await this.#joinParts(wish, opened, size, options));
      const { metadata = '', ...given } = wish;
      const facts = { ...given, size, metadata, sameBytes: 0, joinedOf: [...ids], finished };
      const made = newUpload(this.#parts, owner, facts);
      await table.save(made.head, {});
      return this.#view(made);
    };
    // Always in the same order, so that two that join the same parts cannot wait for each other.
    const alone = [...ids]
      .sort()
      .reduce<() => Promise<UploadProgress>>((inner, id) => () => table.alone(id, inner), work);
    return alone();
  }

  async look(id: UploadId, options: Pick<AppendOptions, 'beforeListing'> = {}): Promise<UploadProgress> {
    await adoptUpload(this.#parts, id);
    await this.#open(id);
    return this.#parts.table.alone(id, async () => this.#finishIfComplete(await this.#open(id), options));
  }

  async append(
    id: UploadId,
    offset: number,
    content: AsyncIterable<Uint8Array>,
    options: AppendOptions = {},
  ): Promise<UploadProgress> {
    await adoptUpload(this.#parts, id);
    await this.#open(id);
    return this.#parts.table.alone(id, async (signal) => {
      const found = await this.#open(id);
      if (found.facts.joinedOf) {
        throw new PeerstorError('forbidden', 'This upload was joined of others: it takes no bytes itself.');
      }
      if (offset !== offsetOf(found.head)) throw otherOffset(offsetOf(found.head));
      const opened = await this.#declared(found, options.size);
      const { facts } = opened;
      if (!facts.finished && facts.size !== offset) {
        await this.#receive(opened, untilStopped(content, signal), options);
      }
      return this.#finishIfComplete(await this.#open(id), options);
    });
  }

  async remove(id: UploadId): Promise<void> {
    const { table } = this.#parts;
    await this.#open(id);
    await table.alone(id, async () => table.remove((await this.#open(id)).head));
  }

  async list(): Promise<UploadView[]> {
    const { table, holder } = this.#parts;
    const own = (await table.unfinishedOf(holder.id)).map((head) => this.#opened(head));
    const named = [...own, ...uploadsElsewhere(this.#parts)].filter(({ facts }) => !facts.isPartial);
    return named.map((opened) => {
      const { metadata: _1, finished: _2, isPartial: _3, joinedOf: _4, ...view } = this.#view(opened);
      return view;
    });
  }

  async #open(id: UploadId): Promise<OpenedUpload> {
    const { table, holder } = this.#parts;
    return this.#opened(await table.require(id, holder.id));
  }

  #opened(head: UploadHead): OpenedUpload {
    return openUpload(this.#parts.holder, head);
  }

  #view({ head, facts }: OpenedUpload): UploadProgress {
    const {
      name,
      parent,
      size,
      metadata,
      finished,
      modifiedAtMs,
      isPartial = false,
      joinedOf = null,
    } = facts;
    return {
      id: head.id,
      name,
      parentId: parent,
      size,
      offset: offsetOf(head),
      modifiedAt: modifiedAtMs === undefined ? null : new Date(modifiedAtMs).toISOString(),
      createdAt: new Date(head.createdAt).toISOString(),
      expiresAt: new Date(this.#parts.table.expiresAt(head)).toISOString(),
      metadata,
      isPartial,
      joinedOf,
      finished,
    };
  }

  /** The upload with the length that was left open before. @throws `conflict` for another one */
  async #declared(opened: OpenedUpload, size: number | undefined): Promise<OpenedUpload> {
    const { head, facts, seals } = opened;
    if (size === undefined || size === facts.size) return opened;
    if (facts.size !== null) {
      throw new PeerstorError('conflict', `This upload was begun with a length of ${facts.size} bytes.`);
    }
    checkOptions({ sizeHint: size });
    if (size < offsetOf(head)) {
      throw new PeerstorError('bad-input', `${offsetOf(head)} bytes of this upload are here already.`);
    }
    const declared = { ...facts, size };
    const changed = { ...head, sealedFacts: seals.sealFacts(declared) };
    await this.#parts.table.save(changed, {});
    return { head: changed, facts: declared, seals };
  }

  async #receive(
    { head, facts, seals }: OpenedUpload,
    content: AsyncIterable<Uint8Array>,
    { checksum, length }: AppendOptions,
  ): Promise<void> {
    const { table, drive, tree } = this.#parts;
    const { quotas, clock, contentKeys: keys, network } = tree;
    const { size } = facts;
    if (size !== null && offsetOf(head) + (length ?? 0) > size) throw outgrown(size);
    const owner = await drive.ownerForUploads(facts.file ?? facts.parent);
    const reservation = await quotas.reserve(owner, length ?? 0, facts.sameBytes);
    const upload = network.beginUpload();
    try {
      const shared = { head, seals, table, clock, keys, upload, reservation, size, content };
      await receive({ ...shared, ...(checksum && { checksum }) });
    } finally {
      reservation.release();
      upload.close();
      const { head: now } = await this.#open(head.id);
      table.count(head.id, head.owner, offsetOf(now));
    }
  }

  async #finishIfComplete(
    opened: OpenedUpload,
    options: Pick<AppendOptions, 'beforeListing'>,
  ): Promise<UploadProgress> {
    const { head, facts } = opened;
    if (facts.finished || facts.size !== offsetOf(head)) return this.#view(opened);
    if (facts.isPartial) return this.#view(await closePart(this.#parts, opened));
    return this.#finish(opened, facts.size, options);
  }

  async #finish(opened: OpenedUpload, size: number, { beforeListing }: Pick<AppendOptions, 'beforeListing'>) {
    const { table, drive, tree } = this.#parts;
    const { head, seals, facts } = opened;
    const {
      parent,
      name,
      file,
      size: _size,
      metadata: _metadata,
      sameBytes: _sameBytes,
      finished: _finished,
      isPartial: _isPartial,
      joinedOf: _joinedOf,
      ...options
    } = facts;
    const content = new CollectedChunks({
      size,
      chunks: () => this.#chunks(opened),
      rest: () => this.#tail(opened),
    });
    // The upload itself reserves what it needs now.
    table.count(head.id, head.owner, 0);
    try {
      await beforeListing?.();
      const said = { ...options, sizeHint: size };
      const finished = await (file
        ? drive.uploadTo(file, content, said)
        : drive.upload(parent, name, content, said));
      const sealedFacts = seals.sealFacts({ ...facts, finished });
      const movedMs = Math.floor(tree.clock.elapsedMs());
      const sizes = { chunkBytes: size, chunkRows: 0, tailBytes: 0, tailRows: 0 };
      await table.cutBack({ ...head, ...sizes, movedMs, isFinished: true, sealedFacts }, 0, null);
      return this.#view(await this.#open(head.id));
    } catch (error) {
      table.count(head.id, head.owner, offsetOf(head));
      const missing = isPeerstorError(error, 'chunk-missing') ? error.details.chunk : undefined;
      if (typeof missing === 'string') throw await this.#cutBack(opened, missing);
      throw error;
    }
  }

  /** @throws `conflict` where a part is not complete, or was lost and must be sent again */
  async #joinParts(
    { metadata: _metadata, parent, name, ...options }: Omit<UploadWish, 'size' | 'isPartial'>,
    opened: readonly OpenedUpload[],
    size: number,
    { beforeListing }: Pick<AppendOptions, 'beforeListing'>,
  ): Promise<UploadOutcome> {
    const { table, drive } = this.#parts;
    requireComplete(opened);
    const chunks = () => this.#chunksOfAll(opened);
    const content = new CollectedChunks({ size, chunks, rest: () => nothing() });
    // The file reserves what it needs now.
    for (const { head } of opened) table.count(head.id, head.owner, 0);
    try {
      await beforeListing?.();
      const finished = await drive.upload(parent, name, content, { ...options, sizeHint: size });
      await markJoined(this.#parts, opened, finished);
      return finished;
    } catch (error) {
      for (const { head } of opened) table.count(head.id, head.owner, offsetOf(head));
      const missing = isPeerstorError(error, 'chunk-missing') ? error.details.chunk : undefined;
      if (typeof missing !== 'string') throw error;
      for (const one of opened) await this.#cutBack(one, missing);
      throw new PeerstorError(
        'conflict',
        'A part was lost meanwhile: ask each how far it is, and send the rest.',
      );
    }
  }

  async *#chunksOfAll(opened: readonly OpenedUpload[]): AsyncGenerator<StoredChunk> {
    for (const one of opened) yield* this.#chunks(one);
  }

  async *#chunks({ head, seals }: OpenedUpload): AsyncGenerator<StoredChunk> {
    let at = 0;
    for (const { row, sealed } of this.#parts.table.chunkRows(head)) {
      const chunks = seals.openChunks({ row, at }, sealed);
      at += bytesOf(chunks);
      yield* chunks;
    }
  }

  async *#tail({ head, seals }: OpenedUpload): AsyncGenerator<Uint8Array> {
    for (const { row, sealed } of this.#parts.table.tailRows(head)) yield seals.openTail(row, sealed);
  }

  /** Forgets everything from a chunk on that no device has any more. @returns what tells the client to send it again */
  async #cutBack({ head, seals }: OpenedUpload, missing: string): Promise<PeerstorError> {
    const { table } = this.#parts;
    let chunkBytes = 0;
    for (const { row, sealed } of table.chunkRows(head)) {
      const place = { row, at: chunkBytes };
      const chunks = seals.openChunks(place, sealed);
      const lost = chunks.findIndex(({ reference }) => reference.id === missing);
      const kept = lost === -1 ? chunks : chunks.slice(0, lost);
      chunkBytes += bytesOf(kept);
      if (lost === -1) continue;
      const shorter = {
        ...head,
        chunkBytes,
        chunkRows: lost === 0 ? row : row + 1,
        tailBytes: 0,
        tailRows: 0,
      };
      await table.cutBack(shorter, row, lost === 0 ? null : seals.sealChunks(place, kept));
      table.count(head.id, head.owner, chunkBytes);
      break;
    }
    return otherOffset(chunkBytes);
  }
}

function otherOffset(offset: number): PeerstorError {
  return new PeerstorError('conflict', `This upload goes on at byte ${offset}.`, { details: { offset } });
}

async function entryNamed(drive: Drive, parent: EntryId, name: string) {
  try {
    return await drive.resolve([name], parent);
  } catch (error) {
    if (isPeerstorError(error, 'not-found')) return undefined;
    throw error;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
