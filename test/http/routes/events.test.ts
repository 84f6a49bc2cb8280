import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { EventView } from '../../../src/model/api.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { assertProblem, GatewayFixture } from '../gateway-fixture.ts';
import { RawWebSocket } from '../raw-websocket.ts';

const path = '/api/v1/events';

describe('events', { timeout: 600_000 }, () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start();
  });
  after(() => g.stop());

  const page = (fixture = g): Record<string, string> => fixture.signedIn;
  const listen = (headers: Record<string, string>, fixture = g) =>
    new RawWebSocket(fixture.connect(), path, headers);
  async function open(headers: Record<string, string> = page(), fixture = g) {
    const socket = listen(headers, fixture);
    assert.match(await socket.answer, /^HTTP\/1\.1 101 /);
    return socket;
  }

  /** A page that had events up to `since`. */
  const againAfter = (since: number, fixture = g) => ({
    async next(count: number) {
      const socket = new RawWebSocket(fixture.connect(), `${path}?since=${since}`, page(fixture));
      assert.match(await socket.answer, /^HTTP\/1\.1 101 /);
      const events: (EventView | undefined)[] = [];
      while (events.length < count) events.push(await socket.next<EventView>());
      return { events, socket };
    },
  });

  it('are told to a session only', async () => {
    const refused = await listen({}).answer;
    assert.match(refused, /^HTTP\/1\.1 401 .*application\/problem\+json.*not-signed-in/s);
    const { cookie } = g.signedIn;
    assert.match(await listen({ cookie }).answer, /^HTTP\/1\.1 401 /);
    const wrong = { cookie, 'Sec-WebSocket-Protocol': 'peerstor, wrong-proof' };
    assert.match(await listen(wrong).answer, /^HTTP\/1\.1 401 /);
  });

  it('are told to our own page, by its cookie and the proof among its subprotocols, and to no other', async () => {
    const { cookie, 'x-peerstor': proof } = g.signedIn;
    const own = { cookie, 'Sec-WebSocket-Protocol': `peerstor, ${proof}` };
    for (const Origin of ['http://evil.example', 'http://device.local:8081', 'null']) {
      assert.match(await listen({ ...own, Origin }).answer, /^HTTP\/1\.1 403 .*"code":"forbidden"/s);
    }
    const socket = await open({ ...own, Origin: 'http://device.local:8080' });
    const answer = await socket.answer;
    assert.match(answer, /sec-websocket-protocol: peerstor\r\n/i);
    assert.ok(!answer.includes(proof), 'the proof is not said again');
    socket.destroy();
    const alone = await open({ cookie, 'Sec-WebSocket-Protocol': proof });
    alone.destroy();
  });

  it('say which entries changed, gathered, with a growing number', async () => {
    const socket = await open();
    const entry = await g.put('/changed.txt', 'x');
    const first = await socket.next<EventView>();
    assert.deepEqual([first?.topic, first?.ids], ['entries', [entry.id]]);
    await g.put('/changed.txt', 'y');
    const second = await socket.next<EventView>();
    assert.ok((second?.rev ?? 0) > (first?.rev ?? 0));
    socket.destroy();
  });

  it('say what changed on the device, but not which entries of others', async () => {
    const socket = await open();
    g.front.emit('entries', ['of-another-user']);
    g.front.emit('devices', ['d1']);
    g.front.emit('devices', ['d2']);
    g.front.emit('health', []);
    const told = [await socket.next<EventView>(), await socket.next<EventView>()];
    assert.deepEqual(
      told.map((event) => [event?.topic, event?.ids]),
      [
        ['devices', ['d1', 'd2']],
        ['health', []],
      ],
    );
    socket.destroy();
  });

  it('come in messages of bounded size', async () => {
    const socket = await open();
    g.front.emit(
      'system',
      Array.from({ length: 1001 }, (_, n) => String(n)),
    );
    const sizes = [];
    for (let n = 0; n < 3; n += 1) sizes.push((await socket.next<EventView>())?.ids.length);
    assert.deepEqual(sizes, [500, 500, 1]);
    socket.destroy();
  });

  it('end for a page that sends too large a frame', async () => {
    const socket = await open();
    socket.sendFrame(65 * 1024);
    assert.equal(await socket.next(), undefined);
    assert.equal(socket.closeCode, 1009);
  });

  it('end when the session ends, and for a page that no longer answers', async () => {
    const clock = new ManualClock();
    const own = await GatewayFixture.start({ clock });
    const gone = await open(page(own), own);
    await turn();
    clock.advance(30_000);
    await turn();
    // The raw client answers no ping.
    clock.advance(30_000);
    assert.equal(await gone.next(), undefined);
    assert.equal(gone.closeCode, undefined);

    const signedOut = await open(page(own), own);
    await turn();
    await own.front.accounts.logout(own.secret);
    await turn();
    own.front.emit('devices', ['not-for-them']);
    clock.advance(50);
    assert.equal(await signedOut.next(), undefined);
    assert.equal(signedOut.closeCode, 4401);
    await own.stop();
  });

  it('that a page missed come when it reconnects with the last number that it had', async () => {
    const first = await open();
    g.front.emit('devices', ['seen']);
    const seen = await first.next<EventView>();
    const { next } = againAfter(seen?.rev ?? 0);
    first.destroy();
    const missed = await g.put('/missed.txt', 'x');
    g.front.emit('health', []);
    const { events, socket } = await next(2);
    assert.deepEqual(
      events.map((event) => [event?.topic, event?.ids]),
      [
        ['entries', [missed.id]],
        ['health', []],
      ],
    );
    // Once more, in one go: what it has now it does not get again.
    socket.destroy();
    g.front.emit('devices', ['later']);
    const again = await againAfter(events.at(-1)?.rev ?? 0).next(1);
    assert.deepEqual(again.events[0]?.ids, ['later']);
    again.socket.destroy();
  });

  it('that nobody kept are told as "all of it": after too many, of another process, and of a time to come', async () => {
    const clock = new ManualClock();
    const own = await GatewayFixture.start({ clock });
    const everything = [
      ['entries', []],
      ['uploads', []],
      ['transfers', []],
      ['devices', []],
      ['health', []],
    ];
    const told = async (since: number) => {
      const { events, socket } = await againAfter(since, own).next(5);
      socket.destroy();
      return events.map((event) => [event?.topic, event?.ids]);
    };
    assert.deepEqual(await told(12), everything, 'a number of another process');
    const page = await open(own.signedIn, own);
    await turn();
    own.front.emit('health', []);
    clock.advance(50);
    const rev = (await page.next<EventView>())?.rev ?? 0;
    for (let n = 0; n <= 200; n += 1) {
      own.front.emit('devices', [String(n)]);
      clock.advance(50);
    }
    assert.deepEqual(await told(rev), everything, 'more than are kept');
    assert.deepEqual(await told(rev + 1_000_000), everything, 'a number that is still to come');
    page.destroy();
    await own.stop();
  });

  it('are no plain web page', async () => {
    const answer = await g.get(path);
    assertProblem(answer, 'bad-request');
    assert.equal(answer.headers.upgrade, 'websocket');
    assert.equal((await g.ask('HEAD', path)).status, 405);
  });

  it('are the only address that is upgraded: other offers get a plain answer', async () => {
    const offer = ['Connection: Upgrade, close', 'Upgrade: h2c'];
    assert.match(await g.sendRaw(g.head('GET /healthz', ...offer)), /^HTTP\/1\.1 200 /);
    const elsewhere = ['Connection: Upgrade, close', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    assert.match(await g.sendRaw(g.head('GET /healthz', ...elsewhere)), /^HTTP\/1\.1 200 /);
  });
});
