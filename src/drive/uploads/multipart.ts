/**
 * Uploads in parts: `MultipartUploads` over the table of this device. A part is an upload of its own in that table,
 * with all of its bytes in chunks, so that parts become one file by joining their lists of chunks.
 */
import { hkdf } from '../../crypto/index.ts';
import type {
  CollectedContent,
  MultipartUploads,
  MultipartView,
  PartView,
} from '../../model/contracts/uploads.ts';
import { PeerstorError } from '../../model/errors.ts';
import { toHex, type UploadId, type UserId, uploadId } from '../../model/ids.ts';
import { CollectedChunks, collectChunks, type StoredChunk, storeRest } from '../content/index.ts';
import type { ResumableParts } from './resumable.ts';
import {
  type UploadFacts,
  type UploadHead,
  type UploadHolder,
  UploadSeals,
  uploadHolder,
} from './upload-rows.ts';

/** What the sealed facts of a part say beside its size. */
interface PartFacts {
  of: UploadId;
  number: number;
  etag: string;
}

/** All chunks of a part are in one row. */
const onlyRow = { row: 0, at: 0 };

interface Opened {
  head: UploadHead;
  facts: UploadFacts;
  seals: UploadSeals;
}

interface OpenedPart extends Opened {
  part: PartFacts;
}

export function createMultipartUploads(parts: ResumableParts): MultipartUploads {
  // Not the holder of uploads that go on byte by byte: neither shows in the list of the other.
  const holder = uploadHolder(hkdf(parts.dedupeSecret, 'multipart-holder/1'));
  const uploads = new HolderMultiparts(parts, holder);
  return {
    create: (wish) => uploads.create(wish),
    list: () => uploads.list(),
    look: async (id) => viewOf(await uploads.open(id)),
    parts: async (id) => (await uploads.partsOf(id)).map(partView),
    putPart: (id, content, part) => uploads.putPart(id, content, part),
    complete: (id, numbers, store) => uploads.complete(id, numbers, store),
    remove: (id) => uploads.remove(id),
  };
}

class HolderMultiparts {
  readonly #parts: Pick<ResumableParts, 'table' | 'drive' | 'tree'>;
  readonly #holder: UploadHolder;

  constructor(parts: Pick<ResumableParts, 'table' | 'drive' | 'tree'>, holder: UploadHolder) {
    this.#parts = parts;
    this.#holder = holder;
  }

  async create({ parent, name, metadata }: Pick<MultipartView, 'parent' | 'name' | 'metadata'>) {
    const { table, drive } = this.#parts;
    const owner = await drive.ownerForUploads(parent);
    const facts: UploadFacts = { name, parent, size: null, metadata, sameBytes: 0, finished: null };
    const opened = this.#new(owner, facts, { size: 0, rows: 0 });
    await table.add(opened.head);
    return viewOf(opened);
  }

