/**
 * A file system in memory that loses power: what was synced survives. Of what was not, each piece of a
 * file, each length and each name survives or not, as chance wills; a piece never survives in part.
 */
import { basename, dirname } from 'node:path';
import type { Random } from '../../src/model/clock.ts';
import type { DiskFiles, OpenFile, OpenMode } from '../../src/store/files/disk-files.ts';
import { diskError } from './faulty-files.ts';

/** What a disk writes whole or not at all, made small so that a record has several. */
const pieceBytes = 128;

class FileNode {
  bytes: Uint8Array = new Uint8Array(0);
  synced: Uint8Array | undefined;
}

class FolderNode {
  names = new Map<string, Node>();
  synced = new Map<string, Node>();
}

type Node = FileNode | FolderNode;

export class PoweredFiles implements DiskFiles {
  readonly #random: Random;
  readonly #root: FolderNode;
  #operationsLeft = Number.POSITIVE_INFINITY;
  /** Operations since it was made. */
  operations = 0;

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

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    await this.#operate();
    const folder = this.#folder(dirname(path));
    const found = folder.names.get(basename(path));
    if (mode === 'make' && found !== undefined) throw diskError('EEXIST');
    const file = mode === 'make' ? new FileNode() : found;
    if (!(file instanceof FileNode)) throw diskError('ENOENT');
    folder.names.set(basename(path), file);
    return {
      write: async (parts, at) => {
        await this.#operate();
        const all = Buffer.concat(parts);
        // Never all at once, so that callers must go on.
        const taken = all.subarray(0, Math.ceil(all.length / 2));
        const bytes = new Uint8Array(Math.max(file.bytes.length, at + taken.length));
        bytes.set(file.bytes);
        bytes.set(taken, at);
        file.bytes = bytes;
        return taken.length;
      },
      read: async (parts, at) => {
        await this.#operate();
        let done = 0;
        for (const part of parts) {
          const came = file.bytes.subarray(at + done, at + done + part.length);
          part.set(came);
          done += came.length;
        }
        return done;
      },
      size: async () => {
        await this.#operate();
        return file.bytes.length;
      },
      hasName: async () => folder.names.get(basename(path)) === file,
      truncate: async (bytes) => {
        await this.#operate();
        file.bytes = file.bytes.slice(0, bytes);
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

  async kind(path: string): Promise<'file' | 'folder' | undefined> {
    await this.#operate();
    const node = this.#find(dirname(path));
    const found = node instanceof FolderNode ? node.names.get(basename(path)) : undefined;
    if (found === undefined) return undefined;
    return found instanceof FileNode ? 'file' : 'folder';
  }

  async identity(path: string): Promise<string> {
    return path;
  }

  async isMountPoint(): Promise<boolean> {
    return false;
  }

  async space(): Promise<{ freeBytes: number; totalBytes: number }> {
    return { freeBytes: 1e12, totalBytes: 2e12 };
  }

  async #operate(): Promise<void> {
    this.operations += 1;
    // Each takes its own time, and some a long one, so that they overtake each other.
    const slowness = this.#random.next() < 0.1 ? 40 : 4;
    for (let ticks = 1 + this.#random.next() * slowness; ticks >= 1; ticks -= 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.#operationsLeft <= 0) throw diskError('EIO');
    this.#operationsLeft -= 1;
  }

  #folder(path: string): FolderNode {
    const found = this.#find(path);
    if (!(found instanceof FolderNode)) throw diskError('ENOENT');
    return found;
  }

  #find(path: string): Node | undefined {
    let at: Node | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      at = at instanceof FolderNode ? at.names.get(name) : undefined;
    }
    return at;
  }
}

function survivorOf(folder: FolderNode, random: Random): FolderNode {
  const survivor = new FolderNode();
  for (const name of new Set([...folder.names.keys(), ...folder.synced.keys()])) {
    const node = (random.next() < 0.5 ? folder.names : folder.synced).get(name);
    if (node instanceof FolderNode) survivor.names.set(name, survivorOf(node, random));
    else if (node instanceof FileNode) survivor.names.set(name, fileAfter(node, random));
  }
  survivor.synced = new Map(survivor.names);
  return survivor;
}

function fileAfter(file: FileNode, random: Random): FileNode {
  const synced = file.synced ?? new Uint8Array(0);
  const survivor = new FileNode();
  const lengths = [synced.length, file.bytes.length, Math.floor(random.next() * (file.bytes.length + 1))];
  // Never shorter than what was synced, unless somebody cut it since.
  const least = Math.min(synced.length, file.bytes.length);
  const length = Math.max(least, lengths[Math.floor(random.next() * 3)] ?? 0);
  survivor.bytes = new Uint8Array(length);
  survivor.bytes.set(synced.subarray(0, length));
  for (let at = 0; at < file.bytes.length; at += pieceBytes) {
    if (random.next() < 0.5) continue;
    const piece = file.bytes.subarray(at, Math.min(at + pieceBytes, length));
    if (at < length) survivor.bytes.set(piece, at);
  }
  survivor.synced = survivor.bytes;
  return survivor;
}
