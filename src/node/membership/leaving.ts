/**
 * How a removed device leaves its network: it deletes keys, catalog and sessions; the copies stay on its
 * volumes. Each step is idempotent, so the next start completes one that a crash interrupted.
 */

import type { LocalCatalog } from '../../catalog/index.ts';
import type { Clock } from '../../model/clock.ts';
import { sleep } from '../../model/clock.ts';
import type { AuditEvent } from '../../model/contracts/audit.ts';
import { afterPrefix, type OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import type { Home } from '../home/home.ts';
import { renditionsFolder } from '../home/rendition-folder.ts';
import { searchFolder } from '../home/sealed-files.ts';
import { reachesOf } from './membership-calls.ts';

/** The parts of a network that a device needs while it leaves. */
export interface LeavingParts {
  catalog: LocalCatalog;
  transport: Transport;
}

/** A reason for leaving a network, and its steps. */
export interface Leaving {
  readonly note: AuditEvent;
  /** Runs while the device can still talk to others. */
  before(network: LeavingParts, clock: Clock): Promise<void>;
  /** Runs once nothing of the network is open. */
  after(home: Home, index: OrderedStore): Promise<void>;
}

export const removed: Leaving = {
  note: {
    event: 'removed-here',
    sentence:
      'This device was removed from its network: its keys, catalog and sessions are deleted, its copies stay on its disks. To use it again, set it up or join a network as a new device.',
  },
  before: handOverRecords,
  async after(home, index) {
    await home.markLeft();
    await finishLeaving(home, index);
  },
};

/** Rows of the index that belong to a network. */
const networkPrefixes = [
  'sessions/',
  'uploads/',
  'upload-copies/',
  'replication/',
  'addresses/',
  'transfers/',
  'quota-counts/',
];
const rowsPerBatch = 1000;
const handOverMs = 5000;
const handOverEveryMs = 100;

/**
 * Deletes the rest of a network that this device was removed from, including everything that `setAside`
 * renamed. The device gets a new key: the old one never returns to that network. `markLeft` was called before,
 * and nothing of the network is open.
 */
export async function finishLeaving(home: Home, index: OrderedStore): Promise<void> {
  await home.erase([
    ...['credentials.json', 'outbox.log', 'db/catalog', searchFolder, renditionsFolder],
    ...(await home.asideNames()),
  ]);
  await forgetRows(index);
  await home.renewIdentity();
  await home.erase(['network.key']);
}

/** Deletes the index rows of a network. */
export async function forgetRows(index: OrderedStore): Promise<void> {
  for (const prefix of networkPrefixes) await deleteRows(index, prefix);
}

async function deleteRows(index: OrderedStore, prefix: string): Promise<void> {
  let rows: { key: string; value: null }[] = [];
  for await (const [key] of index.range({ gte: prefix, lt: afterPrefix(prefix) })) {
    rows.push({ key, value: null });
    if (rows.length < rowsPerBatch) continue;
    await index.batch(rows, { sync: true });
    rows = [];
  }
  await index.batch(rows, { sync: true });
}

/**
 * Waits, for some seconds at most, until a connected device has every record of this one: a self-removal must
 * reach another device first.
 */
export async function handOverRecords({ catalog, transport }: LeavingParts, clock: Clock): Promise<void> {
  const giveUpAtMs = clock.monotonicMs() + handOverMs;
  while (clock.monotonicMs() < giveUpAtMs) {
    const peers = transport.peers();
    if (peers.length === 0) return;
    for (const { device } of peers) {
      const reaches = await reachesOf(transport, device, catalog.self).catch(() => 0);
      if (reaches >= catalog.ownSeq) return;
    }
    await sleep(clock, handOverEveryMs);
  }
}