  async list(): Promise<MultipartView[]> {
    const heads = await this.#parts.table.unfinishedOf(this.#holder.id);
    return heads.filter(({ isPart }) => !isPart).map((head) => viewOf(this.#opened(head)));
  }

  async open(id: UploadId): Promise<Opened> {
    const opened = this.#opened(await this.#parts.table.require(id, this.#holder.id));
    if (!opened.head.isPart) return opened;
    throw new PeerstorError('not-found', 'There is no such upload, or it is over: begin it again.');
  }

  /** In order. */
  async partsOf(id: UploadId): Promise<OpenedPart[]> {
    await this.open(id);
    const heads = await this.#parts.table.unfinishedOf(this.#holder.id);
    const found = heads.filter(({ isPart }) => isPart).map((head) => this.#openedPart(head));
    const own = found.filter(({ part }) => part.of === id);
    return own.sort((one, other) => one.part.number - other.part.number);
  }

  async putPart(
    id: UploadId,
    content: AsyncIterable<Uint8Array>,
    { number, size, etag }: { number: number; size: number; etag: () => string },
  ): Promise<PartView> {
    const { table, drive, tree } = this.#parts;
    const whole = await this.open(id);
    const { parent } = whole.facts;
    const owner = await drive.ownerForUploads(parent);
    const reservation = await tree.quotas.reserve(owner, size);
    const upload = tree.network.beginUpload();
    try {
      const chunks = await this.#receive(content, upload);
      const part: PartFacts = { of: id, number, etag: etag() };
      const facts: UploadFacts = {
        name: String(number),
        parent,
        size,
        metadata: JSON.stringify(part),
        sameBytes: 0,
        finished: null,
      };
      const opened = this.#new(owner, facts, { size, rows: chunks.length > 0 ? 1 : 0 });
      // Looked at again: it may have been completed or given up while the bytes came.
      const replaced = (await this.partsOf(id)).filter((one) => one.part.number === number);
      await table.addPart(
        opened.head,
        chunks.length > 0 ? opened.seals.sealChunks(onlyRow, chunks) : undefined,
      );
      table.count(opened.head.id, owner, size);
      for (const { head } of replaced) await table.remove(head);
      await table.save({ ...(await this.open(id)).head, movedMs: this.#nowMs() }, {});
      return partView({ ...opened, part });
    } finally {
      reservation.release();
      upload.close();
    }
  }

  async complete<Stored>(
    id: UploadId,
    numbers: readonly number[],
    store: (content: CollectedContent) => Promise<Stored>,
  ): Promise<Stored> {
    const { table } = this.#parts;
    return table.alone(id, async () => {
      const whole = await this.open(id);
      const there = await this.partsOf(id);
      const chosen = numbers.map((number) => requirePart(there, number));
      const count = (of: (part: OpenedPart) => number) => {
        for (const part of there) table.count(part.head.id, part.head.owner, of(part));
      };
      // The file itself reserves what it needs now.
      count(() => 0);
      try {
        const size = chosen.reduce((sum, { head }) => sum + head.chunkBytes, 0);
        const stored = await store(
          new CollectedChunks({ size, chunks: () => this.#chunks(chosen), rest: nothing }),
        );
        for (const { head } of [...there, whole]) await table.remove({ ...head, isFinished: true });
        return stored;
      } catch (error) {
        count(({ head }) => head.chunkBytes);
        throw error;
      }
    });
  }

  async remove(id: UploadId): Promise<void> {
    const { table } = this.#parts;
    const whole = await this.open(id);
    await table.alone(id, async () => {
      for (const { head } of await this.partsOf(id)) await table.remove(head);
      await table.remove(whole.head);
    });
  }

  /** Every byte of a part in chunks, its last one as long as what is left. */
  async #receive(
    content: AsyncIterable<Uint8Array>,
    upload: ReturnType<ResumableParts['tree']['network']['beginUpload']>,
  ): Promise<StoredChunk[]> {
    const { contentKeys: keys, clock } = this.#parts.tree;
    const chunks: StoredChunk[] = [];
    const save = async (stored: readonly StoredChunk[]) => {
      for (const chunk of stored) chunks.push(chunk);
    };
    const never = { chunks: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY };
    const rest = await collectChunks({ content, keys, upload, save, saveEvery: never, clock });
    if (rest.length > 0) chunks.push(await storeRest(rest, keys.dedupeSecret, upload));
    return chunks;
  }

  async *#chunks(parts: readonly Opened[]): AsyncGenerator<StoredChunk> {
    for (const { head, seals } of parts) {
      for (const { sealed } of this.#parts.table.chunkRows(head)) yield* seals.openChunks(onlyRow, sealed);
    }
  }

  #new(owner: UserId, facts: UploadFacts, { size, rows }: { size: number; rows: number }): Opened {
    const { tree } = this.#parts;
    const id = uploadId(toHex(tree.random.bytes(16)));
    const seals = new UploadSeals(this.#holder, id);
    const nowMs = this.#nowMs();
    const head: UploadHead = {
      id,
      holder: this.#holder.id,
      owner,
      beganMs: nowMs,
      movedMs: nowMs,
      createdAt: tree.clock.wallMs(),
      chunkBytes: size,
      tailBytes: 0,
      chunkRows: rows,
      tailRows: 0,
      isFinished: false,
      isPart: facts.size !== null,
      sealedFacts: seals.sealFacts(facts),
    };
    return { head, facts, seals };
  }

  #opened(head: UploadHead): Opened {
    const seals = new UploadSeals(this.#holder, head.id);
    return { head, seals, facts: seals.openFacts(head.sealedFacts) };
  }

  #openedPart(head: UploadHead): OpenedPart {
    const opened = this.#opened(head);
    // Only we have the key, so what opens is what we sealed.
    return { ...opened, part: JSON.parse(opened.facts.metadata) as PartFacts };
  }

  #nowMs(): number {
    return Math.floor(this.#parts.tree.clock.elapsedMs());
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function requirePart(there: readonly OpenedPart[], number: number): OpenedPart {
  const found = there.find(({ part }) => part.number === number);
  if (found !== undefined) return found;
  throw new PeerstorError('bad-input', `Part ${number} of this upload is not here: send it again.`);
}

function viewOf({ head, facts }: Opened): MultipartView {
  const { parent, name, metadata } = facts;
  return { id: head.id, parent, name, metadata, createdAt: new Date(head.createdAt).toISOString() };
}

function partView({ head, part }: Pick<OpenedPart, 'head' | 'part'>): PartView {
  const { number, etag } = part;
  return { number, etag, size: head.chunkBytes, modifiedAt: new Date(head.createdAt).toISOString() };
}
