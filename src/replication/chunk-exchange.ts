/** Who has which chunk, and how chunks get here and there: the parts that all others of this room build on. */
import type { Tunables } from '../model/limits.ts';
import { WriteBehind } from './database/write-behind.ts';
import { Have } from './inventory/have.ts';
import { Inventory } from './inventory/inventory.ts';
import { InventoryFeed } from './inventory/inventory-feed.ts';
import { InventoryFollow } from './inventory/inventory-follow.ts';
import { OwnChunks } from './inventory/own-chunks.ts';
import { Members } from './peers/members.ts';
import { Peers } from './peers/peers.ts';
import { WrittenManifests } from './references/written-manifests.ts';
import type { ReplicationParts } from './replication.ts';
import { RelayServer } from './serving/relay-server.ts';
import { Transfer } from './transfer/transfer.ts';
import { PushScheduler } from './upload/push-scheduler.ts';

/** Lower bound for waits that tests shorten: below it a timer would become a busy loop. */
export const waitMinMs = 50;

/** Between two comparisons of inventories. */
export const compareEveryMs = ({ inventoryDigestMs }: Tunables): number =>
  Math.max(inventoryDigestMs, waitMinMs);

export type ChunkExchange = ReturnType<typeof createChunkExchange>;

/** Nothing is started; the caller does that, and registers the relay server. */
export function createChunkExchange(parts: ReplicationParts) {
  const { self, transport, store, clock, random, log, tunables } = parts;
  const { copiesWanted } = tunables;
  const everyMs = compareEveryMs(tunables);
  const stallMs = Math.max(tunables.transferStallMs, waitMinMs);
  const index = new WriteBehind({ store: parts.index, clock, log });
  const members = new Members({ directory: parts.devices, self, copiesWanted });
  const inventory = new Inventory({ self, index, log, concerns: (key) => members.concerns(key) });
  const own = new OwnChunks({ self, store, inventory, index, clock, log, everyMs, calm: parts.calm });
  const follow = new InventoryFollow({ transport, inventory, clock, log, everyMs });
  const feed = new InventoryFeed({ self, transport, inventory, own, clock, random });
  const peers = new Peers({ transport, clock, index, tunables });
  const have = new Have({ transport, inventory, clock });
  /** What nearly every part of the room is given. */
  const shared = {
    self,
    transport,
    store,
    inventory,
    members,
    peers,
    have,
    written: new WrittenManifests(),
    clock,
    log,
    stallMs,
    copiesWanted,
  };
  const transfer = new Transfer(shared);
  const relayServer = new RelayServer(shared);
  const scheduler = new PushScheduler({ ...shared, isRelaying: (id) => relayServer.isRelaying(id) });
  return { shared, index, own, follow, feed, transfer, relayServer, scheduler };
}
