/**
 * Tells that something changed below a folder. Only a hint: a run looks at the whole source whatever it says,
 * and runs come from time to time without it. Where the system watches a whole tree, it does; on Linux each folder is
 * watched by itself, as scans see them (decision 0088).
 */
import { type FSWatcher, watch } from 'node:fs';
import { basename, join } from 'node:path';
import { sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { below } from './scanner.ts';

const watchesTrees = process.platform === 'darwin' || process.platform === 'win32';

export interface WatcherParts {
  folder: string;
  /** Called often. */
  onChange(): void;
  log: Log;
  /** Whether the system watches a whole tree by itself. */
  byTree?: boolean;
}

export class FolderWatcher {
  readonly #parts: WatcherParts;
  readonly #byTree: boolean;
  /** Path from the source folder on → its watch, and the scan that saw it last. */
  readonly #folders = new Map<string, { watcher: FSWatcher; scan: number }>();
  #scan = 0;
  #ended = false;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
    this.#byTree = parts.byTree ?? watchesTrees;
  }

  /** False where nothing is watched yet, or this machine cannot. */
  get isWatching(): boolean {
    return this.#folders.has('');
  }

  /** A scan begins. */
  begin(): void {
    this.#scan += 1;
  }

  /** Before a folder is read: what changes in it after that is told. @param path from the source folder on */
  see(path: string): void {
    if (this.#ended || (this.#byTree && path !== '')) return;
    const known = this.#folders.get(path);
    if (known) {
      known.scan = this.#scan;
      return;
    }
    const folder = join(this.#parts.folder, path);
    try {
      const options = { recursive: this.#byTree, persistent: false };
      const watcher = watch(folder, options, (event, name) => this.#changed(path, event, name));
      watcher.on('error', () => this.#forget(path));
      this.#folders.set(path, { watcher, scan: this.#scan });
    } catch (error) {
      // One that went meanwhile, or may not be read, is the scan's to tell.
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return;
      this.#parts.log.warn(
        {},
        `A folder cannot be watched, so it is looked at every few minutes: ${sentenceOf(error)}`,
      );
      this.close();
    }
  }

  /** The scan has seen everything: what it did not see is gone. */
  end(): void {
    for (const [path, { scan }] of this.#folders) if (scan !== this.#scan) this.#close(path);
  }

  close(): void {
    this.#ended = true;
    for (const path of [...this.#folders.keys()]) this.#close(path);
  }

  #changed(path: string, event: string, name: string | null): void {
    // Another folder may have taken the place of one that is watched: the next scan watches what is there then.
    if (event === 'rename' && !this.#byTree) {
      if (name === basename(join(this.#parts.folder, path))) this.#forget(path);
      else if (name !== null) this.#forget(below(path, name));
    }
    this.#parts.onChange();
  }

  /** A folder and what is in it. */
  #forget(path: string): void {
    if (!this.#folders.has(path)) return;
    for (const known of [...this.#folders.keys()])
      if (path === '' || known === path || known.startsWith(`${path}/`)) this.#close(known);
  }

  #close(path: string): void {
    this.#folders.get(path)?.watcher.close();
    this.#folders.delete(path);
  }
}
