/** An upload is finished at another device than where it was begun. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { encode } from '../../../src/crypto/index.ts';
import { systemClock } from '../../../src/model/clock.ts';
import type { Session } from '../../../src/model/contracts/drive.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { entryId, type UploadId, uploadId } from '../../../src/model/ids.ts';
import { uploadCopiesMax } from '../../../src/model/limits.ts';
import { silentLog } from '../../../src/model/log.ts';
import { NetworkUploadCopies } from '../../../src/node/wiring/upload-copies.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { coded } from '../../drive/errors.ts';
import {
  addUser,
  catalogOf,
  createHome,
  exchange,
  password,
  pieces,
  type TestDevice,
  username,
} from '../../drive/world.ts';
import { MemoryNetwork } from '../../support/memory-network.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { until } from '../../support/until.ts';

const MiB = 1024 * 1024;
const content = Buffer.from(seededRandom(7).bytes(4 * MiB));

const stops: (() => Promise<void> | void)[] = [];
/** Connected devices of one user, each with a session of theirs. */
async function createDevices(...names: string[]) {
  const home = await createHome();
  const devices: TestDevice[] = [home.device];
  for (const name of names) devices.push(await home.world.join(name, home.device, home.session));
  for (const device of devices.slice(1)) await exchange(home.device, device);
  const network = new MemoryNetwork({
    clock: systemClock,
    random: seededRandom(1),
    tunables: { peerSuspectMs: 15_000, peerDropMs: 100, redialMinMs: 0 },
  });
  const transports = devices.map((device) => network.transport(device.id));
  const stores = devices.map(() => new MemoryOrderedStore());
  for (const [index, device] of devices.entries()) {
    const transport = transports[index];
    const store = stores[index];
    assert.ok(transport && store);
    const copies = new NetworkUploadCopies({
      transport,
      catalog: catalogOf(device),
      store,
      states: () => device.accounts.uploads,
      clock: systemClock,
      log: silentLog,
      expiryMs: 3_600_000,
    });
    await copies.start();
    device.uploadCopies = copies;
    stops.push(() => copies.stop());
  }
  for (const transport of transports) {
    await transport.start();
    stops.push(() => transport.stop());
  }
  await until('the devices are connected', () =>
    transports.every((one) => one.peers().length === devices.length - 1),
  );
  const sessions = await Promise.all(devices.map((one) => one.accounts.login(username, password, 'here')));
  return { ...home, devices, transports, sessions };
}

async function begin({ uploads, drive }: Session): Promise<UploadId> {
  const parent = entryId((await drive.root()).id);
  return uploadId((await uploads.create({ parent, name: 'film.mkv', size: content.length })).id);
}

const send = ({ uploads }: Session, id: UploadId, from: number, to = content.length) =>
  uploads.append(id, from, pieces([content.subarray(from, to)]));

const offsetsAt = async ({ uploads }: Session) => (await uploads.list()).map(({ offset }) => offset);

async function sha(session: Session, id: string): Promise<string> {
  return (await session.drive.checksum(entryId(id))).sha256;
}

