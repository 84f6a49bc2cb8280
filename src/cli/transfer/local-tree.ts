/** Walks local files and folders that are to be uploaded, and says what it leaves out. */
import { isUtf8 } from 'node:buffer';
import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PeerstorError } from '../../model/errors.ts';
import { foldName } from '../../model/fold-name.ts';
import type { Exclude } from './exclude.ts';

export interface LocalFile {
  kind: 'file';
  path: string;
  /** From the top of what is uploaded; empty for the top itself. */
  names: readonly string[];
}

export interface LocalFolder {
  kind: 'folder';
  path: string;
  names: readonly string[];
  /** The files and folders in it, in the order of their names. */
  children(): AsyncGenerator<LocalFile | LocalFolder>;
}

export interface TreeOptions {
  /** Upload what symbolic links point to. */
  follow: boolean;
  exclude: Exclude;
  /** Told of each path that cannot be uploaded, and why. */
  leftOut(path: string, reason: unknown): void;
  /** Told of each symbolic link that is not followed. */
  notFollowed(path: string): void;
}

/** Folders on the way down, so that a link to one of them is seen to be a loop. */
type Ancestors = readonly string[];

/**
 * Looks at what a person named; a link that they named is followed.
 * @throws for what cannot be read, and `bad-input` for a socket
 */
export async function localEntry(path: string, options: TreeOptions): Promise<LocalFile | LocalFolder> {
  const facts = await stat(path, { bigint: true });
  if (facts.isDirectory()) return folderAt(path, [], [identity(facts)], options);
  if (facts.isFile()) return { kind: 'file', path, names: [] };
  throw new PeerstorError('bad-input', 'this is neither a file nor a folder');
}

function folderAt(
  path: string,
  names: readonly string[],
  above: Ancestors,
  options: TreeOptions,
): LocalFolder {
  return { kind: 'folder', path, names, children: () => childrenAt(path, names, above, options) };
}

async function* childrenAt(
  path: string,
  names: readonly string[],
  above: Ancestors,
  options: TreeOptions,
): AsyncGenerator<LocalFile | LocalFolder> {
  const taken = new Map<string, string>();
  for (const { name, dirent } of await readable(path, options)) {
    const at = join(path, name);
    const below = [...names, name];
    try {
      const found = await look(at, below, dirent, above, options);
      if (found === undefined || options.exclude(below, found.kind === 'folder')) continue;
      const twin = taken.get(foldName(name));
      if (twin !== undefined) {
        throw new PeerstorError(
          'name-taken',
          `the drive takes this name and "${twin}" beside it for the same; rename one of them`,
        );
      }
      taken.set(foldName(name), name);
      yield found;
    } catch (error) {
      options.leftOut(at, error);
    }
  }
}

interface Named {
  name: string;
  dirent: Dirent<Buffer>;
}

/** The entries of a folder that have a name, sorted; names that are not UTF-8 are told. */
async function readable(path: string, options: TreeOptions): Promise<Named[]> {
  let entries: Dirent<Buffer>[];
  try {
    entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    options.leftOut(path, error);
    return [];
  }
  const named: Named[] = [];
  for (const dirent of entries) {
    const name = dirent.name.toString('utf8');
    if (isUtf8(dirent.name)) named.push({ name, dirent });
    else options.leftOut(join(path, name), new PeerstorError('bad-name', 'its name is not UTF-8; rename it'));
  }
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @returns undefined for what is excluded before it is looked at, and for a link that is not followed */
async function look(
  path: string,
  names: readonly string[],
  dirent: Dirent<Buffer>,
  above: Ancestors,
  options: TreeOptions,
): Promise<LocalFile | LocalFolder | undefined> {
  if (dirent.isFile()) return { kind: 'file', path, names };
  // A link or a special file that is excluded is not worth a word.
  if (!dirent.isDirectory() && options.exclude(names, false)) return undefined;
  const own = await lstat(path, { bigint: true });
  if (own.isSymbolicLink() && !options.follow) {
    options.notFollowed(path);
    return undefined;
  }
  const facts = own.isSymbolicLink() ? await behind(path) : own;
  if (facts.isFile()) return { kind: 'file', path, names };
  if (!facts.isDirectory()) {
    throw new PeerstorError(
      'bad-input',
      'this is a pipe, a socket or a device: name it alone to upload what it gives',
    );
  }
  const id = identity(facts);
  if (above.includes(id)) throw new PeerstorError('bad-input', 'this link leads to a folder that it lies in');
  return folderAt(path, names, [...above, id], options);
}

/** What a link points to. @throws where that is nothing */
async function behind(path: string): Promise<BigIntStats> {
  try {
    return await stat(path, { bigint: true });
  } catch (cause) {
    throw new PeerstorError('not-found', 'this symbolic link points to nothing', { cause });
  }
}

function identity({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
