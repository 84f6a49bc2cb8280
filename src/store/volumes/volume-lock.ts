/**
 * One process at a time on a volume. The lock is a file that names the process: no file stays open for it,
 * so a drive can be unmounted, and it is left behind when its process is killed.
 */
import type { Random } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';
import { toHex } from '../../model/ids.ts';
import { diskCode, diskVerdict, isReadOnly } from '../files/disk-error.ts';
import type { DiskFiles } from '../files/disk-files.ts';
import { lockPath } from '../files/layout.ts';
import type { ProcessFacts, ProcessIdentity } from '../files/process-identity.ts';
import { readSmall, writeSynced } from '../files/whole-file.ts';

const lockBytesMax = 4096;

interface Lock extends ProcessFacts {
  /** Random: which of the stores in the process. */
  nonce: string;
}

export class VolumeLock {
  readonly #files: DiskFiles;
  readonly #volume: string;
  readonly #process: ProcessIdentity;
  readonly #nonce: string;

  constructor(files: DiskFiles, volume: string, process: ProcessIdentity, random: Random) {
    this.#files = files;
    this.#volume = volume;
    this.#process = process;
    this.#nonce = toHex(random.bytes(8));
  }

  /**
   * Takes the lock; one that a dead process left is replaced.
   * @throws `storage-failed` when a running process has it; errors of node:fs
   */
  async take(): Promise<void> {
    const path = lockPath(this.#volume);
    const held = await this.#read();
    if (held !== undefined && held.nonce !== this.#nonce) {
      if (this.#process.isRunning(held)) throw inUse(this.#volume, held);
      await this.#unlink(path);
    }
    const lock: Lock = { ...this.#process.self, nonce: this.#nonce };
    try {
      if (held?.nonce !== this.#nonce)
        await writeSynced(this.#files, path, Buffer.from(JSON.stringify(lock)));
    } catch (error) {
      if (diskCode(error) !== 'EEXIST') throw error;
      // Another process took the lock first, or something that is no lock has its name.
      throw inUse(this.#volume, await this.#read());
    }
  }

  /**
   * Does this store still hold the lock? Another process may have replaced it, believing this one dead. A
   * deleted lock file is written again.
   */
  async keep(): Promise<boolean> {
    const held = await this.#read();
    if (held !== undefined) return held.nonce === this.#nonce;
    try {
      await this.take();
    } catch (error) {
      if (diskVerdict(error) !== 'gone' && !isReadOnly(error)) throw error;
    }
    return true;
  }

  /** Gives it back, unless somebody else has it. Best effort: a lock of a dead process is replaced anyway. */
  async release(): Promise<void> {
    try {
      if ((await this.#read())?.nonce === this.#nonce) await this.#unlink(lockPath(this.#volume));
    } catch {
      // The volume is gone, or takes no writes.
    }
  }

  async #unlink(path: string): Promise<void> {
    try {
      await this.#files.unlink(path);
    } catch (error) {
      if (diskVerdict(error) !== 'gone') throw error;
    }
  }

  async #read(): Promise<Lock | undefined> {
    try {
      const bytes = await readSmall(this.#files, lockPath(this.#volume), lockBytesMax);
      const lock: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
      return isLock(lock) ? lock : unreadableLock;
    } catch (error) {
      if (diskVerdict(error) === 'gone') return undefined;
      // A power cut left it empty: its process ended with it.
      if (error instanceof SyntaxError) return unreadableLock;
      throw error;
    }
  }
}

const unreadableLock: Lock = { pid: 0, host: '', started: '', nonce: '' };

function isLock(value: unknown): value is Lock {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, started, nonce } = value as Record<keyof Lock, unknown>;
  return (
    typeof pid === 'number' &&
    typeof host === 'string' &&
    typeof started === 'string' &&
    typeof nonce === 'string'
  );
}

function inUse(volume: string, holder: Lock | undefined): PeerstorError {
  const who = holder !== undefined && holder.pid > 0 ? `process ${holder.pid}` : 'another process';
  return new PeerstorError(
    'storage-failed',
    `The volume ${volume} is in use by ${who}: stop that one first, or lend another folder. If no peerstor runs there, delete ${lockPath(volume)}.`,
  );
}
