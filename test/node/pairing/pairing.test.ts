import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { newSigningKey, randomBytes } from '../../../src/crypto/index.ts';
import type { AuditEvent } from '../../../src/model/contracts/audit.ts';
import type { OrderedStore } from '../../../src/model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { deviceId, networkId } from '../../../src/model/ids.ts';
import { defaultTunables, pairingTriesPerHour } from '../../../src/model/limits.ts';
import { joinByCode } from '../../../src/node/pairing/pairing-join.ts';
import { PairingLimits } from '../../../src/node/pairing/pairing-limits.ts';
import {
  type JoiningDevice,
  PairingWindow,
  toText,
  type Welcome,
} from '../../../src/node/pairing/pairing-window.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { coded } from '../../drive/errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const hourMs = 3_600_000;
const admin = newSigningKey();
const host = newSigningKey();
const joiner = newSigningKey();
const network = networkId('ab'.repeat(32));
const servers: Server[] = [];

describe('pairing', () => {
  after(() => {
    for (const server of servers) server.close();
  });

  it('pairing hands the network to a device that knows the code, and its record says what the device is', async () => {
    const w = world();
    const { code } = w.window.open(admin);
    const welcome = await w.join(code);
    assert.deepEqual(welcome, w.welcome);
    const [joined] = w.joined;
    assert.equal(joined?.name, 'Attic');
    assert.equal(joined?.storageOnly, true);
    assert.equal(joined?.sealingKey.length, 32);
    assert.deepEqual(
      w.noted.map(({ event }) => event),
      ['device-joined'],
    );
    await assert.rejects(w.join(code), coded('pairing-closed'));
  });

  it('pairing lets the admin choose that a device only stores copies, whatever the device asks for', async () => {
    for (const asked of [true, false]) {
      const w = world({ storageOnly: false });
      const { code } = w.window.open(admin, { storageOnly: asked });
      await w.join(code);
      assert.equal(w.joined[0]?.storageOnly, asked);
    }
  });

  it('pairing makes a device of another network send nothing that would make it a member', async () => {
    const w = world();
    const { code } = w.window.open(admin);
    await assert.rejects(w.join(code, networkId('cd'.repeat(32))), coded('already-in-network'));
    assert.deepEqual(w.joined, []);
  });

  it('pairing closes a window after three wrong codes, and ten thousand cost three computations', async () => {
    const w = world();
    const { code } = w.window.open(admin);
    let answered = 0;
    for (let guess = 0; guess < 10_000; guess += 1) {
      try {
        await w.window.exchange(startMessage(), '192.0.2.7');
        answered += 1;
      } catch (error) {
        assert.ok(isPeerstorError(error, 'pairing-closed'), String(error));
      }
    }
    assert.equal(answered, 3);
    await assert.rejects(w.join(code), coded('pairing-closed'));
  });

  it('pairing accepts only a limited number of wrong codes per hour, whatever is restarted', async () => {
    const w = world();
    let restarted = w;
    let wrong = 0;
    while (wrong < pairingTriesPerHour) {
      restarted.window.open(admin);
      await restarted.window.exchange(startMessage(), '192.0.2.7');
      wrong += 1;
      // The window ends with the process, the count does not.
      restarted = world({ store: w.store, clock: w.clock });
      await assert.rejects(restarted.window.exchange(startMessage(), '192.0.2.7'), coded('pairing-closed'));
      await w.clock.pass(60_000);
    }
    assert.throws(() => restarted.window.open(admin), coded('too-many-tries'));
    try {
      restarted.window.open(admin);
    } catch (error) {
      assert.ok(isPeerstorError(error));
      assert.equal(error.details.retryAfterS, (hourMs - pairingTriesPerHour * 60_000) / 1000);
    }
    await w.clock.pass(hourMs - pairingTriesPerHour * 60_000);
    const { code } = restarted.window.open(admin);
    assert.deepEqual(await restarted.join(code), w.welcome);
  });

  it('pairing refuses within an open window too when the hourly limit is reached', async () => {
    const w = world();
    for (let wrong = 0; wrong < pairingTriesPerHour - 1; wrong += 1) {
      w.window.open(admin);
      await w.window.exchange(startMessage(), '192.0.2.7');
    }
    const { code } = w.window.open(admin);
    await w.window.exchange(startMessage(), '192.0.2.7');
    await assert.rejects(w.join(code), coded('too-many-tries'));
  });

  it('pairing does not count the try of a device that joined', async () => {
    const w = world();
    for (let joined = 0; joined < 2 * pairingTriesPerHour; joined += 1) {
      const { code } = w.window.open(admin);
      await w.join(code);
    }
    assert.equal(w.joined.length, 2 * pairingTriesPerHour);
  });

  it('pairing does not wait longer than an hour because the clock was set back', async () => {
    const w = world();
    const ahead = new ManualClock(w.clock.wallMs() + 1000 * hourMs);
    const before = world({ store: w.store, clock: ahead });
    for (let wrong = 0; wrong < pairingTriesPerHour; wrong += 1) {
      before.window.open(admin);
      await before.window.exchange(startMessage(), '192.0.2.7');
    }
    const later = world({ store: w.store, clock: w.clock });
    assert.throws(() => later.window.open(admin), coded('too-many-tries'));
    await w.clock.pass(hourMs);
    later.window.open(admin);
  });

  it('pairing writes a wrong code to the audit log', async () => {
    const w = world();
    const { code } = w.window.open(admin);
    const other = code === '00000000' ? '00000001' : '00000000';
    await assert.rejects(w.join(other), coded('wrong-pairing-code'));
    assert.deepEqual(
      w.noted.map(({ event }) => event),
      ['pairing-refused'],
    );
  });
});

