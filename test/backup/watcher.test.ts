import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { newNotes, scanFolders } from '../../src/backup/source/scanner.ts';
import { FolderWatcher } from '../../src/backup/source/watcher.ts';
import { silentLog } from '../../src/model/log.ts';
import { until } from '../support/until.ts';

/** A watcher of a folder that was scanned once, as runs of a backup do it. */
class Watched {
  readonly folder: string;
  readonly watcher: FolderWatcher;
  changes = 0;

  private constructor(folder: string) {
    this.folder = folder;
    const onChange = () => {
      this.changes += 1;
    };
    this.watcher = new FolderWatcher({ folder, onChange, log: silentLog });
  }

  static async in(use: (watched: Watched) => Promise<void>): Promise<void> {
    const watched = new Watched(await mkdtemp(join(tmpdir(), 'peerstor-test-watch-')));
    try {
      await mkdir(watched.at('a', 'b'), { recursive: true });
      await mkdir(watched.at('left out'));
      await watched.scan();
      await use(watched);
    } finally {
      watched.watcher.close();
      await rm(watched.folder, { recursive: true, force: true });
    }
  }

  at(...names: string[]): string {
    return join(this.folder, ...names);
  }

  async scan(): Promise<void> {
    const { watcher } = this;
    const leavesOut = (path: string) => path === 'left out';
    const { signal } = new AbortController();
    for await (const _ of scanFolders(this.folder, newNotes(), { leavesOut, never: [], watcher, signal }));
  }

  /** Whether what was done is told. */
  async tells(act: () => Promise<unknown>): Promise<void> {
    const before = this.changes;
    await act();
    await until('the change is told', () => this.changes > before);
  }
}

describe('a watcher', () => {
  it('tells of a change in any folder that a scan saw, new ones and those that took the place of others too', async () => {
    await Watched.in(async (watched) => {
      assert.equal(watched.watcher.isWatching, true);
      await watched.tells(() => writeFile(watched.at('a', 'b', 'file'), 'one'));
      await watched.tells(() => mkdir(watched.at('a', 'new')));
      await watched.scan();
      await watched.tells(() => writeFile(watched.at('a', 'new', 'file'), 'one'));
      await watched.tells(async () => {
        await rename(watched.at('a'), watched.at('old a'));
        await mkdir(watched.at('a', 'b'), { recursive: true });
      });
      await watched.scan();
      await watched.tells(() => writeFile(watched.at('a', 'b', 'file'), 'two'));
      await watched.tells(() => writeFile(watched.at('old a', 'b', 'file'), 'three'));
    });
  });

  it('tells nothing of what is left out, nor of anything once it was closed', async () => {
    await Watched.in(async (watched) => {
      for (let n = 0; n < 50; n += 1) await writeFile(watched.at('left out', `${n}`), 'one');
      // Told in order: had those been, they would be here by now.
      await watched.tells(() => writeFile(watched.at('file'), 'one'));
      assert.ok(watched.changes < 50, `${watched.changes} changes were told`);
      watched.watcher.close();
      assert.equal(watched.watcher.isWatching, false);
    });
  });

  it('is not sure of a folder that is gone, and watches it again when it is back', async () => {
    await Watched.in(async (watched) => {
      await watched.tells(() => rm(watched.folder, { recursive: true }));
      await until('it knows', () => !watched.watcher.isWatching);
      await mkdir(watched.folder);
      await watched.scan();
      await watched.tells(() => writeFile(watched.at('file'), 'one'));
    });
  });
});
