/** HTTP/2 over TLS on the one port. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { type Authority, newAuthority, newLeaf } from '../../src/crypto/index.ts';
import { headerBytesMax, http2IdleMs, http2StreamsMax } from '../../src/http/limits/http-limits.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { GatewayFixture } from './gateway-fixture.ts';
import { answerOf, askHttp2, connectHttp2, connectRaw, fields, flood, frame } from './http2-client.ts';
import { RawWebSocket } from './raw-websocket.ts';

describe('HTTP/2 on the one port', { timeout: 60_000 }, () => {
  let g: GatewayFixture;
  let authority: Authority;
  let certificates: { authority: string; fingerprint: string; current(): ReturnType<typeof newLeaf> };
  before(async () => {
    authority = newAuthority('peerstor on Kitchen', Date.now());
    const leaf = newLeaf(authority, ['localhost', '127.0.0.1'], Date.now());
    certificates = { authority: authority.certificate, fingerprint: 'AB:CD', current: () => leaf };
    g = await GatewayFixture.start({ certificates });
  });
  after(() => g.stop());

  const open = () => connectHttp2(g.port, authority.certificate);
  const signedIn = () => ({ ...g.signedIn, cookie: `__Host-${g.signedIn.cookie}` });

  it('is what a client gets who offers it, and HTTP/1.1 who does not', async () => {
    for (const [offered, chosen] of [
      [['h2', 'http/1.1'], 'h2'],
      [['http/1.1'], 'http/1.1'],
      [[], false],
    ] as const) {
      const socket = connect({
        ...{ host: '127.0.0.1', port: g.port, servername: 'localhost', ca: authority.certificate },
        ALPNProtocols: [...offered],
      });
      await once(socket, 'secureConnect');
      assert.equal(socket.alpnProtocol, chosen);
      socket.destroy();
    }
  });

  it('carries uploads, ranges, listings and refusals side by side on one connection', async () => {
    const session = await open();
    const large = 'x'.repeat(3 * 1024 * 1024);
    const names = Array.from({ length: 20 }, (_, number) => `/api/v1/path/h2-${number}.txt`);
    const puts = await Promise.all(names.map((name) => askHttp2(session, 'PUT', name, signedIn(), large)));
    assert.deepEqual(
      puts.map(({ status }) => status),
      names.map(() => 201),
    );
    const { id } = JSON.parse(puts[0]?.text ?? '') as { id: string };
    const content = `/api/v1/entries/${id}/content`;
    const [part, whole, head, none, foreign] = await Promise.all([
      askHttp2(session, 'GET', content, { ...signedIn(), range: 'bytes=5-14' }),
      askHttp2(session, 'GET', content, signedIn()),
      askHttp2(session, 'HEAD', content, signedIn()),
      askHttp2(session, 'GET', '/api/v1/entries/nothing', signedIn()),
      askHttp2(session, 'GET', content),
    ]);
    assert.deepEqual([part.status, part.text], [206, 'x'.repeat(10)]);
    assert.equal(whole.text.length, large.length);
    assert.deepEqual(
      [head.status, head.headers['content-length'], head.text],
      [200, String(large.length), ''],
    );
    assert.deepEqual([none.status, foreign.status], [404, 401]);
    session.close();
  });

  it('signs in, with a cookie in several fields, and takes a foreign page and a foreign name for what they are', async () => {
    const session = await open();
    const json = { 'content-type': 'application/json' };
    const body = JSON.stringify({ username: 'anna', password: 'correct horse' });
    const login = await askHttp2(session, 'POST', '/api/v1/auth/login', json, body);
    assert.equal(g.front.callers.at(-1), '127.0.0.1', 'the address of the client is counted');
    const [cookie = ''] = login.headers['set-cookie']?.[0]?.split(';') ?? [];
    const { proof } = JSON.parse(login.text) as { proof: string };
    const own = { 'x-peerstor': proof, cookie: ['other=1', cookie] };
    assert.equal((await askHttp2(session, 'GET', '/api/v1/auth/me', own)).status, 200);
    const ask = async (headers: Record<string, string>) =>
      (await askHttp2(session, 'POST', '/api/v1/auth/logout', { ...own, ...json, ...headers }, '{}')).status;
    assert.equal(await ask({ origin: 'https://evil.example' }), 403);
    const foreign = await askHttp2(session, 'GET', '/healthz', { ':authority': 'evil.example' });
    assert.match(foreign.text, /unknown-host/);
    const two = { ':authority': 'localhost', host: 'evil.example' };
    assert.equal((await askHttp2(session, 'GET', '/healthz', two)).status, 400);
    session.close();
  });

  it('leaves WebSocket to a connection of HTTP/1.1 beside it', async () => {
    const session = await open();
    const socket = connect({
      ...{ host: '127.0.0.1', port: g.port, servername: 'localhost', ca: authority.certificate },
      ALPNProtocols: ['http/1.1'],
    });
    await once(socket, 'secureConnect');
    const { cookie, 'x-peerstor': proof } = signedIn();
    const webSocket = new RawWebSocket(socket, '/api/v1/events', {
      ...{ Host: `localhost:${g.port}`, Cookie: cookie },
      'Sec-WebSocket-Protocol': `peerstor, ${proof}`,
    });
    assert.match(await webSocket.answer, /^HTTP\/1\.1 101 /);
    assert.equal((await askHttp2(session, 'GET', '/healthz')).status, 200);
    socket.destroy();
    session.close();
  });

  it('answers a body that it does not want at once, and goes on', async () => {
    const session = await open();
    const stream = session.request({ ':method': 'PUT', ':path': '/api/v1/path/a.txt' }, { endStream: false });
    stream.on('error', () => undefined);
    stream.write(Buffer.alloc(64 * 1024));
    const refused = await answerOf(stream);
    assert.equal(refused.status, 401);
    assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
    for (let round = 0; round < 40; round += 1) {
      const again = session.request(
        { ':method': 'PUT', ':path': '/api/v1/path/a.txt' },
        { endStream: false },
      );
      again.on('error', () => undefined);
      again.write(Buffer.alloc(256 * 1024));
      assert.equal((await answerOf(again)).status, 401, `refusal ${round}`);
    }
    assert.equal((await askHttp2(session, 'GET', '/healthz')).status, 200);
    session.close();
  });

  it('keeps nothing of an upload that is taken back, or whose connection is cut', async () => {
    for (const cut of ['taken back', 'taken back as if nothing was wrong', 'cut'] as const) {
      const socket = await connectRaw(g.port, authority.certificate);
      const path = `/api/v1/path/${cut.replaceAll(' ', '-')}.txt`;
      const head = { ':method': 'PUT', ':scheme': 'https', ':path': path, ':authority': 'localhost' };
      const before = g.drive.receivedBytes;
      socket.write(frame(1, 4, 1, fields({ ...head, ...signedIn() })));
      socket.write(frame(0, 0, 1, Buffer.alloc(10_000)));
      await g.drive.received(before + 10_000);
      g.drive.uploadErrors.length = 0;
      const code = cut === 'taken back' ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_NO_ERROR;
      if (cut === 'cut') socket.destroy();
      else socket.write(frame(3, 0, 1, Buffer.from([0, 0, 0, code])));
      await until('the drive hears of it', () => isPeerstorError(g.drive.uploadErrors[0], 'aborted'));
      const session = await open();
      assert.equal((await askHttp2(session, 'GET', path, signedIn())).status, 404, cut);
      session.destroy();
      socket.destroy();
    }
  });

  it('leaves no file open of a page that is taken back before it comes', {
    skip: seesOpenFiles(),
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerstor-taken-back-'));
    const file = join(await realpath(folder), 'large.js');
    await writeFile(file, Buffer.alloc(4 * 1024 * 1024, 'x'));
    const pages = await GatewayFixture.start({ certificates, webRoot: folder });
    try {
      const socket = await connectRaw(pages.port, authority.certificate);
      const head = { ':method': 'GET', ':scheme': 'https', ':path': '/large.js', ':authority': 'localhost' };
      const answered = async () => {
        const session = await connectHttp2(pages.port, authority.certificate);
        const { status } = await askHttp2(session, 'GET', '/large.js');
        session.destroy();
        return status;
      };
      for (let time = 0; time < 20; time += 1) {
        const id = 2 * time + 1;
        socket.write(
          Buffer.concat([frame(1, 5, id, fields(head)), frame(3, 0, id, Buffer.from([0, 0, 0, 8]))]),
        );
        if (time % 5 === 4) assert.equal(await answered(), 200);
      }
      await until('the file is closed', async () => {
        const open = await openTimes(file);
        return open === 0 || `it is open ${open} times`;
      });
      assert.equal(socket.destroyed, false, 'the connection that took back its requests is still there');
      socket.destroy();
    } finally {
      await pages.stop();
      await rm(folder, { recursive: true });
    }
  });

  it('ends the connection of who opens requests only to take them back', async () => {
    const socket = await connectRaw(g.port, authority.certificate);
    const asked = Buffer.from([0x82, 0x87, 0x84, 0x01, 1, 0x78]);
    const times = await flood(socket, 5000, (time) => {
      const id = 2 * time + 1;
      return Buffer.concat([frame(1, 5, id, asked), frame(3, 0, id, Buffer.from([0, 0, 0, 8]))]);
    });
    assert.ok(times < 5000, 'it was ended while requests went on');
    const other = await open();
    assert.equal((await askHttp2(other, 'GET', '/healthz')).status, 200);
    other.close();
  });

  it('says how many requests it takes at once, and refuses headers without an end', async () => {
    const session = await open();
    assert.equal(session.remoteSettings.maxConcurrentStreams, http2StreamsMax);
    assert.equal(session.remoteSettings.enableConnectProtocol, false);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, number) => [`x-${number}`, 'y']));
    assert.notEqual((await askHttp2(session, 'GET', '/healthz', many)).status, 200);
    session.close();
    const socket = await connectRaw(g.port, authority.certificate);
    socket.write(frame(1, 0, 1, Buffer.from([0x82, 0x87, 0x84])));
    // A field, again and again, and never the flag that ends the headers.
    const field = Buffer.concat([Buffer.from([0x00, 1, 0x78, 100]), Buffer.alloc(100, 'y')]);
    const block = Buffer.concat(Array.from({ length: 100 }, () => field));
    const timesMax = (20 * headerBytesMax) / block.length;
    assert.ok((await flood(socket, timesMax, () => frame(9, 0, 1, block))) < timesMax);
  });

  it('closes a connection without a request after a while, and every connection when it stops', async () => {
    const clock = new ManualClock();
    const own = await GatewayFixture.start({ certificates, clock });
    const idle = await connectHttp2(own.port, authority.certificate);
    assert.equal((await askHttp2(idle, 'GET', '/healthz')).status, 200);
    await until('the idle connection is closed', () => {
      clock.advance(http2IdleMs);
      return idle.closed;
    });
    const busy = await connectHttp2(own.port, authority.certificate);
    const stopped = own.stop();
    await until('the stop cuts what is left', () => {
      clock.advance(5000);
      return busy.destroyed;
    });
    await stopped;
  });
});

function seesOpenFiles(): string | false {
  return existsSync('/proc/self/fd') ? false : 'this system does not tell which files are open';
}

/** How many descriptors of this process are of a file. */
async function openTimes(file: string): Promise<number> {
  const all = await readdir('/proc/self/fd');
  const paths = await Promise.all(all.map((fd) => readlink(join('/proc/self/fd', fd)).catch(() => '')));
  return paths.filter((path) => path === file).length;
}
