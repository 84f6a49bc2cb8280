/** What a person sees when something goes wrong on real devices. Each answer says what to do. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { chunkRecords, flipOnDisk, heldChunks } from '../store/segments-on-disk.ts';
import { until } from '../support/until.ts';
import { allConnected, DeviceProcess, hashOf, pair, randomStream, startThree } from './device-process.ts';

const run = promisify(execFile);
const bin = new URL('../../bin/peerstor.js', import.meta.url).pathname;
const MiB = 1024 * 1024;

interface Problem {
  status: number;
  code: string;
  detail: string;
}

/** Runs the command line; resolves with exit code and output, whatever happens. */
async function cli(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, [bin, ...args], {
      env: { ...process.env, ...env },
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, stdout: failed.stdout, stderr: failed.stderr };
  }
}

describe('a device alone', { timeout: 600_000 }, () => {
  let device: DeviceProcess;
  before(async () => {
    device = await DeviceProcess.start({ name: 'alone' });
  });
  after(() => device.remove());

  it('refuses a wrong set-up code and says where the right one is', async () => {
    const answer = await device.api<Problem>('POST', '/api/v1/setup', {
      json: { setupCode: 'nope', username: 'anna', password: 'correct horse battery' },
    });
    assert.equal(answer.status, 403);
    assert.equal(answer.body.code, 'wrong-setup-code');
    assert.match(String(answer.headers['content-type']), /application\/problem\+json/);
    await device.setup();
  });

  it('answers accepted within a few seconds when there is no second device, and says so', async () => {
    const entry = await device.put('/only.bin', randomBytes(3 * MiB));
    assert.deepEqual(entry.safety, { level: 'accepted', copies: 1, wanted: 3 });
    const health = await device.health();
    assert.match(health.sentence, /1 of 3|add a device/i);
  });

  it('refuses a wrong password, also for a name that does not exist, with the same words', async () => {
    const wrong = await device.login({ username: 'anna', password: 'wrong horse battery' });
    const unknown = await device.login({ username: 'bert', password: 'wrong horse battery' });
    assert.equal(wrong.status, 401);
    assert.deepEqual(wrong.body, unknown.body);
  });

  it('makes an address wait after too many wrong passwords', async () => {
    let last = 0;
    let retryAfter: unknown;
    for (let n = 0; n < 10 && last !== 429; n++) {
      const answer = await device.login({ username: 'anna', password: `wrong ${n} battery` });
      last = answer.status;
      retryAfter = answer.headers['retry-after'];
    }
    assert.equal(last, 429);
    assert.ok(Number(retryAfter) > 0);
  });

  it('answers 404 for an unknown id, 405 with Allow for a wrong method, 401 without a session', async () => {
    const missing = await device.api<Problem>('GET', `/api/v1/entries/${'0'.repeat(32)}`);
    assert.equal(missing.status, 404);
    assert.equal((await device.api<Problem>('GET', '/api/v1/entries/not-an-id')).status, 404);
    const method = await device.api<Problem>('PUT', '/api/v1/entries/root');
    assert.equal(method.status, 405);
    assert.match(String(method.headers.allow), /GET/);
    assert.equal((await device.api<Problem>('GET', '/api/v1/entries/root', { anonymous: true })).status, 401);
  });

  it('refuses a JSON body that is too large with 413', async () => {
    const answer = await device.api<Problem>('POST', '/api/v1/entries', {
      json: { name: 'x'.repeat(2 * MiB) },
    });
    assert.equal(answer.status, 413);
  });

  it('refuses a second process on the same home and says who holds it', async () => {
    const second = await cli([
      'start',
      '--home',
      device.home,
      '--port',
      '0',
      '--host',
      '127.0.0.1',
      '--no-mdns',
    ]);
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`^peerstor: .*${device.pid}`, 'm'));
  });

  it('refuses a wrong PEERSTOR_TUNE, naming what is wrong', async () => {
    const started = await cli(['start', '--home', `${device.home}-x`], { PEERSTOR_TUNE: '{"copyWanted":2}' });
    assert.equal(started.code, 1);
    assert.match(started.stderr, /PEERSTOR_TUNE.*copyWanted/);
  });

  it('exits 2 for wrong usage and 1 with one line for a failure', async () => {
    assert.equal((await cli(['putt'])).code, 2);
    const failed = await cli(['ls', '/', '--home', `${device.home}-nobody`]);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /^peerstor: .*\n$/);
  });

  it('stops cleanly on SIGTERM and keeps its session, drive and files over the restart', async () => {
    assert.equal(await device.stop('SIGTERM'), 0);
    await device.start();
    assert.equal((await device.entryAt('/only.bin')).size, 3 * MiB);
    assert.equal(device.ready.setupCode, null);
  });
});

