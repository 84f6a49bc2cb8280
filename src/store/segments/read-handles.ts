/** Files of segments that are open for reading: a few, because a read is quicker than a read and an open. */
import type { DiskFiles, OpenFile } from '../files/disk-files.ts';
import { segmentPath } from '../files/layout.ts';

const openMax = 16;

interface Handle {
  file: Promise<OpenFile>;
  /** Reads under way. */
  users: number;
  isDropped: boolean;
}

export class ReadHandles {
  readonly #files: DiskFiles;
  readonly #volumePath: string;
  /** The least recently used first. */
  readonly #handles = new Map<number, Handle>();
  #closing: Promise<unknown> = Promise.resolve();

  constructor(files: DiskFiles, volumePath: string) {
    this.#files = files;
    this.#volumePath = volumePath;
  }

  /** Lends the file of a segment to a piece of work. Errors are those of node:fs. */
  async use<T>(segment: number, work: (file: OpenFile) => Promise<T>): Promise<T> {
    const handle = this.#handles.get(segment) ?? {
      file: this.#files.open(segmentPath(this.#volumePath, segment), 'read'),
      users: 0,
      isDropped: false,
    };
    this.#handles.delete(segment);
    this.#handles.set(segment, handle);
    handle.users += 1;
    try {
      return await work(await handle.file);
    } catch (error) {
      // What could not be read is opened anew: the file may have been replaced.
      this.#drop(segment, handle);
      throw error;
    } finally {
      handle.users -= 1;
      if (handle.isDropped) this.#close(handle);
      this.#trim();
    }
  }

  /** Before a segment is deleted, or after its file changed. */
  drop(segment: number): void {
    const handle = this.#handles.get(segment);
    if (handle !== undefined) this.#drop(segment, handle);
  }

  /** Closes every file; one that is in use is closed when that ends. */
  async dropAll(): Promise<void> {
    for (const segment of [...this.#handles.keys()]) this.drop(segment);
    await this.#closing;
  }

  #trim(): void {
    for (const [segment, handle] of this.#handles) {
      if (this.#handles.size <= openMax) return;
      this.#drop(segment, handle);
    }
  }

  #drop(segment: number, handle: Handle): void {
    if (this.#handles.get(segment) === handle) this.#handles.delete(segment);
    handle.isDropped = true;
    this.#close(handle);
  }

  #close(handle: Handle): void {
    if (handle.users > 0) return;
    const closing = handle.file.then((file) => file.close()).catch(() => undefined);
    this.#closing = Promise.all([this.#closing, closing]);
  }
}
