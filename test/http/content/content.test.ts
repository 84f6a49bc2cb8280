import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { EntryView } from '../../../src/model/api.ts';
import { entryId } from '../../../src/model/ids.ts';
import { silentLog } from '../../../src/model/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { assertProblem, GatewayFixture, readAll } from '../gateway-fixture.ts';

const MiB = 1024 * 1024;
const text = '0123456789';

describe('content', { timeout: 600_000 }, () => {
  let g: GatewayFixture;
  let entry: EntryView;
  const warnings: string[] = [];
  before(async () => {
    const log = { ...silentLog, warn: (_facts: object, sentence: string) => warnings.push(sentence) };
    g = await GatewayFixture.start({ log });
    entry = await g.put('/digits.txt', text, { 'x-modified-at': '2020-02-03T04:05:06.700Z' });
  });
  after(() => g.stop());
  afterEach(() => {
    g.drive.readFailsAfterBytes = Number.POSITIVE_INFINITY;
    g.drive.cancelledReads = 0;
    warnings.length = 0;
  });

  const urlOf = ({ id }: EntryView) => `/api/v1/entries/${id}/content`;
  const get = (headers = {}, query = '') => g.get(urlOf(entry) + query, headers);

  it('comes with its size, version, date, type and name, and may not act', async () => {
    const { status, headers, text: body } = await get();
    assert.equal(status, 200);
    assert.equal(body, text);
    assert.equal(headers['content-length'], '10');
    assert.equal(headers.etag, `"${entry.version}"`);
    assert.equal(headers['last-modified'], 'Mon, 03 Feb 2020 04:05:06 GMT');
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(headers['content-disposition'], 'inline; filename="digits.txt"');
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(headers['content-security-policy']?.toString() ?? '', /^sandbox; default-src 'none'/);
    assert.equal(headers['cache-control'], 'private, no-cache');
  });

  it('answers HEAD like GET without the body, whatever range is asked', async () => {
    const answer = await g.ask('HEAD', urlOf(entry), { headers: { range: 'bytes=0-1' } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-length'], '10');
    assert.equal(answer.headers.etag, `"${entry.version}"`);
    assert.equal(answer.bytes.length, 0);
  });

  it('is streamed as a browser can play it: the film itself, else its rendition, and nothing of what is no film', async () => {
    const stream = (id: string, headers = {}) => g.get(`/api/v1/entries/${id}/stream`, headers);
    const film = await g.put('/film.mp4', text, { 'content-type': 'video/mp4' });
    for (const shown of ['stream', 'thumbnail']) {
      const address = `/api/v1/entries/${film.id}/${shown}?version=${entry.version}`;
      assertProblem(await g.get(address), 'not-found');
    }
    const part = await stream(film.id, { range: 'bytes=2-4' });
    assert.deepEqual(
      [part.status, part.text, part.headers['content-type']],
      [206, text.slice(2, 5), 'video/mp4'],
    );
    const old = await g.put('/film.avi', text, { 'content-type': 'video/x-msvideo' });
    assertProblem(await stream(old.id), 'no-rendition');
    g.drive.renditions.set(old.id, { state: 'making', progress: 0.5 });
    assert.equal((await stream(old.id)).status, 202);
    g.drive.renditions.set(old.id, await g.drive.open(entryId(film.id)));
    assert.equal((await stream(old.id)).headers['content-type'], 'video/mp4');
    assertProblem(await stream(entry.id), 'no-rendition');
  });

  it('is saved under its name with ?download=1', async () => {
    const { headers } = await get({}, '?download=1');
    assert.equal(headers['content-disposition'], 'attachment; filename="digits.txt"');
    assertProblem(await get({}, '?download=yes'), 'bad-input');
  });

  for (const [name, type] of [
    ['page.html', 'text/html'],
    ['image.svg', 'image/svg+xml'],
    ['feed.xml', 'text/xml'],
  ] as const) {
    it(`of ${type} is never opened in place, and sandboxed`, async () => {
      const evil = await g.put(`/${name}`, '<script>alert(1)</script>', { 'content-type': type });
      const { headers } = await g.get(urlOf(evil));
      assert.match(headers['content-disposition'] ?? '', /^attachment/);
      assert.match(headers['content-security-policy']?.toString() ?? '', /^sandbox;/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
    });
  }

  it('keeps an odd name in the header', async () => {
    const odd = await g.put(`/${encodeURIComponent('ü "x".txt')}`, 'x');
    const { headers } = await g.get(urlOf(odd));
    assert.equal(
      headers['content-disposition'],
      `inline; filename="_ _x_.txt"; filename*=UTF-8''%C3%BC%20%22x%22.txt`,
    );
  });

  for (const [range, bytes, contentRange] of [
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-5', '2345', 'bytes 2-5/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
    ['bytes=0-9', text, 'bytes 0-9/10'],
    ['bytes=20-,4-4', '4', 'bytes 4-4/10'],
  ] as const) {
    it(`gives the range ${range}`, async () => {
      const answer = await get({ range });
      assert.equal(answer.status, 206);
      assert.equal(answer.text, bytes);
      assert.equal(answer.headers['content-range'], contentRange);
      assert.equal(answer.headers['content-length'], String(bytes.length));
    });
  }

  it('gives several ranges as parts', async () => {
    const answer = await get({ range: 'bytes=0-1,4-5,-1' });
    assert.equal(answer.status, 206);
    const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(
      answer.headers['content-type'] ?? '',
    )?.[1];
    assert.ok(boundary);
    assert.equal(answer.headers['content-length'], String(answer.bytes.length));
    assert.equal(answer.headers['content-range'], undefined);
    const parts = answer.text.split(`\r\n--${boundary}`);
    assert.equal(parts.shift(), '');
    assert.equal(parts.pop(), '--\r\n');
    assert.deepEqual(
      parts,
      [
        ['0-1', '01'],
        ['4-5', '45'],
        ['9-9', '9'],
      ].map(
        ([range, bytes]) =>
          `\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${range}/10\r\n\r\n${bytes}`,
      ),
    );
  });

  it('answers 416 with the size when no range can be met', async () => {
    const answer = await get({ range: 'bytes=10-' });
    assertProblem(answer, 'bad-range');
    assert.equal(answer.headers['content-range'], 'bytes */10');
  });

  it('sends everything when If-Range names another version, or a date', async () => {
    const range = 'bytes=0-1';
    assert.equal((await get({ range, 'if-range': `"${entry.version}"` })).text, '01');
    for (const other of ['"other"', `W/"${entry.version}"`, 'Mon, 03 Feb 2020 04:05:06 GMT']) {
      const answer = await get({ range, 'if-range': other });
      assert.deepEqual([answer.status, answer.text], [200, text]);
    }
  });

  it('is 304 for a client that has it', async () => {
    const answer = await get({ 'if-none-match': `"x", "${entry.version}"` });
    assert.equal(answer.status, 304);
    assert.equal(answer.bytes.length, 0);
    assert.equal(answer.headers.etag, `"${entry.version}"`);
    assert.equal((await get({ 'if-modified-since': 'Mon, 03 Feb 2020 04:05:06 GMT' })).status, 304);
    assert.equal((await get({ 'if-none-match': '"x"' })).status, 200);
  });

  it('is 412 for a client that wants another version', async () => {
    assertProblem(await get({ 'if-match': '"x"' }), 'precondition-failed');
    assert.equal((await get({ 'if-match': `"${entry.version}"` })).status, 200);
  });

  it('may be empty', async () => {
    const empty = await g.put('/empty.txt', '');
    const answer = await g.get(urlOf(empty), { range: 'bytes=0-' });
    assert.deepEqual([answer.status, answer.text, answer.headers['content-length']], [200, '', '0']);
  });

  it('does not exist for a folder', async () => {
    assertProblem(await g.get('/api/v1/entries/root/content'), 'not-found');
  });

  it('is compressed where that helps, but not in ranges', async () => {
    const words = 'the same words again and again '.repeat(1000);
    const long = await g.put('/long.txt', words);
    for (const [encoding, decompress] of [
      ['gzip', gunzipSync],
      ['br', brotliDecompressSync],
      ['zstd', zstdDecompressSync],
    ] as const) {
      const answer = await g.get(urlOf(long), { 'accept-encoding': encoding });
      assert.equal(answer.headers['content-encoding'], encoding);
      assert.equal(answer.headers.etag, `W/"${long.version}-${encoding}"`);
      const again = { 'accept-encoding': encoding, 'if-none-match': String(answer.headers.etag) };
      assert.equal((await g.get(urlOf(long), again)).status, 304);
      assert.equal(answer.headers.vary, 'accept-encoding');
      assert.ok(answer.bytes.length < words.length / 10);
      assert.equal(decompress(answer.bytes).toString(), words);
    }
    const part = await g.get(urlOf(long), { 'accept-encoding': 'gzip', range: 'bytes=0-2' });
    assert.deepEqual([part.text, part.headers['content-encoding']], ['the', undefined]);
    const again = { 'accept-encoding': 'gzip', 'if-none-match': `W/"${long.version}"` };
    assert.equal((await g.get(urlOf(long), again)).status, 304);
    const saved = await g.get(`${urlOf(long)}?download=1`, { 'accept-encoding': 'gzip' });
    assert.equal(saved.headers['content-length'], String(words.length));
    const picture = await g.put('/long.png', words);
    const plain = await g.get(urlOf(picture), { 'accept-encoding': 'gzip' });
    assert.deepEqual([plain.headers['content-encoding'], plain.text], [undefined, words]);
  });

  it('comes with its checksum where it is asked for, of all bytes as they are, and in no other algorithm', async () => {
    const words = 'the same words again and again '.repeat(1000);
    const file = await g.put('/digest.txt', words);
    const base64 = createHash('sha256').update(words).digest('base64');
    const want = { 'want-repr-digest': 'sha-512=3, sha-256=10', 'accept-encoding': 'gzip' };
    const answer = await g.get(urlOf(file), want);
    assert.equal(answer.headers['repr-digest'], `sha-256=:${base64}:`);
    assert.deepEqual(
      [answer.text, answer.headers['content-encoding'], answer.headers.digest],
      [words, undefined, undefined],
    );
    const part = await g.get(urlOf(file), { ...want, range: 'bytes=0-2' });
    assert.deepEqual([part.status, part.headers['repr-digest']], [206, `sha-256=:${base64}:`]);
    const head = await g.ask('HEAD', urlOf(file), { headers: { 'want-digest': 'SHA-256;q=1' } });
    assert.deepEqual([head.headers.digest, head.headers['repr-digest']], [`sha-256=${base64}`, undefined]);
    for (const refused of ['sha-256=0', 'sha-512=1', 'sha-2567', '']) {
      const none = await g.get(urlOf(file), { 'want-repr-digest': refused });
      assert.equal(none.headers['repr-digest'], undefined, refused);
    }
    assert.equal((await g.get(urlOf(file))).headers['repr-digest'], undefined);
  });

  it('of many megabytes arrives whole', async () => {
    const fill = Buffer.from(Array.from({ length: 100_003 }, (_, n) => n % 251));
    const large = g.drive.addLarge('large.bin', 8 * MiB + 5, fill);
    const answer = await g.get(urlOf(large));
    const expected = createHash('sha256');
    for (let left = 8 * MiB + 5; left > 0; left -= fill.length) expected.update(fill.subarray(0, left));
    assert.equal(createHash('sha256').update(answer.bytes).digest('hex'), expected.digest('hex'));
  });

  /** Asks for a file far larger than all buffers and reads only its beginning. */
  async function openAndPause(fixture: GatewayFixture) {
    const huge = fixture.drive.addLarge('huge.bin', 1024 * MiB, Buffer.alloc(MiB));
    const socket = fixture.connect();
    socket.write(fixture.head(`GET ${urlOf(huge)}`));
    await once(socket, 'data');
    socket.pause();
    return socket;
  }

  it('is no longer read when the client is gone', async () => {
    const socket = await openAndPause(g);
    socket.destroy();
    while (g.drive.cancelledReads === 0) await turn();
    assert.deepEqual(warnings, []);
  });

  it('has no error text among its bytes when the client breaks the protocol meanwhile', async () => {
    const huge = g.drive.addLarge('huge.bin', 1024 * MiB, Buffer.alloc(MiB));
    const socket = g.connect();
    socket.write(g.head(`GET ${urlOf(huge)}`));
    await once(socket, 'data');
    socket.write('this is no HTTP\r\n\r\n');
    assert.doesNotMatch(await readAll(socket), /bad-request/);
  });

  it('is cut when the client takes nothing for minutes', async () => {
    const clock = new ManualClock();
    const own = await GatewayFixture.start({ clock });
    const socket = await openAndPause(own);
    while (own.drive.cancelledReads === 0) {
      clock.advance(60_000);
      await turn();
    }
    assert.equal(own.drive.cancelledReads, 1);
    socket.destroy();
    await own.stop();
  });

  it('is cut when the session ends meanwhile', async () => {
    const clock = new ManualClock();
    const own = await GatewayFixture.start({ clock });
    const socket = await openAndPause(own);
    await own.front.accounts.logout(own.secret);
    while (own.drive.cancelledReads === 0) await turn();
    socket.destroy();
    await own.stop();
  });

  it('that fails in the middle cuts the connection and is never padded', async () => {
    const large = g.drive.addLarge('broken.bin', MiB, Buffer.alloc(MiB));
    g.drive.readFailsAfterBytes = 200_000;
    await assert.rejects(g.get(urlOf(large)), /aborted|socket hang up|ECONNRESET/);
    assert.deepEqual(warnings, ['a download was cut']);
    const compressed = await g.put('/broken.txt', Buffer.alloc(MiB, 0x20));
    await assert.rejects(
      g.get(urlOf(compressed), { 'accept-encoding': 'gzip' }),
      /aborted|hang up|ECONNRESET/,
    );
  });

  it('that fails before its first byte is a coded error, in every form', async () => {
    const large = await g.put('/off.txt', Buffer.alloc(5000, 0x20));
    g.drive.readFailsAfterBytes = 0;
    for (const headers of [
      {},
      { range: 'bytes=0-1' },
      { range: 'bytes=0-1,5-6' },
      { 'accept-encoding': 'gzip' },
    ]) {
      const answer = await g.get(urlOf(large), headers);
      assertProblem(answer, 'chunk-missing');
      assert.equal(answer.headers['content-encoding'], undefined);
    }
  });

  it('shorter than announced cuts the connection', async () => {
    const { open } = g.drive;
    g.drive.open = async (id) => {
      const content = await open.call(g.drive, id);
      const read: typeof content.read = (range, signal) => content.read({ ...range, end: 10 }, signal);
      return { ...content, size: 11, read };
    };
    await assert.rejects(get(), /aborted|hang up|ECONNRESET/);
    g.drive.open = open;
    assert.deepEqual(warnings, ['a download was cut']);
  });
});
