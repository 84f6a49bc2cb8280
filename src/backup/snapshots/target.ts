/** The target folder of a profile in the drive, as its token opens it. */
import type { EntryView } from '../../model/api.ts';
import type { Drive, UploadOptions, UploadOutcome } from '../../model/contracts/drive.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId } from '../../model/ids.ts';
import { listLimitMax } from '../../model/limits.ts';
import { snapshotsFolderName } from '../source/patterns.ts';

export interface UploadFile {
  path: string;
  size: number;
  mtimeMs: number;
  executable: boolean | undefined;
  /** The version that it replaces, or `none` for a new file. */
  ifMatch?: string | undefined;
  /** Safety to wait for. */
  copies?: UploadOptions['copies'];
  onChunk?: UploadOptions['onChunk'];
  content(): AsyncIterable<Uint8Array>;
}

export class Target {
  readonly drive: Drive;
  readonly root: EntryId;
  readonly #signal: AbortSignal;
  /** Path of a folder → its entry, as far as it is known. */
  readonly #folders = new Map<string, EntryId>();

  constructor(drive: Drive, root: EntryId, signal: AbortSignal) {
    this.drive = drive;
    this.root = root;
    this.#signal = signal;
  }

  /** The folder at a path, where it was seen before: it may be gone by now. */
  remember(path: string, folder: EntryId): void {
    this.#folders.set(path, folder);
  }

  async folder(path: string): Promise<EntryId> {
    if (path === '') return this.root;
    const known = this.#folders.get(path);
    if (known) return known;
    const folder = entryId((await this.drive.ensureFolder(path.split('/'), this.root)).id);
    this.#folders.set(path, folder);
    return folder;
  }

  async upload(file: UploadFile): Promise<UploadOutcome> {
    return this.#inFolder(file.path, (parent, name) =>
      this.drive.upload(parent, name, file.content(), {
        signal: this.#signal,
        modifiedAtMs: Math.floor(file.mtimeMs),
        sizeHint: file.size,
        ...(file.ifMatch !== undefined && { ifMatch: file.ifMatch }),
        ...(file.copies && { copies: file.copies }),
        ...(file.onChunk && { onChunk: file.onChunk }),
        ...(file.executable !== undefined && { executable: file.executable }),
      }),
    );
  }

  move(entry: EntryId, path: string): Promise<EntryView> {
    return this.#inFolder(path, (parentId, name) => this.drive.patch(entry, { parentId, name }));
  }

  /** To the trash; what is not there any more is no error. */
  async trash(entry: EntryId): Promise<void> {
    try {
      await this.drive.trash(entry);
    } catch (error) {
      if (!isPeerstorError(error, 'not-found') && !isPeerstorError(error, 'gone')) throw error;
    }
  }

  /** Everything below a folder, folders before what is in them. */
  async *below(folder: EntryId = this.root): AsyncGenerator<EntryView> {
    for await (const child of this.children(folder)) {
      if (folder === this.root && child.name === snapshotsFolderName) continue;
      yield child;
      if (child.kind === 'folder') yield* this.below(entryId(child.id));
    }
  }

  async *children(folder: EntryId): AsyncGenerator<EntryView> {
    let cursor: string | undefined;
    do {
      this.#signal.throwIfAborted();
      const options = { sort: 'name', order: 'asc', limit: listLimitMax, ...(cursor && { cursor }) } as const;
      const page = await this.drive.children(folder, options);
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** Somebody may have deleted a folder that was there a moment ago: it is made again, once. */
  async #inFolder<Result>(
    path: string,
    act: (parent: EntryId, name: string) => Promise<Result>,
  ): Promise<Result> {
    const slash = path.lastIndexOf('/');
    const folder = slash < 0 ? '' : path.slice(0, slash);
    const name = path.slice(slash + 1);
    const parent = await this.folder(folder);
    try {
      return await act(parent, name);
    } catch (error) {
      if (folder === '' || !(isPeerstorError(error, 'not-found') || isPeerstorError(error, 'gone')))
        throw error;
      for (const known of [...this.#folders.keys()])
        if (folder === known || folder.startsWith(`${known}/`)) this.#folders.delete(known);
      return await act(await this.folder(folder), name);
    }
  }
}
