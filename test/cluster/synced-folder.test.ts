import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { DeviceProcess, pair, password, username } from './device-process.ts';

const bin = new URL('../../bin/peerstor.js', import.meta.url).pathname;

async function cli(home: string, words: string[], stdin = ''): Promise<string> {
  const child = spawn(process.execPath, [bin, '--home', home, ...words]);
  child.stdin.end(stdin);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece) => {
      said += piece;
    });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 0, said);
  return said;
}

async function treeOf(folder: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) tree[path.slice(folder.length + 1)] = await readFile(path, 'utf8');
  }
  return tree;
}

describe('a folder on two devices', { timeout: 300_000 }, () => {
  it('is the same on both, whichever changes, also after one was killed, and two edits both stay', async () => {
    const top = await mkdtemp(join(tmpdir(), 'peerstor-synced-'));
    const devices: DeviceProcess[] = [];
    try {
      for (const name of ['one', 'two']) devices.push(await DeviceProcess.start({ name }));
      const [one, two] = devices as [DeviceProcess, DeviceProcess];
      await one.setup();
      await pair(one, two);
      const [here, there] = [join(top, 'one'), join(top, 'two')];
      for (const [device, folder] of [
        [one, here],
        [two, there],
      ] as const) {
        await until(`${device.name} lets its user in`, async () => (await device.login()).status === 200);
        await cli(device.home, ['login', '--user', username, '--password-stdin'], `${password}\n`);
        await mkdir(folder);
        await writeFile(join(folder, `${device.name}.txt`), `from ${device.name}`);
        await cli(device.home, ['sync', 'add', folder, '--with', '/Shared work']);
      }
      const bothHave = (what: string, tree: Record<string, string>) =>
        until(what, async () => {
          const [left, right] = [await treeOf(here), await treeOf(there)];
          const wanted = JSON.stringify(Object.entries(tree).sort());
          const got = [left, right].map((each) => JSON.stringify(Object.entries(each).sort()));
          return got.every((each) => each === wanted) || got.join(' | ');
        });
      const first = { 'one.txt': 'from one', 'two.txt': 'from two' };
      await bothHave('both folders are merged', first);
      await writeFile(join(here, 'one.txt'), 'changed');
      await mkdir(join(there, 'sub'));
      await rename(join(there, 'two.txt'), join(there, 'sub/moved.txt'));
      await bothHave('a change and a move arrived', { 'one.txt': 'changed', 'sub/moved.txt': 'from two' });
      await two.stop('SIGKILL');
      await writeFile(join(here, 'one.txt'), 'edited on one');
      await writeFile(join(there, 'one.txt'), 'edited on two');
      await until('one sent its edit', async () => (await one.entryAt('/Shared work/one.txt')).size === 13);
      await two.start();
      await until('both edits are on both', async () => {
        const trees = [await treeOf(here), await treeOf(there)];
        const contents = trees.map((tree) => JSON.stringify(Object.values(tree).sort()));
        const wanted = JSON.stringify(['edited on one', 'edited on two', 'from two']);
        const isSame =
          JSON.stringify(trees[0]) === JSON.stringify(trees[1]) ||
          Object.keys(trees[0] ?? {})
            .sort()
            .join() ===
            Object.keys(trees[1] ?? {})
              .sort()
              .join();
        return (isSame && contents.every((each) => each === wanted)) || contents.join(' | ');
      });
    } finally {
      await Promise.all(devices.map((device) => device.remove()));
      await rm(top, { recursive: true, force: true });
    }
  });
});
