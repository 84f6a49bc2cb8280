/**
 * Files that a download has begun. Bytes are written beside the final name and renamed, so a broken download
 * never looks like the file. The name of such a file, `NAME.ENTRY-VERSION.PID.part`, says what it belongs to:
 * the next download takes over what a killed one left, and removes what belongs to an older version.
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from './disk-facts.ts';

const nameBytesMax = 160;
const shape = /\.([0-9a-z]{1,12})-([0-9a-z]{1,12})\.(\d{1,10})\.part$/;

interface Leftover {
  name: string;
  entry: string;
  version: string;
  pid: number;
}

/** The begun files of one local folder. */
export class PartFiles {
  readonly #folder: string;
  #leftovers: Leftover[];

  private constructor(folder: string, leftovers: Leftover[]) {
    this.#folder = folder;
    this.#leftovers = leftovers;
  }

  /** Reads the folder once. */
  static async in(folder: string): Promise<PartFiles> {
    const names = await readdir(folder);
    return new PartFiles(
      folder,
      names.flatMap((name) => {
        const [, entry = '', version = '', pid = ''] = shape.exec(name) ?? [];
        return entry === '' ? [] : [{ name, entry, version, pid: Number(pid) }];
      }),
    );
  }

  /**
   * The path for a download. What another process left of the same version is there already; what is left of
   * other versions of this entry is removed. Files of a process that still runs are not touched.
   */
  async claim(name: string, entryId: string, version: string): Promise<string> {
    const [entry, part] = [short(entryId), short(version)];
    const path = join(this.#folder, `${cutToBytes(name)}.${entry}-${part}.${process.pid}.part`);
    const mine = this.#leftovers.filter((each) => each.entry === entry && !isRunning(each.pid));
    this.#leftovers = this.#leftovers.filter((each) => !mine.includes(each));
    let taken = false;
    for (const left of mine) {
      const at = join(this.#folder, left.name);
      if (left.version === part && !taken) taken = await moved(at, path);
      else await rm(at, { force: true });
    }
    return path;
  }
}

/** False when another process was faster. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error, 'EPERM');
  }
}

function short(id: string): string {
  return id
    .toLowerCase()
    .replace(/[^0-9a-z]/g, '')
    .slice(-12);
}

function cutToBytes(name: string): string {
  let kept = '';
  let bytes = 0;
  for (const letter of name) {
    bytes += Buffer.byteLength(letter);
    if (bytes > nameBytesMax) break;
    kept += letter;
  }
  return kept;
}