describe('a tiny volume', { timeout: 600_000 }, () => {
  it('answers 507 when it is full, keeps what it acknowledged and lists nothing half-made', async () => {
    const device = await DeviceProcess.start({ name: 'tiny' });
    await device.stop();
    device.settings.args = ['--storage', `${device.home}/small=8M`];
    await device.start();
    try {
      await device.setup();
      await device.put('/first.bin', randomStream(2 * MiB, 'first'));
      const answer = await device.api<Problem>('PUT', '/api/v1/path/second.bin', {
        body: randomStream(40 * MiB, 'second'),
      });
      assert.equal(answer.status, 507, JSON.stringify(answer.body));
      assert.equal(answer.body.code, 'disk-full');
      assert.equal((await device.hashAt('/first.bin')).sha256, await hashOf(randomStream(2 * MiB, 'first')));
      assert.equal((await device.api('GET', '/api/v1/path/second.bin')).status, 404);
    } finally {
      await device.remove();
    }
  });
});

describe('three devices with trouble', { timeout: 600_000 }, () => {
  let devices: DeviceProcess[] = [];
  before(async () => {
    devices = await startThree();
  });
  after(() => Promise.all(devices.map((device) => device.remove())));

  it('never serves a corrupted blob: the read goes to another device and stays right', async () => {
    const [a, b] = devices as [DeviceProcess, DeviceProcess];
    await a.put('/photo.raw', randomStream(6 * MiB, 'photo'), '?copies=full&wait=30');
    const expected = await hashOf(randomStream(6 * MiB, 'photo'));
    await until('b lists it', async () => (await b.entryAt('/photo.raw')).size === 6 * MiB);
    const volume = join(b.home, 'volume');
    for (const chunk of (await heldChunks(volume)).values()) await flipOnDisk(chunk);
    assert.equal((await b.hashAt('/photo.raw')).sha256, expected);
    const dead = (await chunkRecords(volume)).filter(({ state }) => state === 'dead');
    assert.ok(dead.length > 0, 'bad copies are never served again');
  });

  it('survives junk on the libp2p port and on the page port', async () => {
    const [a] = devices as [DeviceProcess];
    const p2pPort = Number(/\/tcp\/(\d+)/.exec(a.ready.p2p[0] ?? '')?.[1] ?? (await p2pPortOf(a)));
    for (const port of [p2pPort, a.ready.port]) {
      for (const junk of [
        randomBytes(64 * 1024),
        Buffer.from('\x13/multistream/1.0.0\n\xff\xff\xff\xff\x7f'),
        Buffer.alloc(0),
      ]) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.resume();
        await once(socket, 'connect');
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.end(junk);
        await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 500))]);
        socket.destroy();
      }
    }
    assert.equal((await a.api('GET', '/healthz')).status, 200);
    await allConnected(devices);
  });

  it('voids a pairing code after three wrong tries and refuses a device that guessed', async () => {
    const [a] = devices as [DeviceProcess];
    const stranger = await DeviceProcess.start({ name: 'stranger' });
    try {
      const { code } = await a.must<{ code: string }>('POST', '/api/v1/pairing', { json: {} });
      const wrong = String((Number(code) + 1) % 100_000_000).padStart(8, '0');
      const tryJoin = (digits: string) =>
        stranger.api<Problem>('POST', '/api/v1/pairing/join', {
          json: { setupCode: stranger.ready.setupCode, code: digits, address: a.address },
        });
      assert.equal((await tryJoin(wrong)).body.code, 'wrong-pairing-code');
      assert.equal((await tryJoin(wrong)).body.code, 'wrong-pairing-code');
      assert.equal((await tryJoin(wrong)).status >= 400, true);
      const late = await tryJoin(code);
      assert.equal(late.body.code, 'pairing-closed', JSON.stringify(late.body));
      await pair(a, stranger);
      assert.equal((await stranger.api('GET', '/healthz')).status, 200);
    } finally {
      await stranger.remove();
    }
  });
});

async function p2pPortOf(device: DeviceProcess): Promise<number> {
  const { body } = await device.api<{ p2p: string[] }>('GET', '/healthz');
  return Number(/\/tcp\/(\d+)/.exec(body.p2p[0] ?? '')?.[1]);
}
