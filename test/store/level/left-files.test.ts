import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { LevelStore } from '../../../src/store/index.ts';

/** A database with a table, closed cleanly. */
async function withDatabase(work: (path: string, table: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'peerstor-left-'));
  const path = join(folder, 'db');
  try {
    const store = await LevelStore.open(path);
    for (let at = 0; at < 20; at += 1) {
      const rows = Array.from({ length: 500 }, (_, row) => ({
        key: `${at} ${row}`,
        value: Buffer.alloc(900, at * row),
      }));
      await store.batch(rows);
    }
    await store.close();
    const table = (await readdir(path)).find((name) => name.endsWith('.ldb'));
    assert.ok(table, 'there is a table');
    await work(path, join(path, table));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Flips a bit of the index of a table, and makes the list say that size and time are as they were. */
async function rot(path: string, table: string): Promise<void> {
  const bytes = await readFile(table);
  const at = bytes.length - 80;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(table, bytes);
  const list = join(path, 'left.json');
  const left: string[][] = JSON.parse(await readFile(list, 'utf8'));
  const { size, mtimeNs } = await stat(table, { bigint: true });
  const rotten = [basename(table), `${size}`, `${mtimeNs}`];
  await writeFile(list, JSON.stringify(left.map((row) => (row[0] === rotten[0] ? rotten : row))));
}

describe('a database that ended cleanly', () => {
  it('is trusted at the next start, and at the one after that', () =>
    withDatabase(async (path) => {
      for (let round = 0; round < 2; round += 1) {
        const store = await LevelStore.open(path);
        assert.equal(store.asLeft, true);
        assert.equal(store.get('3 7')?.[0], 21);
        await store.close();
      }
    }));

  it('is not trusted when a file was changed since, or is gone, or one was added', () =>
    withDatabase(async (path, table) => {
      const changes = [
        () => utimes(table, new Date(), new Date()),
        () => writeFile(join(path, '999998.log'), ''),
        () => rm(join(path, 'left.json')),
      ];
      for (const change of changes) {
        await change();
        const store = await LevelStore.open(path);
        assert.equal(store.asLeft, false);
        await store.close();
      }
    }));

  it('is not trusted after a run that did not end', () =>
    withDatabase(async (path) => {
      const store = await LevelStore.open(path);
      assert.equal((await readdir(path)).includes('left.json'), false);
      await store.close();
    }));

  it('is looked through in the background, and refused at the next start when a table has rotted', () =>
    withDatabase(async (path, table) => {
      await rot(path, table);
      let told: (sentence: string) => void = () => undefined;
      const damage = new Promise<string>((resolve) => {
        told = resolve;
      });
      const store = await LevelStore.open(path, { checkAfterMs: 0, onDamage: told });
      assert.equal(store.asLeft, true);
      const keepsAlive = setInterval(() => undefined, 1000);
      assert.match(await damage, /is damaged, its file \d+\.ldb is damaged/);
      clearInterval(keepsAlive);
      await store.close();
      await assert.rejects(LevelStore.open(path), { code: 'index-corrupt' });
    }));
});
