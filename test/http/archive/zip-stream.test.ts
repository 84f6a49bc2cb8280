import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import { type ArchiveItem, zipStream } from '../../../src/http/archive/zip-stream.ts';
import { run, skipWithout } from '../../support/programs.ts';

const GiB = 1024 ** 3;
const modifiedAtMs = Date.parse('2021-03-04T05:06:07Z');

function file(path: string, content: string | Uint8Array, atMs = modifiedAtMs): ArchiveItem {
  const bytes = Buffer.from(content);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
  }
  return { path, modifiedAtMs: atMs, size: bytes.length, content: pieces() };
}

function folder(path: string): ArchiveItem {
  return { path, modifiedAtMs, size: 0, content: undefined };
}

async function* listed(...items: ArchiveItem[]) {
  yield* items;
}

/** Bytes of zeros that are never gathered. */
function zeros(path: string, size: number): ArchiveItem {
  const block = Buffer.alloc(64 * 1024 * 1024);
  async function* pieces() {
    for (let left = size; left > 0; left -= block.length)
      yield block.subarray(0, Math.min(left, block.length));
  }
  return { path, modifiedAtMs, size, content: pieces() };
}

describe('a ZIP stream', { timeout: 600_000 }, () => {
  let home = '';
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'peerstor-zip-'));
  });
  after(() => rm(home, { recursive: true }));

  const write = async (name: string, items: AsyncIterable<ArchiveItem>) => {
    const path = join(home, name);
    await pipeline(Readable.from(zipStream(items)), createWriteStream(path));
    return path;
  };
  const odd = () =>
    listed(
      folder('Fotos ü/'),
      file('Fotos ü/żółw 🐢.txt', 'turtle'),
      file('Fotos ü/empty.txt', ''),
      file('old.bin', Buffer.alloc(12_345, 7), Date.parse('1969-12-31T00:00:00Z')),
      folder('empty/'),
    );

  it('is taken by unzip, with its names and times', { skip: skipWithout('unzip') }, async () => {
    const path = await write('odd.zip', odd());
    const tested = await run('unzip', ['-t', path]);
    assert.equal(tested.code, 0, tested.text);
    assert.match(tested.text, /No errors detected/);
    assert.doesNotMatch(tested.text, /warning/i);
    const to = join(home, 'out');
    const unpacked = await run('unzip', [path, '-d', to], { env: { TZ: 'Asia/Tokyo', LC_ALL: 'C.UTF-8' } });
    assert.equal(unpacked.code, 0, unpacked.text);
    const { mtimeMs, size } = await stat(join(to, 'Fotos ü/żółw 🐢.txt'));
    assert.deepEqual([mtimeMs, size], [modifiedAtMs, 6]);
  });

  it('is taken by 7z', { skip: skipWithout('7z') }, async () => {
    const tested = await run('7z', ['t', await write('seven.zip', odd())]);
    assert.equal(tested.code, 0, tested.text);
    assert.match(tested.text, /Everything is Ok/);
  });

  it('is taken by Python, with 70,000 files', { skip: skipWithout('python3', 'unzip') }, async () => {
    async function* many() {
      for (let n = 0; n < 70_000; n += 1) yield file(`many/${n}`, `${n}`);
    }
    const path = await write('many.zip', many());
    const script = [
      'import sys, zipfile',
      'z = zipfile.ZipFile(sys.argv[1])',
      'assert z.testzip() is None',
      'print(len(z.namelist()), z.read("many/69999").decode())',
    ].join('\n');
    assert.equal((await run('python3', ['-c', script, path])).text.trim(), '70000 69999');
    assert.equal((await run('unzip', ['-tqq', path])).code, 0);
  });

  it('says sizes and places above 4 GiB in the fields of ZIP64', async () => {
    const size = 4 * GiB + 5;
    let total = 0;
    let tail = Buffer.alloc(0);
    for await (const piece of zipStream(listed(zeros('large.bin', size), file('behind.txt', 'x')))) {
      total += piece.length;
      tail = Buffer.concat([tail, piece.subarray(-1000)]).subarray(-1000);
    }
    const end = tail.subarray(-22);
    assert.equal(end.readUInt32LE(0), 0x0605_4b50);
    assert.equal(end.readUInt32LE(16), 0xffff_ffff);
    const locator = tail.subarray(-42, -22);
    assert.equal(locator.readUInt32LE(0), 0x0706_4b50);
    const end64At = tail.length - (total - Number(locator.readBigUInt64LE(8)));
    const end64 = tail.subarray(end64At);
    assert.equal(end64.readUInt32LE(0), 0x0606_4b50);
    assert.equal(end64.readBigUInt64LE(32), 2n);
    const record = tail.subarray(tail.length - (total - Number(end64.readBigUInt64LE(48))));
    assert.equal(record.readUInt32LE(0), 0x0201_4b50);
    assert.equal(record.readUInt32LE(24), 0xffff_ffff);
    const extra = record.subarray(46 + 'large.bin'.length);
    assert.equal(extra.readUInt16LE(0), 1);
    assert.equal(extra.readBigUInt64LE(4), BigInt(size));
  });

  it('fails before its first byte when its first file cannot be read', async () => {
    const broken = Readable.from(
      (async function* () {
        await Promise.reject(new Error('no copy can be reached'));
        yield Buffer.alloc(0);
      })(),
    );
    const item = { path: 'a', modifiedAtMs, size: 1, content: broken };
    await assert.rejects(zipStream(listed(item)).next(), /no copy can be reached/);
  });

  it('breaks off where a file is shorter or longer than it said', async () => {
    for (const size of [5, 7]) {
      const item = { ...file('a.txt', '123456'), size };
      await assert.rejects(Array.fromAsync(zipStream(listed(item))), /6 bytes where [57] were announced/);
    }
  });

  it('closes the file that it reads when its reader leaves', async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(10);
      } finally {
        closed = true;
      }
    }
    const stream = zipStream(listed({ path: 'a', modifiedAtMs, size: 1e9, content: endless() }));
    for (let n = 0; n < 3; n += 1) await stream.next();
    await stream.return(undefined);
    assert.equal(closed, true);
  });
});
