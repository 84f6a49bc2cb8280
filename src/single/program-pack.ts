/** All files of the program in one piece, as they lie in the single executable, and the folder that they are unpacked into. */
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { sha256Of } from './content-hash.ts';

export interface PackedFile {
  /** With `/` between names. */
  path: string;
  mode: number;
  bytes: number;
  sha256: string;
}

/** Says what the pack has in it, in the order of its bytes. */
export interface PackIndex {
  version: string;
  /** Hex of the Ed25519 key whose signature a newer program must have; empty where the build named none. */
  releaseKey: string;
  files: PackedFile[];
}

export interface Pack {
  index: PackIndex;
  /** The files one after another, compressed by zstd. */
  content: Uint8Array;
}

export function makePack(
  facts: Pick<PackIndex, 'version' | 'releaseKey'>,
  files: readonly { path: string; mode: number; content: Uint8Array }[],
): Pack {
  const index = files.map(({ path, mode, content }) => ({
    path,
    mode,
    bytes: content.length,
    sha256: sha256Of(content),
  }));
  return {
    index: { ...facts, files: index },
    content: zstdCompressSync(Buffer.concat(files.map(({ content }) => content))),
  };
}

/**
 * The folder with the files of the pack: made where it is not there, and made again where a file is missing or changed.
 * @param folders where to try, in this order
 * @throws Error saying why none of them can be used
 */
export function unpackedFolder(
  index: PackIndex,
  content: () => Uint8Array,
  folders: readonly string[],
): string {
  const refusals: string[] = [];
  const name = `${index.version}-${sha256Of(Buffer.from(JSON.stringify(index))).slice(0, 16)}`;
  for (const above of folders) {
    try {
      makeOwn(above);
      const folder = join(above, name);
      if (!isWhole(folder, index)) unpack(folder, index, content());
      return folder;
    } catch (error) {
      refusals.push(`${above}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `The program cannot be unpacked; name a folder of yours by PEERSTOR_PROGRAMS. ${refusals.join('. ')}`,
  );
}

/** Code is started from it, so nobody else may write there: /tmp belongs to everybody. */
function makeOwn(folder: string): void {
  makeFolders(folder);
  const facts = lstatSync(folder);
  const own = process.getuid?.();
  if (!facts.isDirectory()) throw new Error('it is no folder');
  if (own === undefined) return;
  if (facts.uid !== own || (facts.mode & 0o022) !== 0) throw new Error('others may write there');
}

/** With those above it. Not `recursive`: below /proc that never returns (Node 24). */
function makeFolders(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    makeFolders(dirname(folder));
    mkdirSync(folder, { mode: 0o700 });
  }
}

/** Reads every byte: an unpacking that a crash cut, a disk that rots and a changed file look alike. */
function isWhole(folder: string, { files }: PackIndex): boolean {
  try {
    return files.every(({ path, sha256 }) => sha256Of(readFileSync(join(folder, path))) === sha256);
  } catch {
    return false;
  }
}

function unpack(folder: string, index: PackIndex, content: Uint8Array): void {
  const fresh = `${folder}.${process.pid}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const plain = zstdDecompressSync(content);
  let at = 0;
  for (const { path, mode, bytes } of index.files) {
    const target = join(fresh, path);
    makeFolders(dirname(target));
    writeFileSync(target, plain.subarray(at, at + bytes), { mode });
    chmodSync(target, mode);
    at += bytes;
  }
  if (!isWhole(fresh, index)) throw new Error('what was written there is not what was meant to be');
  const old = `${folder}.${process.pid}.old`;
  try {
    renameSync(folder, old);
  } catch {
    // It was not there.
  }
  try {
    renameSync(fresh, folder);
  } catch (error) {
    // Another start was faster.
    if (!isWhole(folder, index)) throw error;
  }
  for (const path of [fresh, old]) rmSync(path, { recursive: true, force: true });
}
