import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createGateway } from '../../src/http/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { silentLog } from '../../src/model/log.ts';
import { FakeDeviceFront } from '../support/fake-device-front.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { GatewayFixture, readAll } from './gateway-fixture.ts';
import { RawWebSocket } from './raw-websocket.ts';

describe('a gateway', { timeout: 600_000 }, () => {
  it('says EADDRINUSE for a taken port, and works on another', async () => {
    const first = await GatewayFixture.start();
    const options = { front: new FakeDeviceFront(), webRoot: undefined, log: silentLog, clock: systemClock };
    const second = createGateway({ ...options, host: '127.0.0.1', port: first.port });
    await assert.rejects(second.start(), { code: 'EADDRINUSE' });
    await second.stop();
    const third = createGateway({ ...options, host: '127.0.0.1', port: 0 });
    assert.notEqual((await third.start()).port, first.port);
    await third.stop();
    await first.stop();
  });

  it('closes a connection whose headers do not end, with an answer', async () => {
    const g = await GatewayFixture.start({ headersWaitMs: 100 });
    for (const begun of ['GET /healthz HTTP/1.1\r\nHost: x\r\nX-', 'GET']) {
      const socket = g.connect();
      socket.write(begun);
      assert.match(await readAll(socket), /^HTTP\/1\.1 408 .*request-timeout/s);
    }
    await g.stop();
  });

  it('starts and stops as often as it is told', async () => {
    const g = await GatewayFixture.start();
    assert.deepEqual(await g.gateway.start(), { host: '127.0.0.1', port: g.port });
    await g.stop();
    await g.stop();
    await assert.rejects(g.get('/healthz'), /ECONNREFUSED/);
    g.port = (await g.gateway.start()).port;
    assert.equal((await g.get('/healthz')).status, 200);
    await g.stop();
  });

  it('stops although uploads run and pages listen, and the drive hears that they were cut', async () => {
    const clock = new ManualClock();
    const g = await GatewayFixture.start({ clock });
    const page = new RawWebSocket(g.connect(), '/api/v1/events', g.signedIn);
    await page.answer;
    const idle = g.connect();
    await once(idle, 'connect');
    const socket = g.connect();
    socket.write(g.head('PUT /api/v1/path/running.bin', 'Content-Length: 1000'));
    socket.write('some');
    await g.drive.received(4);
    const closed = readAll(socket);
    const stopped = g.stop();
    await turn();
    clock.advance(3000);
    await stopped;
    await closed;
    idle.destroy();
    assert.ok(isPeerstorError(g.drive.uploadErrors[0], 'aborted'));
    assert.deepEqual(g.drive.names(), []);
  });
});
