import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { createGatewayApp } from '../../../src/http/gateway-app.ts';
import type { EntryView } from '../../../src/model/api.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { entryId } from '../../../src/model/ids.ts';
import { silentLog } from '../../../src/model/log.ts';
import { FakeDeviceFront } from '../../support/fake-device-front.ts';
import { GatewayFixture, sessionHeaders } from '../gateway-fixture.ts';

describe('the figures of a device', () => {
  let app: FastifyInstance;
  const front = new FakeDeviceFront();
  before(async () => {
    const context = { front, clock: systemClock, log: silentLog, maxUploadBytes: 1 };
    app = await createGatewayApp(context, { webRoot: undefined });
  });
  after(() => app.close());

  const ask = async (remoteAddress: string, headers = {}) =>
    (await app.inject({ url: '/metrics', remoteAddress, headers })).statusCode;

  it('are given to this machine, by whatever loopback address', async () => {
    for (const address of ['127.0.0.1', '127.0.0.53', '::1', '::ffff:127.0.0.1']) {
      assert.equal(await ask(address), 200, address);
    }
  });

  it('tell of requests by door: how many, how they ended, how long they took, how many bytes', async () => {
    const g = await GatewayFixture.start();
    try {
      await g.put('/secret-name.txt', 'x'.repeat(100));
      const { id } = (await g.get('/api/v1/path/secret-name.txt')).json<EntryView>();
      await g.get(`/api/v1/entries/${id}/content`);
      await g.get('/api/v1/entries/secret-name');
      const { text } = await g.get('/metrics');
      assert.match(text, /^peerstor_http_requests_total\{door="api",status="4xx"\} 1$/m);
      assert.match(text, /^peerstor_http_received_bytes_total\{door="upload"\} 100$/m);
      assert.match(text, /^peerstor_http_sent_bytes_total\{door="download"\} [1-9]\d{2,}$/m);
      assert.match(text, /^peerstor_http_request_seconds_bucket\{door="upload",le="\+Inf"\} 1$/m);
      assert.doesNotMatch(text, /secret-name/);
      for (const line of text.trim().split('\n')) assert.match(line, /^(#|[a-z_]+(\{[^}]*\})? -?[\d.e+]+$)/);
    } finally {
      await g.stop();
    }
  });

  it('are not given to who reaches this machine through a proxy, or by a foreign name', async () => {
    for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'nas', 'nas.local:8080']) {
      assert.equal(await ask('127.0.0.1', { host }), 200, host);
    }
    for (const headers of [{ 'x-forwarded-for': '192.168.1.7' }, { forwarded: 'for=192.168.1.7' }]) {
      assert.equal(await ask('127.0.0.1', headers), 401, JSON.stringify(headers));
    }
    for (const host of ['rebound.example', '127.0.0.1.rebound.example:8080'])
      assert.equal(await ask('127.0.0.1', { host }), 421, host);
  });

  it('are given to others who show a session or a token, and to nobody else', async () => {
    const { session } = await front.accounts.setup('anna', 'correct horse');
    const root = entryId((await front.drive.root()).id);
    const wish = { name: 'prometheus', rights: 'view', entryId: root, expiresAtMs: null } as const;
    const { token } = await session.sharing.createToken(wish);
    for (const address of ['192.168.1.7', '::ffff:10.0.0.1', '2001:db8::127.0.0.1']) {
      assert.equal(await ask(address), 401, address);
      assert.equal(await ask(address, { authorization: 'Bearer guess' }), 401);
      assert.equal(await ask(address, { authorization: `Bearer ${token}` }), 200);
      assert.equal(await ask(address, sessionHeaders(session.secret)), 200);
    }
  });
});
