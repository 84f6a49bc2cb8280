/** A watched folder under random changes, on a real device that is killed twice. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { BackupView } from '../../src/model/backups/backup-views.ts';
import { freshSeed } from '../support/fresh-seed.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';
import { DeviceProcess, password, username } from './device-process.ts';

const bin = new URL('../../bin/peerstor.js', import.meta.url).pathname;

export interface Amounts {
  files: number;
  changes: number;
}

type Tree = Record<string, string>;

async function treeOf(folder: string): Promise<Tree> {
  const tree: Tree = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.includes('.peerstor-snapshots')) continue;
    if (entry.isFile()) tree[path.slice(folder.length + 1)] = await readFile(path, 'latin1');
  }
  return tree;
}

function differenceOf(left: Tree, right: Tree): string | true {
  for (const path of new Set([...Object.keys(left), ...Object.keys(right)]))
    if (left[path] !== right[path]) return `${path} differs`;
  return true;
}

function cli(home: string, words: string[], stdin = ''): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [bin, '--home', home, ...words]);
  child.stdin.end(stdin);
  let said = '';
  const hear = (piece: Buffer) => {
    said += piece;
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, said })));
}

/** Declares the suite. */
export function describeWatchedFolder({ files, changes }: Amounts): void {
  describe(`a watched folder of ${files} files (seed ${freshSeed})`, { timeout: 600_000 }, () => {
    it(`is in the drive as it is, after ${changes} random changes and two kills, and as it was at a snapshot`, async () => {
      const top = await mkdtemp(join(tmpdir(), 'peerstor-watched-'));
      const device = await DeviceProcess.start({ name: 'laptop' });
      const random = seededRandom(freshSeed);
      const pick = (count: number) => Math.floor(random.next() * count);
      const text = () => `${random.next()} `.repeat(pick(2000));
      const source = join(top, 'source');
      const run = async (...words: string[]) => {
        const { code, said } = await cli(device.home, words);
        assert.equal(code, 0, said);
        return said;
      };
      const names: string[] = [];
      let made = 0;
      const make = async () => {
        made += 1;
        const name = join(`d${pick(8)}`, `e${pick(3)}`, `${made} ü.txt`);
        await mkdir(join(source, name, '..'), { recursive: true });
        await writeFile(join(source, name), text());
        names.push(name);
      };
      let deleted = 0;
      const change = async () => {
        const at = pick(names.length);
        const name = names[at] ?? '';
        const what = pick(10);
        // A file that was changed and then moved counts as gone: both stay far below what the brake lets through.
        if (what < 6) await writeFile(join(source, name), text());
        else if (what < 8) await make();
        else if (what < 9 || deleted >= files / 20) {
          const to = join(`d${pick(8)}`, `moved ${made}-${pick(1e9)}.txt`);
          await mkdir(join(source, to, '..'), { recursive: true });
          await rename(join(source, name), join(source, to));
          names[at] = to;
        } else {
          await rm(join(source, name));
          names.splice(at, 1);
          deleted += 1;
        }
      };
      const isSaved = async () => {
        const to = await mkdtemp(join(top, 'got-'));
        const { code, said } = await cli(device.home, ['get', '/Backups/source', join(to, 'tree')]);
        const differs =
          code === 0 ? differenceOf(await treeOf(source), await treeOf(join(to, 'tree'))) : said;
        await rm(to, { recursive: true, force: true });
        return differs;
      };
      try {
        await device.setup();
        const signedIn = await cli(
          device.home,
          ['login', '--user', username, '--password-stdin'],
          `${password}\n`,
        );
        assert.equal(signedIn.code, 0, signedIn.said);
        for (let n = 0; n < files; n += 1) await make();
        await run('backup', 'add', source, '--to', '/Backups/source', '--watch');
        await until('the folder is saved', isSaved);
        await cp(source, join(top, 'then'), { recursive: true, preserveTimestamps: true });
        const snapshots = JSON.parse(await run('backup', 'snapshots', 'source', '--json'));
        for (let n = 1; n <= changes; n += 1) {
          await change();
          if (n !== Math.floor(changes / 3) && n !== Math.floor((changes * 2) / 3)) continue;
          await device.stop('SIGKILL');
          await change();
          await device.start();
        }
        await until('the folder is saved as it is now', isSaved);
        const [view] = JSON.parse(await run('backup', 'list', '--json')).items as BackupView[];
        assert.equal(view?.state === 'paused', false, view?.problem ?? '');
        await run('backup', 'restore', 'source', '/', join(top, 'restored'), '--at', snapshots.items[0].id);
        assert.equal(
          differenceOf(await treeOf(join(top, 'then')), await treeOf(join(top, 'restored'))),
          true,
        );
      } finally {
        await device.remove();
        await rm(top, { recursive: true, force: true });
      }
    });
  });
}
