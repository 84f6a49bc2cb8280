/** Real devices: draining, removing, and changes of the network secret. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { AuditView, DeviceView, ImpactView, Page } from '../../src/model/api.ts';
import { heldChunks } from '../store/segments-on-disk.ts';
import { until } from '../support/until.ts';
import {
  type ApiAnswer,
  allConnected,
  DeviceProcess,
  pair,
  randomStream,
  startThree,
} from './device-process.ts';
import { allConnectedSeenBy, devicesOf, epochOf, healthz, runFacts, three } from './membership.ts';

const MiB = 1024 * 1024;

describe('a device that alone has some chunks', { timeout: 600_000 }, () => {
  const folders: string[] = [];
  let devices: DeviceProcess[] = [];
  /** The thief's copy: the home as it was before the removal. */
  let stolen = '';

  before(async () => {
    const small = async (name: string) => {
      const folder = await mkdtemp(join(tmpdir(), `peerstor-small-${name}-`));
      folders.push(folder);
      return DeviceProcess.start({ name, args: ['--storage', `${folder}=1M`] });
    };
    devices = [await small('a'), await small('b'), await DeviceProcess.start({ name: 'big' })];
    const [a, b, big] = three(devices);
    await a.setup();
    for (const other of [b, big]) {
      await pair(a, other);
      await until(`${other.name} can sign in`, async () => (await other.login()).status === 200);
    }
    await allConnected(devices);
    await big.put('/film.mkv', randomStream(8 * MiB, 'film'), '?copies=accepted');
  });
  after(async () => {
    await Promise.all(devices.map((device) => device.remove()));
    for (const folder of [...folders, stolen].filter(Boolean)) await rm(folder, { recursive: true });
  });

  it('shows before its removal what would be lost, by number and name', async () => {
    const [a, , big] = three(devices);
    await until('the others know what only big has', async () => {
      const impact = await a.must<ImpactView>('GET', `/api/v1/devices/${big.ready.deviceId}/impact`);
      return (impact.lostChunks > 0 && impact.entries[0]?.name === 'film.mkv') || JSON.stringify(impact);
    });
    const impact = await a.must<ImpactView>('GET', `/api/v1/devices/${big.ready.deviceId}/impact`);
    assert.ok(impact.lostBytes > 4 * MiB && impact.lostVersions === 1, JSON.stringify(impact));
  });

  it('is drained: every device shows it, and it can be taken back', async () => {
    const [a, b, big] = three(devices);
    const path = `/api/v1/devices/${big.ready.deviceId}/drain`;
    const drained = await a.must<DeviceView>('POST', path);
    assert.equal(drained.state, 'draining');
    await until('b shows it', async () => stateOf(b, big));
    const impact = await a.must<ImpactView>('GET', `/api/v1/devices/${big.ready.deviceId}/impact`);
    assert.ok(impact.bytesLeft > 4 * MiB, 'the others have no room for it');
    const back = await a.must<DeviceView>('DELETE', path);
    assert.equal(back.state, 'active');
  });

  it('is not removed unless the admin accepts the loss', async () => {
    const [a, , big] = three(devices);
    const answer = await a.api<{ code: string; detail: string }>(
      'DELETE',
      `/api/v1/devices/${big.ready.deviceId}`,
    );
    assert.equal(answer.status, 409, JSON.stringify(answer.body));
    assert.equal(answer.body.code, 'conflict');
    assert.match(
      answer.body.detail,
      /chunks of 1 file are only on big: drain that device first, or remove it with --lost/,
    );
    assert.equal((await devicesOf(a)).length, 3);
  });

  it('forgets the network when it is removed, and keeps its copies', async () => {
    const [a, b, big] = three(devices);
    const { deviceId } = big.ready;
    stolen = await mkdtemp(join(tmpdir(), 'peerstor-stolen-'));
    await big.stop();
    await cp(big.home, stolen, { recursive: true });
    await big.start();
    await allConnected(devices);
    const chunks = await chunksIn(big.home);
    assert.ok(chunks > 0);
    await b.stop();
    const answer = await a.api('DELETE', `/api/v1/devices/${deviceId}?lost=true`);
    assert.equal(answer.status, 204, JSON.stringify(answer.body));
    await until('it has no network', async () => (await healthz(big)).networkId === null);
    await until('its keys are gone', async () => !existsSync(join(big.home, 'network.key')));
    assert.ok(!existsSync(join(big.home, 'db', 'catalog')));
    assert.equal((await big.api('GET', '/api/v1/auth/me')).status, 401);
    assert.equal((await big.must<{ needed: boolean }>('GET', '/api/v1/setup')).needed, true);
    assert.notEqual((await healthz(big)).deviceId, deviceId, 'it is another device now');
    assert.equal(await chunksIn(big.home), chunks);
    assert.match(big.stderr, /removed from its network/);
    const { items } = await a.must<Page<AuditView>>('GET', '/api/v1/audit?limit=50');
    assert.ok(items.some(({ event, username }) => event === 'device-removed' && username === 'anna'));
  });

  it('leaves one that was off with the old secret, which lets it in within the overlap and is replaced', async () => {
    const [a, b] = three(devices);
    assert.deepEqual([await epochOf(a), await epochOf(b)], [1, 0]);
    await b.start();
    await allConnected([a, b]);
    await until('b uses the new secret', async () => (await epochOf(b)) === 1);
  });

  it('does not come back: not after a restart, not from a copy of its home', async () => {
    const [a, b, big] = three(devices);
    await big.stop();
    await big.start();
    assert.equal((await healthz(big)).networkId, null);
    assert.ok(existsSync(join(stolen, 'network.key')), 'it has all keys that it needs');
    const thief = await DeviceProcess.start({ name: 'thief', home: stolen });
    try {
      await until('the others told it so', async () => (await healthz(thief)).networkId === null);
    } finally {
      await thief.stop();
    }
    for (const device of [a, b]) assert.equal((await devicesOf(device)).length, 2);
  });

  it('leaves the others together, after a restart too, and may join as a new device', async () => {
    const [a, b, big] = three(devices);
    await allConnected([a, b]);
    await Promise.all([a.stop(), b.stop()]);
    await Promise.all([a.start(), b.start()]);
    await allConnected([a, b]);
    await pair(a, Object.assign(big, { ready: { ...big.ready, setupCode: await setupCodeOf(big) } }));
    await allConnectedSeenBy(a, 3);
  });
});

