/** The last download of a link is served once, by whichever of the connected devices. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { encode } from '../../../src/crypto/index.ts';
import { systemClock } from '../../../src/model/clock.ts';
import type { Guest } from '../../../src/model/contracts/drive.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { entryId, grantId } from '../../../src/model/ids.ts';
import { LinkReservations } from '../../../src/node/wiring/link-reservations.ts';
import { catalogOf, createHome, exchange, put, type TestDevice } from '../../drive/world.ts';
import { MemoryNetwork } from '../../support/memory-network.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { until } from '../../support/until.ts';

const stops: (() => Promise<void>)[] = [];
const isGone = (error: unknown) => isPeerstorError(error, 'gone');

/** Devices of one network that know a link of `maxDownloads`; their catalogs are never synced by themselves. */
async function createServers(
  names: readonly string[],
  { maxDownloads = 1, seed = 1, clock = systemClock } = {},
) {
  const home = await createHome();
  const file = await put(home.drive, home.root, 'plan.txt', 'x');
  const link = await home.session.sharing.createLink({
    entryId: entryId(file.id),
    rights: 'view',
    maxDownloads,
  });
  const devices: TestDevice[] = [home.device];
  for (const name of names.slice(1)) devices.push(await home.world.join(name, home.device, home.session));
  for (const device of devices.slice(1)) await exchange(home.device, device);
  const network = new MemoryNetwork({
    clock: systemClock,
    random: seededRandom(seed),
    tunables: { peerSuspectMs: 15_000, peerDropMs: 100, redialMinMs: 0 },
  });
  const transports = devices.map((device, index) => {
    const transport = network.transport(device.id);
    device.reservations = new LinkReservations({
      catalog: catalogOf(device),
      transport,
      clock,
      random: seededRandom(seed * 10 + index),
    });
    return transport;
  });
  for (const transport of transports) {
    await transport.start();
    stops.push(() => transport.stop());
  }
  const areConnected = (count: number) =>
    until('the devices are connected', () => transports.every((one) => one.peers().length === count));
  await areConnected(devices.length - 1);
  const secret = link.url.slice(3);
  const guests = () =>
    Promise.all(devices.map((device) => device.accounts.openLink(secret, undefined, 'guest')));
  return { ...home, devices, transports, network, link, guests, areConnected };
}

async function served(guests: readonly Guest[], timesEach = 1): Promise<number> {
  const uses = guests.flatMap((guest) => Array.from({ length: timesEach }, () => guest.countUse()));
  const outcomes = await Promise.allSettled(uses);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') assert.ok(isGone(outcome.reason), String(outcome.reason));
  }
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
}

describe('reserved downloads', () => {
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  it('of two connected devices that are asked for the last download at once, one serves it', async () => {
    for (const seed of [1, 2, 3]) {
      const { guests } = await createServers(['NAS', 'Laptop'], { seed });
      assert.equal(await served(await guests()), 1);
    }
  });

  it('three connected devices together serve as many downloads as are allowed, and no more', async () => {
    const { guests, devices, link } = await createServers(['NAS', 'Laptop', 'Phone'], { maxDownloads: 4 });
    assert.equal(await served(await guests(), 3), 4);
    const told = await Promise.all(
      devices.map(async (device) => {
        const uses = await catalogOf(device).usesOf(grantId(link.id));
        return uses.reduce((sum, { body }) => sum + (body?.count ?? 0), 0);
      }),
    );
    assert.equal(Math.max(...told), 4);
  });

  it('what was used at another device is known before the next use, though no record was exchanged', async () => {
    const { guests } = await createServers(['NAS', 'Laptop', 'Phone'], { maxDownloads: 2 });
    const [here, there, third] = await guests();
    assert.ok(here && there && third);
    await here.countUse();
    await there.countUse();
    await assert.rejects(third.countUse(), isGone);
    await assert.rejects(here.countUse(), isGone);
  });

  it('two devices that only a third one connects do not both serve the last download', async () => {
    const { guests, network, devices, transports } = await createServers(['NAS', 'Laptop', 'Phone']);
    const [nas, laptop] = devices;
    assert.ok(nas && laptop);
    network.separate(nas.id, laptop.id);
    await until('they lost each other', () => transports[0]?.isConnected(laptop.id) === false);
    const [here, there] = await guests();
    assert.ok(here && there);
    assert.equal(await served([here, there]), 1);
  });

  it('devices that cannot hear each other each serve what is left: the limit holds for those who are connected', async () => {
    const { guests, network, devices, transports } = await createServers(['NAS', 'Laptop', 'Phone']);
    const [nas, laptop, phone] = devices;
    assert.ok(nas && laptop && phone);
    network.partition([[nas.id], [laptop.id, phone.id]]);
    await until('the NAS is alone', () => transports[0]?.peers().length === 0);
    assert.equal(await served(await guests()), 2);
  });

  it('a member that reserves a link and is not heard of again keeps it for a while only', async () => {
    // Its leases end fifty times sooner.
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() * 50 };
    const { guests, devices, transports, link } = await createServers(['NAS', 'Laptop', 'Phone'], {
      maxDownloads: 9,
      clock,
    });
    const [nas, , phone] = devices;
    const [nasTransport, , phoneTransport] = transports;
    assert.ok(nas && phone && nasTransport && phoneTransport);
    // The phone reserves at both others, and never counts.
    const body = encode({ grant: link.id, token: 'kept', counts: {} });
    for (const device of devices.slice(0, 2)) await phoneTransport.call(device.id, 'link/reserve', body);
    const [here] = await guests();
    assert.ok(here);
    await here.countUse();
  });

  it('a device that only stores copies reserves nothing, and is not asked', async () => {
    const { guests, devices, transports, session, link } = await createServers(['NAS', 'Box']);
    const [nas, box] = devices;
    const [, boxTransport] = transports;
    assert.ok(nas && box && boxTransport);
    const body = catalogOf(nas).get('device', box.id)?.body;
    assert.ok(body);
    const stored = { ...body, storageOnly: true };
    await catalogOf(nas).author([{ table: 'device', id: box.id, body: stored }], session.adminSigner());
    const reserve = encode({ grant: link.id, token: 'kept', counts: {} });
    await boxTransport.call(nas.id, 'link/reserve', reserve);
    const [here] = await guests();
    await here?.countUse();
  });

  it('junk in place of a reservation is refused, and made-up uses count nothing', async () => {
    const { guests, devices, transports, link } = await createServers(['NAS', 'Laptop'], { maxDownloads: 2 });
    const [nas] = devices;
    const [, other] = transports;
    assert.ok(nas && other);
    for (const junk of [
      new Uint8Array(),
      encode([]),
      encode({ grant: 7, token: '' }),
      encode({ grant: 'x', token: 'y' }),
    ]) {
      await assert.rejects(other.call(nas.id, 'link/reserve', junk), isPeerstorError);
    }
    await other.call(nas.id, 'link/reserve', encode({ grant: link.id, token: 'a', counts: 7 }));
    const records = [new Uint8Array([1, 2, 3]), new Uint8Array(300)];
    await other.call(nas.id, 'link/release', encode({ grant: link.id, token: 'a', used: true, records }));
    const [here] = await guests();
    await here?.countUse();
    await here?.countUse();
  });
});
