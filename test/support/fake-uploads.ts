/** Uploads in several requests over a fake drive: their bytes are kept in memory, and nothing ever expires. */
import type { Drive } from '../../src/model/contracts/drive.ts';
import type { ResumableUploads, UploadProgress, UploadWish } from '../../src/model/contracts/uploads.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import { type UploadId, uploadId } from '../../src/model/ids.ts';

interface FakeUpload {
  wish: UploadWish;
  pieces: Uint8Array[];
  offset: number;
  finished: UploadProgress['finished'];
}

export class FakeUploads implements ResumableUploads {
  /** Bytes that came, of all uploads. */
  receivedBytes = 0;
  /** Called after each piece. */
  onPiece: () => void = () => undefined;
  readonly #drive: Drive;
  readonly #uploads = new Map<UploadId, FakeUpload>();
  readonly #listeners = new Set<(ids: string[]) => void>();

  constructor(drive: Drive) {
    this.#drive = drive;
  }

  async create(wish: UploadWish): Promise<UploadProgress> {
    await this.#drive.ownerForUploads(wish.parent);
    const id = uploadId((this.#uploads.size + 1).toString(16).padStart(32, '0'));
    this.#uploads.set(id, { wish, pieces: [], offset: 0, finished: null });
    return this.look(id);
  }

  async join(
    wish: Omit<UploadWish, 'size' | 'isPartial'>,
    ids: readonly UploadId[],
  ): Promise<UploadProgress> {
    const pieces = ids.flatMap((id) => this.#find(id).pieces);
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const made = await this.create({ ...wish, size: null });
    this.#uploads.set(uploadId(made.id), { wish: { ...wish, size }, pieces, offset: size, finished: null });
    return this.look(uploadId(made.id));
  }

  async look(id: UploadId): Promise<UploadProgress> {
    const upload = this.#find(id);
    const { wish, pieces, offset } = upload;
    if (!upload.finished && !wish.isPartial && offset === wish.size) {
      async function* content() {
        yield* pieces;
      }
      const { parent, name, size: _size, metadata: _metadata, ...options } = wish;
      upload.finished = await this.#drive.upload(parent, name, content(), options);
    }
    for (const listener of this.#listeners) listener([id]);
    return this.#view(id);
  }

  async append(
    id: UploadId,
    offset: number,
    content: AsyncIterable<Uint8Array>,
    { size }: { size?: number } = {},
  ): Promise<UploadProgress> {
    const upload = this.#find(id);
    if (size !== undefined) upload.wish = { ...upload.wish, size };
    if (upload.offset !== offset) {
      const details = { offset: upload.offset };
      throw new PeerstorError('conflict', `This upload goes on at byte ${upload.offset}.`, { details });
    }
    for await (const piece of content) {
      upload.pieces.push(Buffer.from(piece));
      upload.offset += piece.length;
      this.receivedBytes += piece.length;
      this.onPiece();
    }
    return this.look(id);
  }

  async remove(id: UploadId): Promise<void> {
    this.#find(id);
    this.#uploads.delete(id);
  }

  async list() {
    const open = [...this.#uploads].filter(([, { finished }]) => finished === null);
    return open.map(([id]) => {
      const { metadata: _1, finished: _2, isPartial: _3, joinedOf: _4, ...view } = this.#view(id);
      return view;
    });
  }

  onChange(listener: (ids: string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #find(id: UploadId): FakeUpload {
    const upload = this.#uploads.get(id);
    if (upload) return upload;
    throw new PeerstorError('not-found', 'There is no such upload.');
  }

  #view(id: UploadId): UploadProgress {
    const { wish, offset, finished } = this.#find(id);
    const { name, parent: parentId, size, modifiedAtMs, metadata = '' } = wish;
    const at = new Date().toISOString();
    const modifiedAt = modifiedAtMs === undefined ? null : new Date(modifiedAtMs).toISOString();
    const facts = { id, name, parentId, size, offset, modifiedAt, createdAt: at, expiresAt: at };
    return { ...facts, metadata, isPartial: wish.isPartial ?? false, joinedOf: null, finished };
  }
}
