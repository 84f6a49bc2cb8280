import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { Level } from 'level';
import { LevelStore } from '../../../src/store/index.ts';
import { describeOrderedStore } from '../../contract/ordered-store.contract.ts';

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'peerstor-level-'));
  try {
    await work(join(folder, 'db'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The database as LevelDB sees it, for looking at and damaging what is stored. */
async function raw(path: string, work: (database: Level<Buffer, Buffer>) => Promise<void>): Promise<void> {
  const database = new Level<Buffer, Buffer>(path, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  await database.open();
  await work(database);
  await database.close();
}

describeOrderedStore('LevelStore', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'peerstor-level-'));
  const store = await LevelStore.open(join(folder, 'db'));
  return {
    store,
    remove: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('LevelStore on disk', () => {
  it('keeps what was put when it is closed and opened again', () =>
    inFolder(async (path) => {
      const before = await LevelStore.open(path);
      await before.batch([{ key: '\xffkey', value: Buffer.from('value') }]);
      await before.close();
      const after = await LevelStore.open(path);
      assert.equal(Buffer.from(after.get('\xffkey') ?? []).toString(), 'value');
      await after.close();
    }));

  it('stores key bytes as they are, and CRC-32 over key and value before each value', () =>
    inFolder(async (path) => {
      const store = await LevelStore.open(path);
      await store.batch([{ key: '\xffk', value: Buffer.from('value') }]);
      await store.close();
      await raw(path, async (database) => {
        const stored = await database.get(Buffer.from([0xff, 0x6b]));
        const key = Buffer.from([0xff, 0x6b]);
        assert.equal(stored.readUInt32BE(), crc32(Buffer.concat([key, Buffer.from('value')])));
        assert.equal(stored.subarray(4).toString(), 'value');
      });
    }));

  for (const [damage, change] of [
    ['a flipped bit', (value: Buffer) => Buffer.from(value.map((byte, at) => (at === 6 ? byte ^ 1 : byte)))],
    ['a value that was cut short', (value: Buffer) => value.subarray(0, -1)],
    ['a value shorter than a checksum', () => Buffer.from([1, 2])],
  ] as const) {
    it(`refuses ${damage} and names its key`, () =>
      inFolder(async (path) => {
        const before = await LevelStore.open(path);
        await before.batch(['a', 'b', 'c'].map((key) => ({ key, value: Buffer.from('value') })));
        await before.close();
        await raw(path, async (database) => {
          const key = Buffer.from('b');
          await database.put(key, change(await database.get(key)));
        });
        const store = await LevelStore.open(path);
        const expected = { code: 'index-corrupt', details: { key: 'b' } };
        assert.throws(() => store.get('b'), expected);
        assert.equal(Buffer.from(store.get('a') ?? []).toString(), 'value');
        await assert.rejects(async () => {
          for await (const _ of store.range({ gte: 'a', lt: 'z' }));
        }, expected);
        await store.close();
      }));
  }

  it('refuses the right value of another key', () =>
    inFolder(async (path) => {
      const before = await LevelStore.open(path);
      await before.batch([{ key: 'a', value: Buffer.from('value') }]);
      await before.close();
      await raw(path, async (database) =>
        database.put(Buffer.from('b'), await database.get(Buffer.from('a'))),
      );
      const store = await LevelStore.open(path);
      assert.throws(() => store.get('b'), { code: 'index-corrupt' });
      await store.close();
    }));

  it('says in a sentence that another process has it open', () =>
    inFolder(async (path) => {
      const store = await LevelStore.open(path);
      await assert.rejects(LevelStore.open(path), {
        code: 'home-locked',
        message: /another peerstor is running/i,
      });
      await store.close();
    }));

  it('says index-corrupt where LevelDB cannot open it any more', () =>
    inFolder(async (path) => {
      const store = await LevelStore.open(path);
      await store.batch([{ key: 'a', value: Buffer.from('value') }], { sync: true });
      await store.close();
      for (const name of await readdir(path)) {
        if (!name.startsWith('MANIFEST')) continue;
        const bytes = await readFile(join(path, name));
        await writeFile(join(path, name), bytes.fill(0xa5, 0, 20));
      }
      await assert.rejects(LevelStore.open(path), { code: 'index-corrupt' });
    }));

  it('says storage-failed where the folder cannot be made', () =>
    inFolder(async (path) => {
      await writeFile(path, 'a file in the way');
      await assert.rejects(LevelStore.open(path), { code: 'storage-failed' });
    }));
});