describe('a device that is emptied', { timeout: 600_000 }, () => {
  let devices: DeviceProcess[] = [];
  after(() => Promise.all(devices.map((device) => device.remove())));

  it('shows how much is left on it, and can be removed without loss when nothing is left', async () => {
    const tune = { presenceStableMs: 500, copiesWanted: 2, heartbeatMs: 1000 };
    devices = await startThree(tune);
    const [a, , c] = three(devices);
    await c.put('/film.mkv', randomStream(8 * MiB, 'film'), '?copies=full&wait=60');
    const path = `/api/v1/devices/${c.ready.deviceId}`;
    const impact = () => a.must<ImpactView>('GET', `${path}/impact`);
    await until('a knows what c has', async () => (await impact()).thinBytes > 0);
    const { bytesLeft } = await impact();
    assert.ok(bytesLeft > 4 * MiB, String(bytesLeft));
    await a.must('POST', `${path}/drain`);
    await until('nothing is left', async () => {
      const left = await impact();
      return left.bytesLeft === 0 || JSON.stringify(left);
    });
    assert.equal((await a.api('DELETE', path)).status, 204);
    await until('c has no network', async () => (await healthz(c)).networkId === null);
    const { chunks } = await a.health();
    assert.equal(chunks.byCopies['2'], chunks.total);
    assert.ok(chunks.total > 0);
  });
});

