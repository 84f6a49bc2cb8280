import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { LevelStore } from '../../../src/store/index.ts';
import { crc32c } from '../../../src/store/level/crc32c.ts';
import { checkTable, readableEntries } from '../../../src/store/level/level-table.ts';
import { unpackSnappy } from '../../../src/store/level/snappy.ts';

const everything = { gte: '', lt: '\xff\xff' };
/** Of the 48 bytes of a footer those between the places and the magic number say nothing. */
const footerBytes = 48;

async function rowsOf(rows: AsyncIterable<readonly [string, Uint8Array]>): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const [key, value] of rows) found.set(key, Buffer.from(value).toString('hex'));
  return found;
}

describe('a table of LevelDB', () => {
  let folder: string;
  let path: string;
  let file: Buffer;
  let rows: Map<string, string>;
  let name: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-table-'));
    path = join(folder, 'db');
    const store = await LevelStore.open(path);
    await store.batch(
      Array.from({ length: 200 }, (_, index) => ({
        key: `row ${index}`,
        // Some that Snappy makes shorter, some that it does not.
        value: index % 2 ? Buffer.alloc(60, index) : Buffer.from([index, index * 7, index * 13, index * 31]),
      })),
    );
    await store.batch([{ key: 'row 7', value: null }]);
    await store.close();
    // Opened again, LevelDB puts its log into a table.
    const again = await LevelStore.open(path);
    rows = await rowsOf(again.range(everything));
    await again.close();
    [name = ''] = (await readdir(path)).filter((one) => one.endsWith('.ldb'));
    file = await readFile(join(path, name));
  });
  after(() => rm(folder, { recursive: true }));

  it('is whole as LevelDB wrote it, and has the rows that LevelDB finds', async () => {
    checkTable(file);
    assert.equal(rows.size, 199);
    const damaged = await LevelStore.damaged(path);
    const found = await rowsOf(damaged.range(everything));
    for (const [key, value] of rows) assert.equal(found.get(key), value, key);
  });

  it('is found damaged wherever a bit of it is flipped, or it is cut', () => {
    const unnoticed: number[] = [];
    for (let at = 0; at < file.length; at += 1) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      try {
        checkTable(changed);
        unnoticed.push(at);
      } catch {}
    }
    const footer = file.length - footerBytes;
    assert.ok(
      unnoticed.every((at) => at >= footer && at < file.length - 8 && file[at] === 0),
      `${unnoticed}`,
    );
    for (let length = 0; length < file.length; length += 11)
      assert.throws(() => checkTable(file.subarray(0, length)));
  });

  it('gives what can be read of it, never anything else, and ends', () => {
    const stored = new Map(
      [...readableEntries(file)].map(({ key, value }) => [`${key}`, value.toString('hex')]),
    );
    assert.ok(stored.size >= rows.size);
    let read = 0;
    for (let at = 0; at < file.length; at += 1) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      try {
        for (const { key, value } of readableEntries(changed)) {
          assert.equal(value.toString('hex'), stored.get(`${key}`));
          read += 1;
        }
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
      }
    }
    assert.ok(read > file.length, 'the blocks that are not damaged are read');
  });

  it('keeps a database from being opened, until it is put aside', async () => {
    for (const at of [10, file.length - 60, file.length - footerBytes]) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      await writeFile(join(path, name), changed);
      await assert.rejects(LevelStore.open(path), { code: 'index-corrupt' });
    }
    await writeFile(join(path, name), file);
    const store = await LevelStore.open(path);
    await assert.rejects(LevelStore.open(path), { code: 'home-locked' });
    await writeFile(join(path, name), file.subarray(0, 100));
    // What another process has open is not judged.
    await assert.rejects(LevelStore.open(path), { code: 'home-locked' });
    await store.close();
  });
});

describe('Snappy and CRC-32C', () => {
  it('are those of LevelDB', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
    assert.equal(crc32c(Buffer.from('xx123456789xx'), 2, 11), 0xe3069283);
    // "abcd", eight bytes from four before, then "e" and three bytes from far away in each form.
    const packed = Buffer.from([0x10, 0x0c, ...Buffer.from('abcd'), 0x11, 4, 0x00, 0x65, 0x0a, 13, 0]);
    assert.equal(unpackSnappy(packed).toString(), 'abcdabcdabcdeabc');
  });

  it('refuse what Snappy does not write', () => {
    for (const bytes of [
      [],
      [4],
      [4, 0xf0],
      [4, 0x0c, 1],
      [4, 0x01, 0],
      [4, 0x00, 1, 0x02, 9, 0],
      [0xff, 0xff],
    ])
      assert.throws(() => unpackSnappy(Buffer.from(bytes)), `${bytes}`);
    assert.throws(() => unpackSnappy(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0])), /too large/);
  });
});
