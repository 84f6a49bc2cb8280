/** One user whose chunks and records lie on three volumes, as three devices of theirs would keep them. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalCatalog } from '../../src/catalog/index.ts';
import { newSigningKey, type SigningKey } from '../../src/crypto/index.ts';
import { recoverableUsers } from '../../src/drive/index.ts';
import { systemClock, systemRandom } from '../../src/model/clock.ts';
import type { Drive, Session } from '../../src/model/contracts/drive.ts';
import { deviceId, entryId } from '../../src/model/ids.ts';
import { silentLog } from '../../src/model/log.ts';
import { JournalKeeper } from '../../src/rescue/journal-keeper.ts';
import { DiskChunkStore, MemoryOrderedStore, nodeFiles } from '../../src/store/index.ts';
import { createWorld, type TestDevice } from '../drive/world.ts';

export const username = 'ada.lovelace';
export const password = 'correct horse battery';

export interface RescueWorld {
  folder: string;
  volumes: string[];
  words: string;
  device: TestDevice;
  session: Session;
  drive: Drive;
  catalog: LocalCatalog;
  put(path: string, content: Uint8Array): Promise<void>;
  /** Writes all chunks to two volumes of three, and the journals of all. */
  save(): Promise<void>;
  /** A fresh folder for the database of a rescue. */
  scratch(): Promise<string>;
  close(): Promise<void>;
}

export async function createRescueWorld(): Promise<RescueWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'peerstor-test-rescue-'));
  const world = createWorld();
  const device = world.device('laptop');
  const { session, recoveryCode } = await device.accounts.setup(username, password);
  const { catalog } = device;
  assert.ok(catalog && device.disk.genesis);
  const genesis = device.disk.genesis;
  const volumes = ['one', 'two', 'three'].map((name) => join(folder, name));
  const identities = volumes.map(() => newSigningKey());

  async function saveVolume(at: number): Promise<void> {
    const identity = identities[at] as SigningKey;
    const store = new DiskChunkStore({
      volumes: [{ path: volumes[at] ?? '', limitBytes: 2 ** 40 }],
      index: new MemoryOrderedStore(),
      device: deviceId(identity.principal),
    });
    await store.start();
    let number = 0;
    for (const [id, bytes] of world.chunks) {
      number += 1;
      if (number % volumes.length !== at) await store.put(id, bytes);
    }
    const keeper = new JournalKeeper({
      catalog: { ...device.catalog, self: deviceId(identity.principal) } as LocalCatalog,
      changes: catalog as LocalCatalog,
      genesis,
      users: () => recoverableUsers(catalog as LocalCatalog),
      seed: identity.seed,
      store,
      files: nodeFiles,
      afterMs: 60_000,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    });
    keeper.start();
    await keeper.stop();
    await store.stop();
  }

  return {
    folder,
    volumes,
    words: recoveryCode,
    device,
    session,
    drive: session.drive,
    catalog,
    async put(path, content) {
      const names = path.split('/').filter((name) => name !== '');
      const name = names.pop() ?? '';
      const parent = await session.drive.ensureFolder(names);
      async function* pieces() {
        yield content;
      }
      await session.drive.upload(entryId(parent.id), name, pieces(), {});
    },
    async save() {
      for (const at of volumes.keys()) await saveVolume(at);
    },
    scratch: async () => join(await mkdtemp(join(folder, 'scratch-')), 'db'),
    async close() {
      device.accounts.stop();
      await catalog.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