describe('uploads that go on elsewhere', () => {
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  it('an upload whose device is off goes on at another one, where its list has it, with what the network has', async () => {
    const { sessions, transports, devices } = await createDevices('Laptop');
    const [nas, laptop] = sessions as [Session, Session];
    const id = await begin(nas);
    await send(nas, id, 0, 3 * MiB);
    await until('the laptop knows of it', async () => ((await offsetsAt(laptop))[0] ?? 0) > 2 * MiB);
    await transports[0]?.stop();
    const { offset } = await laptop.uploads.look(id);
    assert.ok(offset > 2 * MiB && offset <= 3 * MiB, `it goes on at ${offset}`);
    const { finished } = await send(laptop, id, offset);
    const put = devices[1]?.network.steps.filter((step) => step.startsWith('put ')).length ?? 0;
    assert.ok(put > 0 && put < 7, `what was sent before was not stored again: ${put} puts`);
    const whole = await laptop.drive.upload(
      entryId((await laptop.drive.root()).id),
      'whole',
      pieces([content]),
      {},
    );
    assert.equal(await sha(laptop, finished?.entry.id ?? ''), await sha(laptop, whole.entry.id));
  });

  it('what another device finished is told as finished, and what it ended is gone', async () => {
    const { sessions } = await createDevices('Laptop');
    const [nas, laptop] = sessions as [Session, Session];
    const id = await begin(nas);
    await send(nas, id, 0, 2 * MiB);
    const ended = await begin(nas);
    await send(nas, ended, 0, 2 * MiB);
    await until('the laptop knows of both', async () => (await offsetsAt(laptop)).length === 2);
    const { finished } = await send(nas, id, 2 * MiB);
    await nas.uploads.remove(ended);
    await until('the laptop has heard', async () => (await offsetsAt(laptop)).length === 0);
    const told = await laptop.uploads.look(id);
    assert.equal(told.finished?.entry.id, finished?.entry.id);
    await assert.rejects(laptop.uploads.look(ended), coded('not-found'));
  });

  it('a device that comes back is told of what began while it was away', async () => {
    const { sessions, transports } = await createDevices('Laptop');
    const [nas, laptop] = sessions as [Session, Session];
    await transports[1]?.stop();
    await until('it is away', () => transports[0]?.peers().length === 0);
    await send(nas, await begin(nas), 0, 3 * MiB);
    await transports[1]?.start();
    await until('the laptop knows of it', async () => ((await offsetsAt(laptop))[0] ?? 0) > 2 * MiB);
  });

  it('another user finds nothing of it, and what a device made up opens nowhere', async () => {
    const { sessions, session, devices, transports } = await createDevices('Laptop', 'Liar');
    const [nas, laptop] = sessions as [Session, Session, Session];
    const [first, second, third] = transports;
    assert.ok(first && second && third && devices[0] && devices[1]);
    const bob = await addUser(devices[0], session, 'Bob');
    await exchange(devices[0], devices[1]);
    const id = await begin(nas);
    await send(nas, id, 0, 3 * MiB);
    await until('the laptop knows of it', async () => (await offsetsAt(laptop)).length === 1);
    const bobThere = await devices[1].accounts.login('Bob', password, 'here');
    await assert.rejects(bobThere.uploads.look(id), coded('not-found'));
    assert.ok(bob);

    const { uploads } = devices[0].accounts;
    const head = uploads.headOf(id);
    const row = uploads.row(id, 0);
    assert.ok(head && row);
    const tell = (body: Record<string, unknown>) =>
      third.call(devices[1]?.id as never, 'upload/state', encode(body));
    const forged = '1'.repeat(32);
    await tell({ id: forged, head, at: 0, rows: [row] });
    await assert.rejects(laptop.uploads.look(uploadId(forged)), coded('not-found'));
    for (const junk of [{}, { id: 'x' }, { id, head: 1, at: 0, rows: [] }, { id, head, at: -1, rows: [] }]) {
      await assert.rejects(tell(junk), isPeerstorError);
    }
    // A row in the place of another: nothing of it is taken, and nothing that follows.
    const swapped = '2'.repeat(32);
    await tell({ id: swapped, head, at: 0, rows: [row, row] });
    assert.deepEqual((await offsetsAt(laptop)).length, 1);
    const { offset } = await laptop.uploads.look(id);
    const { finished } = await send(laptop, id, offset);
    assert.equal(finished?.entry.size, content.length);
  });

  it(`a device leaves at most the state of ${uploadCopiesMax} uploads with another one`, async () => {
    const { devices, transports } = await createDevices('Laptop', 'Liar');
    const target = devices[1]?.id;
    assert.ok(target);
    const tell = (number: number) =>
      transports[2]?.call(
        target,
        'upload/state',
        encode({
          id: number.toString(16).padStart(32, '0'),
          head: new Uint8Array(9),
          at: 0,
          rows: [new Uint8Array(9)],
        }),
      );
    for (let number = 0; number <= uploadCopiesMax; number += 1) await tell(number);
    assert.equal([...(devices[1]?.uploadCopies?.all() ?? [])].length, uploadCopiesMax);
  });
});
