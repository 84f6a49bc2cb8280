/**
 * Files in memory that know what a power cut leaves: bytes only if they were synced, names only if
 * their folder was. What was not synced may survive or not, by chance.
 */
import { basename, dirname } from 'node:path';
import type { Random } from '../../src/model/clock.ts';
import type { BlobFiles, OpenFile } from '../../src/store/blob-files.ts';
import { diskError } from './faulty-files.ts';

class FileNode {
  bytes: Uint8Array = new Uint8Array(0);
  synced: Uint8Array | undefined;
}

class FolderNode {
  names = new Map<string, Node>();
  synced = new Map<string, Node>();
}

type Node = FileNode | FolderNode;

export class PoweredFiles implements BlobFiles {
  readonly #random: Random;
  readonly #root: FolderNode;
  #operationsLeft = Number.POSITIVE_INFINITY;

  constructor(random: Random, root = new FolderNode()) {
    this.#random = random;
    this.#root = root;
  }

  /** The power goes off after that many operations more. */
  cutAfter(operations: number): void {
    this.#operationsLeft = operations;
  }

  /** What is there when the power is back. */
  afterPowerCut(): PoweredFiles {
    return new PoweredFiles(this.#random, survivorOf(this.#root, this.#random));
  }

  /** What the next process finds when only the process ended: all of it, but no more durable than before. */
  afterKill(): PoweredFiles {
    return new PoweredFiles(this.#random, this.#root);
  }

  async open(path: string, flags: 'wx' | 'r'): Promise<OpenFile> {
    await this.#operate();
    const folder = this.#folder(dirname(path));
    const found = folder.names.get(basename(path));
    if (flags === 'wx' && found !== undefined) throw diskError('EEXIST');
    const file = flags === 'wx' ? new FileNode() : found;
    if (!(file instanceof FileNode)) throw diskError('ENOENT');
    folder.names.set(basename(path), file);
    let readTo = 0;
    return {
      write: async (bytes) => {
        await this.#operate();
        // Never all at once, so that callers must go on.
        const taken = bytes.subarray(0, Math.ceil(bytes.length / 2));
        file.bytes = new Uint8Array([...file.bytes, ...taken]);
        return taken.length;
      },
      read: async (into) => {
        await this.#operate();
        const part = file.bytes.subarray(readTo, readTo + into.length);
        into.set(part);
        readTo += part.length;
        return part.length;
      },
      datasync: async () => {
        await this.#operate();
        file.synced = file.bytes;
      },
      close: () => this.#operate(),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operate();
    const source = this.#folder(dirname(from));
    const target = this.#folder(dirname(to));
    const node = source.names.get(basename(from));
    if (node === undefined) throw diskError('ENOENT');
    source.names.delete(basename(from));
    target.names.set(basename(to), node);
  }

  async unlink(path: string): Promise<void> {
    await this.#operate();
    if (!this.#folder(dirname(path)).names.delete(basename(path))) throw diskError('ENOENT');
  }

  async makeFolder(path: string): Promise<boolean> {
    await this.#operate();
    const { names } = this.#folder(dirname(path));
    if (names.has(basename(path))) return false;
    names.set(basename(path), new FolderNode());
    return true;
  }

  async makeFolders(path: string): Promise<string | undefined> {
    if (path === '/') return undefined;
    const above = await this.makeFolders(dirname(path));
    return (await this.makeFolder(path)) ? (above ?? path) : above;
  }

  async syncFolder(path: string): Promise<void> {
    await this.#operate();
    const folder = this.#folder(path);
    folder.synced = new Map(folder.names);
  }

  async list(path: string): Promise<string[]> {
    await this.#operate();
    return [...this.#folder(path).names.keys()];
  }

  async size(path: string): Promise<number> {
    await this.#operate();
    const node = this.#folder(dirname(path)).names.get(basename(path));
    if (!(node instanceof FileNode)) throw diskError('ENOENT');
    return node.bytes.length;
  }

  async isMountPoint(): Promise<boolean> {
    return false;
  }

  async space(): Promise<{ freeBytes: number; totalBytes: number }> {
    return { freeBytes: 1e12, totalBytes: 2e12 };
  }

  async #operate(): Promise<void> {
    // Each takes its own time, and some a long one, so that they overtake each other.
    const slowness = this.#random.next() < 0.1 ? 40 : 4;
    for (let ticks = 1 + this.#random.next() * slowness; ticks >= 1; ticks -= 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.#operationsLeft <= 0) throw diskError('EIO');
    this.#operationsLeft -= 1;
  }

  #folder(path: string): FolderNode {
    let at: Node | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      at = at instanceof FolderNode ? at.names.get(name) : undefined;
    }
    if (!(at instanceof FolderNode)) throw diskError('ENOENT');
    return at;
  }
}

function survivorOf(folder: FolderNode, random: Random): FolderNode {
  const survivor = new FolderNode();
  for (const name of new Set([...folder.names.keys(), ...folder.synced.keys()])) {
    const node = (random.next() < 0.5 ? folder.names : folder.synced).get(name);
    if (node instanceof FolderNode) survivor.names.set(name, survivorOf(node, random));
    else if (node instanceof FileNode) survivor.names.set(name, fileAfter(node));
  }
  survivor.synced = new Map(survivor.names);
  return survivor;
}

function fileAfter(file: FileNode): FileNode {
  const survivor = new FileNode();
  survivor.bytes = file.synced ?? new Uint8Array(0);
  survivor.synced = survivor.bytes;
  return survivor;
}
