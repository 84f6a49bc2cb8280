import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { EntryView } from '../../../src/model/api.ts';
import type { UploadSource } from '../../../src/model/contracts/drive.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { plainBytes } from '../../support/fake-transfers.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { assertProblem, GatewayFixture, readAll } from '../gateway-fixture.ts';

const MiB = 1024 * 1024;

/** Pieces of 64 KiB; counts what was handed to the connection. */
function endless(total: number) {
  const sent = { bytes: 0 };
  async function* pieces() {
    for (; sent.bytes < total; sent.bytes += 65_536) yield Buffer.alloc(65_536, 1);
  }
  return { sent, pieces: pieces() };
}

describe('an upload', { timeout: 600_000 }, () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start({ maxUploadBytes: 64 * MiB });
  });
  after(() => g.stop());
  afterEach(() => {
    g.drive.capacityBytes = Number.POSITIVE_INFINITY;
    g.drive.uploadErrors.length = 0;
    g.drive.receivedBytes = 0;
  });

  const put = (path: string, body: string | Uint8Array, headers = {}) =>
    g.ask('PUT', `/api/v1/path${path}`, { body, headers });
  const contentAt = async (path: string) => {
    const { id } = (await g.get(`/api/v1/path${path}`)).json<EntryView>();
    return (await g.get(`/api/v1/entries/${id}/content`)).text;
  };

  it('goes below a folder that is named by its id, as it would by a path', async () => {
    await put('/shared/old.txt', 'old');
    const folder = (await g.get('/api/v1/path/shared')).json<EntryView>();
    const below = (path: string, body: string, headers = {}) =>
      g.ask('PUT', `/api/v1/entries/${folder.id}/path${path}`, { body, headers });
    const made = await below('/a/b%20c/new.txt', 'new');
    assert.equal(made.status, 201);
    assert.equal(made.headers.location, `/api/v1/entries/${made.json<EntryView>().id}`);
    assert.equal(await contentAt('/shared/a/b%20c/new.txt'), 'new');
    assert.equal((await below('/a/b%20c/new.txt', 'newer')).status, 200);
    assertProblem(await below('/old.txt', 'x', { 'if-none-match': '*' }), 'precondition-failed');
    assertProblem(await below('/old.txt', 'x', { 'if-match': '"other"' }), 'precondition-failed');
    assert.equal((await below('/old.txt', 'x', { 'if-match': '*' })).status, 200);
    assertProblem(await below('/a%2fb', 'x'), 'bad-name');
    assertProblem(await below('', 'x'), 'not-found');
    const unknown = `/api/v1/entries/${'9'.repeat(32)}/path/x`;
    assertProblem(await g.ask('PUT', unknown, { body: 'x' }), 'not-found');
  });

  it('goes into a file that is named by its id, as a new version', async () => {
    const { id, version } = (await put('/one/a.txt', 'one')).json<EntryView>();
    const into = (body: string, headers = {}) =>
      g.ask('PUT', `/api/v1/entries/${id}/content`, { body, headers });
    const answer = await into('two', { 'if-match': `"${version}"` });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual([answer.json<EntryView>().id, answer.headers.location], [id, undefined]);
    assert.equal(answer.json<EntryView>().mime, 'text/plain');
    assert.equal(await contentAt('/one/a.txt'), 'two');
    assertProblem(await into('three', { 'if-match': `"${version}"` }), 'precondition-failed');
    assertProblem(await into('three', { 'if-none-match': '*' }), 'precondition-failed');
    assertProblem(await into('three', { 'content-type': 'multipart/form-data' }), 'unsupported-media-type');
    assertProblem(await g.ask('PUT', '/api/v1/entries/root/content', { body: 'x' }), 'not-found');
    const unknown = `/api/v1/entries/${'9'.repeat(32)}/content`;
    assertProblem(await g.ask('PUT', unknown, { body: 'x' }), 'not-found');
    assertProblem(await g.ask('PUT', unknown, { body: 'x', anonymous: true }), 'not-signed-in');
    assert.equal(await contentAt('/one/a.txt'), 'two');
  });

  it('makes the file and its folders, then new versions of it', async () => {
    const first = await put('/deep/down/a.txt', 'one');
    assert.equal(first.status, 201, first.text);
    const entry = first.json<EntryView>();
    assert.deepEqual([entry.name, entry.size, entry.mime, entry.kind], ['a.txt', 3, 'text/plain', 'file']);
    assert.deepEqual(entry.safety, { level: 'accepted', copies: 1, wanted: 3 });
    assert.equal(first.headers.location, `/api/v1/entries/${entry.id}`);
    assert.equal(first.headers.etag, `"${entry.version}"`);
    const second = await put('/deep/down/a.txt', 'two!');
    assert.equal(second.status, 200);
    assert.equal(second.json<EntryView>().id, entry.id);
    assert.equal(await contentAt('/deep/down/a.txt'), 'two!');
  });

  it('keeps the declared type, else tells it by the name', async () => {
    const mimeOf = async (path: string, type?: string) =>
      (await put(path, 'x', type === undefined ? {} : { 'content-type': type })).json<EntryView>().mime;
    assert.equal(await mimeOf('/t1.png', 'text/x-notes'), 'text/x-notes');
    assert.equal(await mimeOf('/t2.png', 'application/octet-stream'), 'image/png');
    assert.equal(await mimeOf('/t3.png'), 'image/png');
    assert.equal(await mimeOf('/t4'), 'application/octet-stream');
    assert.equal(await mimeOf('/t5.json', 'application/json'), 'application/json');
  });

  it('keeps the time of the last change', async () => {
    const at = '2020-02-03T04:05:06.000Z';
    const own = await put('/time1.txt', 'x', { 'x-modified-at': at });
    assert.equal(own.json<EntryView>().modifiedAt, at);
    const standard = await put('/time2.txt', 'x', { 'last-modified': new Date(at).toUTCString() });
    assert.equal(standard.json<EntryView>().modifiedAt, at);
    const wrong = assertProblem(await put('/time3.txt', 'x', { 'x-modified-at': 'yesterday' }), 'bad-input');
    assert.equal(wrong.field, 'X-Modified-At');
    assert.equal((await g.get('/api/v1/path/time3.txt')).status, 404);
  });

  it('keeps whether the file may be run, and refuses what says neither yes nor no', async () => {
    const put1 = await put('/run.sh', 'x', { 'x-executable': 'true' });
    assert.equal(put1.json<EntryView>().executable, true);
    assert.equal((await put('/run.sh', 'y')).json<EntryView>().executable, true);
    const off = await put('/run.sh', 'z', { 'x-executable': 'false' });
    assert.equal(off.json<EntryView>().executable, false);
    const refused = await put('/run.sh', 'x', { 'x-executable': '0755' });
    assert.equal(assertProblem(refused, 'bad-input').field, 'X-Executable');
  });

  it('passes the wanted safety and the size on to the drive', async () => {
    await put('/safe.txt?copies=full&wait=1.5', 'four');
    const { copies, waitMs, sizeHint } = g.drive.lastUpload ?? {};
    assert.deepEqual([copies, waitMs, sizeHint], ['full', 1500, 4]);
    await put('/safe.txt', 'four');
    assert.deepEqual([g.drive.lastUpload?.copies, g.drive.lastUpload?.waitMs], [undefined, undefined]);
    for (const [query, field] of [
      ['copies=3', 'copies'],
      ['wait=-1', 'wait'],
      ['wait=9999', 'wait'],
      ['wait=1&wait=2', 'wait'],
    ]) {
      assert.equal(assertProblem(await put(`/safe.txt?${query}`, 'x'), 'bad-input').field, field, query);
    }
  });

  it('may be empty, with or without a length', async () => {
    assert.equal((await put('/empty1', '')).json<EntryView>().size, 0);
    assert.equal((await g.ask('PUT', '/api/v1/path/empty2')).json<EntryView>().size, 0);
  });

  it('reaches the drive while it is still being sent', async () => {
    async function* slow() {
      for (let n = 1; n <= 5; n += 1) {
        yield Buffer.alloc(MiB, n);
        // Would wait for ever if the gateway gathered the body first.
        await g.drive.received(n * MiB);
      }
    }
    const answer = await g.ask('PUT', '/api/v1/path/stream.bin', { body: slow() });
    assert.equal(answer.json<EntryView>().size, 5 * MiB);
  });

  for (const name of [
    'emoji 😀.txt',
    '100% #1?.txt',
    'quote\'".txt',
    'grüße',
    ' x ',
    'a\\b',
    '日本',
    'x'.repeat(255),
  ]) {
    it(`keeps the name "${name.slice(0, 20)}"`, async () => {
      const entry = await g.put(`/odd/${encodeURIComponent(name)}`, name);
      assert.equal(entry.name, name);
      assert.equal(await contentAt(`/odd/${encodeURIComponent(name)}`), name);
    });
  }

  it('refuses a path that is none, makes nothing, and names the rule', async () => {
    const before = g.drive.names();
    for (const path of ['/n/a%2Fb', '/n/%2e%2e/x', '/n//x', '/n/x/', '/', `/n/${'x'.repeat(256)}`]) {
      const problem = assertProblem(await put(path, 'x'), 'bad-name');
      assert.ok(problem.detail.length > 20);
    }
    // Written by hand: no HTTP client would send it.
    const raw = await g.sendRaw(
      `${g.head('PUT /api/v1/path/n/../../x', 'Content-Length: 1', 'Connection: close')}x`,
    );
    assert.match(raw, /^HTTP\/1\.1 422 .*"code":"bad-name"/s);
    const climbing = await g.sendRaw(g.head('GET /api/v1/path/../setup', 'Connection: close'));
    assert.match(climbing, /^HTTP\/1\.1 422 .*"code":"bad-name"/s);
    assert.deepEqual(g.drive.names(), before);
  });

  it('is refused in a form, encoded, or in part', async () => {
    const refused = { 'content-type': 'multipart/form-data; boundary=x' };
    assertProblem(await put('/form', 'x', refused), 'unsupported-media-type');
    assertProblem(await put('/gz', 'x', { 'content-encoding': 'gzip' }), 'unsupported-media-type');
    assertProblem(await put('/part', 'x', { 'content-range': 'bytes 0-0/5' }), 'bad-request');
  });

  it('does not replace a folder', async () => {
    await g.put('/folder/inside.txt', 'x');
    assertProblem(await put('/folder', 'x'), 'name-taken');
    assertProblem(await put('/folder/inside.txt/below', 'x'), 'name-taken');
  });

  it('happens only when its condition holds, and leaves no folder behind when not', async () => {
    assertProblem(await put('/cond/a.txt', 'x', { 'if-match': '*' }), 'precondition-failed');
    assertProblem(await put('/cond/a.txt', 'x', { 'if-match': '"0"' }), 'precondition-failed');
    assert.equal((await g.get('/api/v1/path/cond')).status, 404);

    const first = await put('/cond/a.txt', '1', { 'if-none-match': '*' });
    assert.equal(first.status, 201);
    assertProblem(await put('/cond/a.txt', '2', { 'if-none-match': '*' }), 'precondition-failed');
    assertProblem(await put('/cond/a.txt', '2', { 'if-match': '"0"' }), 'precondition-failed');
    assert.equal(await contentAt('/cond/a.txt'), '1');
    const second = await put('/cond/a.txt', '2', { 'if-match': first.headers.etag });
    assert.equal(second.status, 200);
    assertProblem(await put('/cond/a.txt', '3', { 'if-match': first.headers.etag }), 'precondition-failed');
    assert.equal((await put('/cond/a.txt', '3', { 'if-match': '*' })).status, 200);
    assert.equal((await put('/cond/a.txt', '4', { 'if-none-match': '"0"' })).status, 200);
  });

  it('replaces, leaves alone or goes beside what is there, as it is asked to', async () => {
    const first = await g.put('/taken/a.txt', 'first');
    const send = async (mode: string) =>
      g.ask('PUT', `/api/v1/path/taken/a.txt?onConflict=${mode}`, { body: mode });
    const skipped = await send('skip');
    assert.deepEqual([skipped.status, skipped.json<EntryView>().version], [200, first.version]);
    const replaced = await send('version');
    assert.deepEqual([replaced.status, replaced.json<EntryView>().id], [200, first.id]);
    const beside = await send('rename');
    assert.equal(beside.status, 201);
    assert.notEqual(beside.json<EntryView>().name, 'a.txt');
    assertProblem(await send('ask'), 'bad-input');
  });

  it('ends with the session that it began with', async () => {
    const clock = new ManualClock();
    const own = await GatewayFixture.start({ clock });
    const socket = own.connect();
    socket.write(own.head('PUT /api/v1/path/ended.bin', 'Content-Length: 1000'));
    socket.write('some');
    await own.drive.received(4);
    await own.front.accounts.logout(own.secret);
    const answer = readAll(socket);
    clock.advance(2000);
    await once(socket, 'data');
    clock.advance(5000);
    assert.match(await answer, /^HTTP\/1\.1 401 .*"code":"not-signed-in"/s);
    assert.ok(!own.drive.names().includes('ended.bin'));
    await own.stop();
  });

  it('that is cut lists nothing, and the drive hears of it', async () => {
    const socket = g.connect();
    socket.write(g.head('PUT /api/v1/path/cut.bin', 'Content-Length: 1000000'));
    socket.write(Buffer.alloc(100_000));
    await g.drive.received(100_000);
    const aborted = once(g.drive.lastUpload?.signal ?? new EventTarget(), 'abort');
    socket.destroy();
    await aborted;
    await turn();
    assert.ok(isPeerstorError(g.drive.uploadErrors[0], 'aborted'));
    assert.ok(!g.drive.names().includes('cut.bin'));
  });

  it('that ends before its declared length stores nothing', async () => {
    const socket = g.connect();
    socket.end(`${g.head('PUT /api/v1/path/short.bin', 'Content-Length: 1000')}only this`);
    await readAll(socket);
    assert.ok(isPeerstorError(g.drive.uploadErrors[0], 'aborted'));
    assert.ok(!g.drive.names().includes('short.bin'));
  });

  it('with broken chunked framing is 400 and stores nothing', async () => {
    const head = g.head('PUT /api/v1/path/broken.bin', 'Transfer-Encoding: chunked');
    const answer = await g.sendRaw(`${head}5\r\nhello\r\nnonsense\r\n`);
    assert.doesNotMatch(answer, /HTTP\/1\.1 20/);
    assert.ok(!g.drive.names().includes('broken.bin'));
  });

  it('that is refused at once is answered without taking it', async () => {
    const gib = 1024 * MiB;
    const refuse = async (headers: Record<string, string | number>, anonymous = false) => {
      const { sent, pieces } = endless(gib);
      const answer = await g.ask('PUT', '/api/v1/path/big.bin', { body: pieces, headers, anonymous });
      assert.ok(sent.bytes < gib / 4, `${sent.bytes} bytes were taken`);
      assert.equal(answer.headers.connection, 'close');
      return answer;
    };
    assertProblem(await refuse({ 'content-length': gib }, true), 'not-signed-in');
    assertProblem(await refuse({}, true), 'not-signed-in');
    assertProblem(await refuse({ 'content-length': gib }), 'too-large');
    assertProblem(await refuse({}), 'too-large');
    g.drive.capacityBytes = MiB;
    assertProblem(await refuse({}), 'disk-full');
    assertProblem(await refuse({ 'content-length': 60 * MiB }), 'disk-full');
    assert.ok(!g.drive.names().includes('big.bin'));
  });

  it('whose client goes on sending after the refusal is cut off after some megabytes', async () => {
    // This clock never moves, so it is not the time limit that ends it.
    const own = await GatewayFixture.start({ clock: new ManualClock() });
    const socket = own.connect();
    socket.write(`PUT /api/v1/path/e.bin HTTP/1.1\r\nHost: x\r\nContent-Length: ${1024 * MiB}\r\n\r\n`);
    const closed = readAll(socket);
    const block = Buffer.alloc(MiB);
    const push = () => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', push);
    push();
    await closed;
    assert.ok(socket.bytesWritten < 256 * MiB, `${socket.bytesWritten} bytes were taken`);
    await own.stop();
  });

  it('that failed is told as what the client did, whatever the drive makes of it', async () => {
    const { upload } = g.drive;
    const takeAll = async (content: UploadSource) => {
      for await (const _piece of plainBytes(content));
    };
    const wrapping: typeof upload = async (_parent, _name, content) => {
      await takeAll(content).catch((cause: unknown) => {
        throw new Error('wrapped', { cause });
      });
      throw new Error('the content should have failed');
    };
    const pretending: typeof upload = async (_parent, _name, content) => {
      await takeAll(content).catch(() => undefined);
      return { entry: await g.drive.root(), created: true };
    };
    try {
      for (g.drive.upload of [wrapping, pretending]) {
        const { pieces } = endless(65 * MiB);
        assertProblem(await g.ask('PUT', '/api/v1/path/big.bin', { body: pieces }), 'too-large');
      }
    } finally {
      g.drive.upload = upload;
    }
  });

  it('is asked for only when it would be taken (Expect: 100-continue)', async () => {
    const expect = 'Expect: 100-continue';
    const refused = await g.sendRaw(
      `PUT /api/v1/path/e.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n${expect}\r\n\r\n`,
    );
    assert.match(refused, /^HTTP\/1\.1 401 /);
    assert.doesNotMatch(refused, /100 Continue/);
    g.drive.capacityBytes = 1;
    const full = await g.sendRaw(g.head('PUT /api/v1/path/e.txt', 'Content-Length: 5', expect));
    assert.match(full, /^HTTP\/1\.1 507 /);
    g.drive.capacityBytes = Number.POSITIVE_INFINITY;

    const socket = g.connect();
    socket.write(g.head('PUT /api/v1/path/e.txt', 'Content-Length: 5', 'Connection: close', expect));
    const [first] = await once(socket, 'data');
    assert.match(String(first), /^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    socket.write('hello');
    assert.match(await readAll(socket), /^HTTP\/1\.1 201 /);
  });

  it('leaves the connection open for the next', async () => {
    const one = `${g.head('PUT /api/v1/path/k1.txt', 'Content-Length: 3')}abc`;
    const two = `${g.head('PUT /api/v1/path/k2.txt', 'Content-Length: 3', 'Connection: close')}def`;
    const answers = await g.sendRaw(one + two);
    assert.equal(answers.match(/HTTP\/1\.1 201/g)?.length, 2);
    assert.equal(await contentAt('/k2.txt'), 'def');
  });

  it('whose client keeps the connection after the answer is cut from it in the end', async () => {
    const clock = new ManualClock();
    const own = await GatewayFixture.start({ clock });
    const socket = own.connect();
    socket.write('PUT /api/v1/path/e.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n');
    const closed = readAll(socket);
    await once(socket, 'data');
    clock.advance(5000);
    assert.match(await closed, /^HTTP\/1\.1 401 /);
    await own.stop();
  });

  it('that stalls is answered 408', async () => {
    const clock = new ManualClock();
    const own = await GatewayFixture.start({ clock });
    const socket = own.connect();
    socket.write(own.head('PUT /api/v1/path/stall.bin', 'Content-Length: 1000'));
    socket.write('some');
    await own.drive.received(4);
    await turn();
    const answer = readAll(socket);
    clock.advance(60_000);
    await once(socket, 'data');
    clock.advance(5000);
    assert.match(await answer, /^HTTP\/1\.1 408 .*"code":"request-timeout"/s);
    assert.ok(isPeerstorError(own.drive.uploadErrors[0], 'request-timeout'));
    await own.stop();
  });
});
