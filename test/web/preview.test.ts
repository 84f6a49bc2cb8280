import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import type { Source } from '../../web/client/preview/content.ts';
import { diffOf } from '../../web/client/preview/line-diff.ts';
import { parseTable } from '../../web/client/preview/table.ts';
import { gunzip, inflate, unzstd } from '../../web/client/preview/unpack.ts';
import { listZip, readInside } from '../../web/client/preview/zip.ts';

const { signal } = new AbortController();

/** Counts the bytes that were read. */
function sourceWith(bytes: Uint8Array): Source & { bytesRead: number } {
  return {
    key: 'a',
    name: 'a.zip',
    mime: null,
    size: bytes.length,
    address: '',
    bytesRead: 0,
    async read(start, end) {
      const part = bytes.slice(start, Math.min(end, bytes.length));
      this.bytesRead += part.length;
      return part;
    },
  };
}

test('a table is read with quotes, line ends within them, and the separator that it has', () => {
  const { rows } = parseTable('name;note\r\n"a ""b""";"two\nlines; one cell"\r\n\r\nlast');
  assert.deepEqual(rows, [
    ['name', 'note'],
    ['a "b"', 'two\nlines; one cell'],
    ['last', ''],
  ]);
  assert.deepEqual(parseTable('').rows, []);
  assert.deepEqual(parseTable('"never closed').rows, [['never closed']]);
});

test('a long table is cut, and says so', () => {
  const { rows, isCut } = parseTable('a,b\n'.repeat(5000));
  assert.equal(rows.length, 1000);
  assert.ok(isCut);
});

test('a ZIP file is listed and one file of it opened without reading the rest', async () => {
  const noise = Uint8Array.from({ length: 400_000 }, (_, at) => (at * at * 31) >> 7);
  const zip = sourceWith(
    zipSync({
      'large.bin': [noise, { level: 0 }],
      'folder/text.txt': strToU8('words '.repeat(100)),
      'ü.txt': strToU8('u'),
    }),
  );
  const { files } = await listZip(zip, signal);
  assert.deepEqual(
    files.map(({ path }) => path),
    ['large.bin', 'folder/text.txt', 'ü.txt'],
  );
  const [, text] = files;
  assert.ok(text);
  const { bytes, isCut } = await readInside(zip, text, signal);
  assert.equal(new TextDecoder().decode(bytes), 'words '.repeat(100));
  assert.equal(isCut, false);
  assert.ok(zip.bytesRead < 80_000, `${zip.bytesRead} bytes were read`);
});

test('a ZIP file that is damaged, cut or none at all is refused with a sentence', async () => {
  const whole = zipSync({ 'a.txt': strToU8('words') });
  for (const bytes of [new Uint8Array(), strToU8('no archive'), whole.slice(0, -10), whole.fill(0, 30, 60)]) {
    await assert.rejects(listZip(sourceWith(bytes), signal), /ZIP file/);
  }
});

test('a file that would unpack to more than any memory is cut at the limit', () => {
  const zeros = Buffer.alloc(50_000_000);
  for (const [unpack, packed] of [
    [gunzip, gzipSync(zeros)],
    [inflate, deflateRawSync(zeros)],
    [unzstd, zstdCompressSync(zeros)],
  ] as const) {
    const { bytes, isCut } = unpack(packed, true, 100_000);
    assert.equal(bytes.length, 100_000);
    assert.ok(isCut);
  }
});

test('what was compressed comes back, also in several frames, and damage is said', () => {
  const words = Buffer.from('some words, and some words again');
  const two = Buffer.concat([zstdCompressSync(words), zstdCompressSync(words)]);
  assert.equal(Buffer.from(unzstd(two, true, 1000).bytes).toString(), `${words}${words}`);
  assert.equal(Buffer.from(gunzip(gzipSync(words), true, 1000).bytes).toString(), `${words}`);
  assert.throws(() => unzstd(Buffer.from('no such file, but long enough'), true, 1000), /damaged/);
  assert.throws(() => gunzip(Buffer.from('no such file'), true, 1000), /damaged/);
});

test('a frame that asks for gigabytes of memory is refused before they are allocated, as the second one too', () => {
  const hostile = Buffer.alloc(32);
  hostile.writeUInt32LE(0xfd2fb528);
  hostile[5] = 0xa8; // a window of 2 GiB
  assert.throws(() => unzstd(hostile, true, 1000), /too much memory/);
  const second = Buffer.concat([zstdCompressSync(Buffer.from('harmless')), hostile]);
  assert.throws(() => unzstd(second, true, 1000), /too much memory/);
});

test('two texts stand side by side, changed lines beside each other', () => {
  const diff = diffOf('one\ntwo\nthree\n', 'one\n2\nthree\nfour\n');
  assert.deepEqual(diff?.rows, [
    { before: 'one', after: 'one' },
    { before: 'two', after: '2' },
    { before: 'three', after: 'three' },
    { before: null, after: 'four' },
  ]);
  assert.deepEqual([diff?.added, diff?.removed], [2, 1]);
});
