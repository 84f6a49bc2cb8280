/**
 * The folders of peerstor itself, which are never saved or written to: its keys, its database and its chunks. They are known by
 * their paths and by their inodes, because a bind mount shows one at a second place.
 */
import type { BigIntStats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { PeerstorError } from '../../model/errors.ts';

export class OwnFolders {
  readonly #paths: readonly string[];
  readonly #inodes: ReadonlySet<string>;

  private constructor(paths: readonly string[], inodes: ReadonlySet<string>) {
    this.#paths = paths;
    this.#inodes = inodes;
  }

  /** @param folders absolute paths */
  static async of(folders: readonly string[]): Promise<OwnFolders> {
    const paths = await Promise.all(folders.map(realOf));
    const inodes = await Promise.all(paths.map(inodeAt));
    return new OwnFolders(paths, new Set(inodes.filter((inode) => inode !== undefined)));
  }

  get isEmpty(): boolean {
    return this.#paths.length === 0;
  }

  hasPath(folder: string, name: string): boolean {
    return this.#paths.length > 0 && this.#paths.includes(join(folder, name));
  }

  has(stats: Pick<BigIntStats, 'dev' | 'ino'>): boolean {
    const inode = inodeOf(stats);
    return inode !== undefined && this.#inodes.has(inode);
  }

  /**
   * @param real the real path of `folder`
   * @throws `forbidden` for a folder that is one of them or lies in one
   */
  async refuse(folder: string, real: string): Promise<void> {
    const isOwn = this.#paths.some(
      (own) => real === own || real.startsWith(own.endsWith(sep) ? own : own + sep),
    );
    if (!isOwn && !(await this.#isBelow(real))) return;
    throw new PeerstorError(
      'forbidden',
      `${folder} belongs to peerstor itself: it holds this device's keys or copies. Choose another folder.`,
    );
  }

  /** By the inodes of the folder and those above it, as far as they are there. */
  async #isBelow(real: string): Promise<boolean> {
    for (let path = real; ; path = dirname(path)) {
      const inode = await inodeAt(path);
      if (inode !== undefined && this.#inodes.has(inode)) return true;
      if (dirname(path) === path) return false;
    }
  }
}

/** @throws `forbidden` for a folder that is one of `never` or lies in one */
export async function refuseOwnFolder(folder: string, never: readonly string[]): Promise<void> {
  const own = await OwnFolders.of(never);
  await own.refuse(folder, await realOf(folder));
}

/** Of what is not there, the path as it is. */
export async function realOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function inodeAt(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats && inodeOf(stats);
}

/** Undefined where the disk has none. */
function inodeOf({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string | undefined {
  return ino === 0n ? undefined : `${dev} ${ino}`;
}