function world(given: { store?: OrderedStore; clock?: ManualClock; storageOnly?: boolean } = {}) {
  const store = given.store ?? new MemoryOrderedStore();
  const clock = given.clock ?? new ManualClock();
  const joined: JoiningDevice[] = [];
  const noted: AuditEvent[] = [];
  const welcome: Welcome = {
    networkId: network,
    networkSecret: new Uint8Array(32).fill(9),
    epoch: 4,
    genesis: new Uint8Array([1]),
    certificates: [new Uint8Array([2])],
    introductions: { [deviceId(host.principal)]: ['/ip4/127.0.0.1/tcp/1'] },
  };
  const window = new PairingWindow({
    self: { id: deviceId(host.principal), name: () => 'Kitchen' },
    networkId: () => network,
    welcome: async (device) => {
      joined.push(device);
      return welcome;
    },
    limits: new PairingLimits(store, clock),
    audit: { note: (event) => noted.push(event) },
    clock,
    tunables: defaultTunables,
  });
  return {
    store,
    clock,
    window,
    joined,
    noted,
    welcome,
    join: async (code: string, only?: typeof network) => {
      const address = await pageOf(window);
      const { storageOnly = self.storageOnly } = given;
      return joinByCode(code, address, joiner, { ...self, storageOnly }, only);
    },
  };
}

const self = {
  id: deviceId(joiner.principal),
  name: 'Attic',
  class: 'sleeper' as const,
  capacityBytes: 1000,
  place: '',
  storageOnly: true,
  sealingKey: new Uint8Array(32).fill(5),
};

function startMessage() {
  // A valid point is not needed: the try counts all the same. This one is the group's generator.
  const share = Buffer.from('e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76', 'hex');
  return {
    step: 'start',
    session: toText(randomBytes(16)),
    share: toText(share),
    device: { id: joiner.principal, name: 'Guesser' },
  };
}

/** The page of a device, as far as pairing goes. */
async function pageOf(window: PairingWindow): Promise<string> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const answer = (status: number, body: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
        response.end(JSON.stringify(body));
      };
      window.exchange(JSON.parse(Buffer.concat(pieces).toString()), '192.0.2.7').then(
        (body) => answer(200, body),
        (error) => answer(error.status ?? 500, { code: error.code, detail: error.message }),
      );
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