describe('a device that only keeps copies', { timeout: 600_000 }, () => {
  let devices: DeviceProcess[] = [];
  after(() => Promise.all(devices.map((device) => device.remove())));

  it('takes copies, and nobody signs in on it', async () => {
    const a = await DeviceProcess.start({ name: 'a' });
    const box = await DeviceProcess.start({ name: 'box' });
    devices = [a, box];
    await a.setup();
    const { code } = await a.must<{ code: string }>('POST', '/api/v1/pairing', { json: {} });
    await box.must('POST', '/api/v1/pairing/join', {
      json: { setupCode: box.ready.setupCode, code, address: a.address, storageOnly: true },
    });
    const refused = (await box.login()) as ApiAnswer<{ code: string; detail: string }>;
    assert.equal(refused.status, 403, JSON.stringify(refused.body));
    assert.match(refused.body.detail, /only keeps copies/);
    const entry = await a.put('/film.mkv', randomStream(2 * MiB, 'film'), '?copies=safe&wait=60');
    assert.equal(entry.safety?.level, 'safe');
  });

  it('serves links that nothing counts, and makes no account', async () => {
    const [a, box] = two(devices);
    const note = await a.put('/note.txt', Buffer.from('for guests'));
    const link = async (maxDownloads: number | null) => {
      const wish = { entryId: note.id, maxDownloads };
      const { path } = await a.must<{ path: string }>('POST', '/api/v1/shares', { json: wish });
      await until('the link is known', async () => (await box.api('GET', `${path}/api`)).status === 200);
      return `${path}/dl`;
    };
    assert.equal(await box.must('GET', await link(null)), 'for guests');
    const counted = (await box.api('GET', await link(5))) as ApiAnswer<{ code: string }>;
    assert.deepEqual([counted.status, counted.body.code], [403, 'forbidden']);
    const { invite } = await a.must<{ invite: string }>('POST', '/api/v1/invites', { json: {} });
    const json = { invite, username: 'bob', password: 'another password' };
    const made = (await box.api('POST', '/api/v1/auth/register', { json })) as ApiAnswer<{ code: string }>;
    assert.deepEqual([made.status, made.body.code], [403, 'forbidden']);
  });

  it('takes the name that an admin gives it on another device, and its set-up code is used up', async () => {
    const [a, box] = two(devices);
    await a.must('PATCH', `/api/v1/devices/${box.ready.deviceId}`, { json: { name: 'attic' } });
    await until('it knows', async () => (await healthz(box)).deviceName === 'attic');
    const json = { setupCode: box.ready.setupCode, code: '12345678', address: a.address };
    const again = (await box.api('POST', '/api/v1/pairing/join', { json })) as ApiAnswer<{ code: string }>;
    assert.deepEqual([again.status, again.body.code], [403, 'wrong-setup-code']);
  });

  it('hears when an admin removes the device on which they are signed in', async () => {
    const [a, box] = two(devices);
    const answer = await a.api('DELETE', `/api/v1/devices/${a.ready.deviceId}?lost=true`);
    assert.equal(answer.status, 204, JSON.stringify(answer.body));
    await until('a has no network', async () => (await healthz(a)).networkId === null);
    await until('box heard of it before', async () => (await epochOf(box)) === 1);
  });
});

function two([a, b]: DeviceProcess[]): [DeviceProcess, DeviceProcess] {
  assert.ok(a && b);
  return [a, b];
}

async function stateOf(device: DeviceProcess, of: DeviceProcess): Promise<boolean | string> {
  const view = (await devicesOf(device)).find(({ id }) => id === of.ready.deviceId);
  return view?.state === 'draining' || String(view?.state);
}

async function setupCodeOf(device: DeviceProcess): Promise<string> {
  return (await runFacts(device)).setupCode;
}

async function chunksIn(home: string): Promise<number> {
  return (await heldChunks(join(home, 'volume'))).size;
}
