/** Nobody takes what all share: event sockets, downloads, requests without an account. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import {
  downloadsPerLink,
  eventSocketsPerSession,
  eventSocketsPerUser,
  publicRequestsPerMinute,
} from '../../../src/http/limits/http-limits.ts';
import { limitPublicRequests } from '../../../src/http/limits/public-requests.ts';
import { createSlots } from '../../../src/http/limits/slots.ts';
import type { ShareView } from '../../../src/model/api.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { assertProblem, GatewayFixture, sessionHeaders } from '../gateway-fixture.ts';
import { RawWebSocket } from '../raw-websocket.ts';

const isTooMany = (error: unknown) => isPeerstorError(error, 'too-many-tries');

describe('slots', () => {
  it('are taken under all limits or none, and given back once', () => {
    const slots = createSlots();
    const one = { key: 'one', max: 1 };
    const all = { key: 'all', max: 2 };
    const free = slots.take([one, all], 'too many');
    assert.throws(() => slots.take([all, one], 'too many'), isTooMany);
    slots.take([{ key: 'other', max: 1 }, all], 'too many');
    assert.throws(() => slots.take([all], 'too many'), isTooMany);
    free();
    free();
    slots.take([all], 'too many');
    assert.throws(() => slots.take([all], 'too many'), isTooMany);
  });
});

describe('shared limits of a gateway', { timeout: 30_000 }, () => {
  it('one session or one user cannot take the event sockets of the others', async () => {
    const g = await GatewayFixture.start();
    g.front.addMember('ben', 'other password');
    const ben = sessionHeaders((await g.front.accounts.login('ben', 'other password', '')).secret);
    const sockets: RawWebSocket[] = [];
    const listen = (headers: Record<string, string>) => {
      const socket = new RawWebSocket(g.connect(), '/api/v1/events', headers);
      sockets.push(socket);
      return socket.answer;
    };
    for (let count = 0; count < eventSocketsPerSession; count += 1)
      assert.match(await listen(g.signedIn), /^HTTP\/1\.1 101 /);
    assert.match(await listen(g.signedIn), /^HTTP\/1\.1 429 /);
    for (let open = eventSocketsPerSession; open < eventSocketsPerUser; ) {
      const again = sessionHeaders((await g.front.accounts.login('anna', 'correct horse', '')).secret);
      for (let count = 0; count < eventSocketsPerSession; count += 1, open += 1)
        assert.match(await listen(again), /^HTTP\/1\.1 101 /);
    }
    const another = sessionHeaders((await g.front.accounts.login('anna', 'correct horse', '')).secret);
    assert.match(await listen(another), /^HTTP\/1\.1 429 /);
    assert.match(await listen(ben), /^HTTP\/1\.1 101 /);
    for (const socket of sockets) socket.destroy();
    await g.stop();
  });

  it('downloads of one link that nobody reads are bounded, and end with their connections', async () => {
    const g = await GatewayFixture.start();
    const entry = await g.put('/large.bin', Buffer.alloc(8 * 1024 * 1024, 1));
    const share = (await g.ask('POST', '/api/v1/shares', { json: { entryId: entry.id } })).json<ShareView>();
    const path = `${share.path}/dl`;
    const open: Socket[] = [];
    for (let count = 0; count < downloadsPerLink; count += 1) {
      const socket = g.connect();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await once(socket, 'readable');
      open.push(socket);
    }
    const refused = await g.ask('GET', path, { anonymous: true });
    assertProblem(refused, 'too-many-tries');
    assert.ok(Number(refused.headers['retry-after']) > 0);
    assert.equal((await g.get(`/api/v1/entries/${entry.id}/content`)).status, 200);
    const ended = open.map((socket) => once(socket, 'close'));
    for (const socket of open) socket.destroy();
    await Promise.all(ended);
    for (;;) {
      const answer = await g.ask('GET', path, { anonymous: true });
      if (answer.status === 200) break;
      assertProblem(answer, 'too-many-tries');
    }
    await g.stop();
  });

  it('one address has one limit for all public routes, and another address its own', () => {
    const clock = new ManualClock();
    const count = limitPublicRequests(clock);
    for (let asked = 0; asked < publicRequestsPerMinute; asked += 1) count('192.0.2.1');
    assert.throws(
      () => count('192.0.2.1'),
      (error) => isTooMany(error) && isPeerstorError(error) && error.details.retryAfterS === 60,
    );
    count('192.0.2.2');
    clock.advance(60_000);
    count('192.0.2.1');
  });
});
