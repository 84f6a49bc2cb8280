/** Renditions of films in a folder of the home, within a bound: those that were used longest ago go first. */
import { chmod, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { RenditionFiles } from '../../model/contracts/media/rendition-files.ts';
import { PeerstorError } from '../../model/errors.ts';
import { makeFolders } from '../../store/index.ts';
import { type DiskSpace, diskSpace } from './home-free-space.ts';

/** In the home. */
export const renditionsFolder = 'renditions';

const GiB = 1024 ** 3;
/** In all; and what stays free on the disk whatever happens. */
const bytesMax = 16 * GiB;
const keptFreeBytes = 2 * GiB;
const keptFreeShare = 0.1;
/** Bytes between two looks at the disk. */
const lookBytes = 8 * 1024 * 1024;
const partEnding = '.part';

export interface RenditionFolderOptions {
  bytesMax?: number;
  space?: (folder: string) => DiskSpace;
}

export async function openRenditionFiles(
  folder: string,
  options: RenditionFolderOptions = {},
): Promise<RenditionFiles> {
  await makeFolders(folder);
  // Other users of the machine see neither names nor sizes, also where the home itself is open to them.
  await chmod(folder, 0o700);
  const found: { name: string; size: number; usedMs: number }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Of a device that ended while it wrote.
    if (name.endsWith(partEnding)) await rm(path, { force: true });
    else {
      const { size, mtimeMs } = await stat(path);
      found.push({ name, size, usedMs: mtimeMs });
    }
  }
  found.sort((left, right) => left.usedMs - right.usedMs);
  return new RenditionFolder(folder, new Map(found.map(({ name, size }) => [name, size])), options);
}

class RenditionFolder implements RenditionFiles {
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #space: (folder: string) => DiskSpace;
  /** Sizes by name, the one that was used longest ago first. */
  readonly #sizes: Map<string, number>;

  constructor(
    folder: string,
    sizes: Map<string, number>,
    { bytesMax: most = bytesMax, space = diskSpace }: RenditionFolderOptions,
  ) {
    this.#folder = folder;
    this.#sizes = sizes;
    this.#bytesMax = most;
    this.#space = space;
  }

  usedBytes(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  async sizeOf(id: string): Promise<number | undefined> {
    const known = this.#sizes.get(id);
    if (known === undefined) return undefined;
    try {
      const { size } = await stat(this.#path(id));
      await this.#used(id, size);
      return size;
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
      this.#sizes.delete(id);
      return undefined;
    }
  }

  async #used(id: string, size: number): Promise<void> {
    this.#sizes.delete(id);
    this.#sizes.set(id, size);
    const now = new Date();
    await utimes(this.#path(id), now, now);
  }

  async read(id: string, start: number, end: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    try {
      await using file = await open(this.#path(id), 'r');
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      if (bytesRead === bytes.length) return bytes;
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
    }
    throw new PeerstorError('chunk-missing', 'This rendition was removed to make room; ask for it again.');
  }

  async write(id: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const part = `${this.#path(id)}${partEnding}`;
    let size = 0;
    // Leaving a network deletes it.
    await makeFolders(this.#folder);
    try {
      await using file = await open(part, 'wx', 0o600);
      let looked = -lookBytes;
      for await (const piece of pieces) {
        if (size - looked >= lookBytes) {
          await this.#makeRoom(size + lookBytes);
          looked = size;
        }
        await file.appendFile(piece);
        size += piece.length;
      }
    } catch (error) {
      // Another one is writing the same.
      if (!isCode(error, 'EEXIST')) await rm(part, { force: true });
      throw error;
    }
    await rename(part, this.#path(id));
    this.#sizes.delete(id);
    this.#sizes.set(id, size);
  }

  async #makeRoom(bytes: number): Promise<void> {
    for (;;) {
      const { freeBytes, totalBytes } = this.#space(this.#folder);
      const hasSpace = freeBytes - lookBytes >= Math.min(keptFreeBytes, totalBytes * keptFreeShare);
      if (hasSpace && this.usedBytes() + bytes <= this.#bytesMax) return;
      const [oldest] = this.#sizes.keys();
      if (oldest === undefined) {
        throw new PeerstorError('disk-full', 'There is too little room on this device for a smaller film.');
      }
      this.#sizes.delete(oldest);
      await rm(this.#path(oldest), { force: true });
    }
  }

  /** Ids are hex digits of ours: no path can hide in one. */
  #path(id: string): string {
    if (!/^[0-9a-f]{16,64}$/.test(id)) throw new PeerstorError('bad-input', 'This is no id of a rendition.');
    return join(this.#folder, id);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
