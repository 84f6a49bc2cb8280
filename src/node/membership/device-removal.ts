/** Removing a device for ever: its record and the new network secret are written as one. */

import type { CatalogSync, LocalCatalog } from '../../catalog/index.ts';
import type { Clock, Random } from '../../model/clock.ts';
import type { Draft, Signer } from '../../model/contracts/catalog.ts';
import type { ChunkImpact, ChunkNetwork, DeviceDirectory } from '../../model/contracts/replication.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { CatalogRecord, DeviceBody } from '../../model/records.ts';
import type { NetworkSecrets } from '../home/network-secrets.ts';
import { rotationDraft } from './secret-rotation.ts';

const refreshTimeoutMs = 10_000;

/** What of a network a removal asks. */
export interface RemovalParts {
  catalog: LocalCatalog;
  sync: Pick<CatalogSync, 'refresh'>;
  transport: Pick<Transport, 'isConnected'>;
  directory: DeviceDirectory;
  chunks: Pick<ChunkNetwork, 'impactOf'> & { health(): Promise<{ unknownVersions: number }> };
  secrets: NetworkSecrets;
}

export interface RemovalWish {
  id: DeviceId;
  signer: Signer;
  /** What only this device had is given up. */
  lost: boolean;
}

/**
 * @returns the device's name
 * @throws `conflict` for the last device, and unless `lost` when last copies would go or nobody here can
 * tell; `forbidden`, `not-found`
 */
export async function removeDevice(
  network: RemovalParts,
  { id, signer, lost }: RemovalWish,
  { clock, random }: { clock: Clock; random: Random },
): Promise<string> {
  const { catalog, secrets } = network;
  const record = memberRecord(network, id);
  requireOthers(network, id);
  if (!lost) await requireNothingLost(network, id, record.body.name);
  await hearAll(network, clock);
  const secret = random.bytes(32);
  const rotation = await rotationDraft(catalog, secrets.current, secret, clock.wallMs(), id);
  // What it wrote and is here counts. What it only says it wrote does not: a thief could say anything.
  const lastSeq = catalog.lastSeqHere(id);
  const body: DeviceBody = { ...memberRecord(network, id).body, state: 'removed', lastSeq };
  const removal: Draft = { table: 'device', id, body };
  // Nothing counts after the removal of the device that writes it; of another one, that is told first.
  await catalog.author(id === catalog.self ? [rotation, removal] : [removal, rotation], signer);
  return record.body.name;
}

/** @throws `not-found` for one that is no member (any more) */
export function memberRecord(
  { catalog }: Pick<RemovalParts, 'catalog'>,
  id: DeviceId,
): CatalogRecord<DeviceBody> & { body: DeviceBody } {
  const record = catalog.get('device', id);
  if (record?.body && record.body.state !== 'removed') return { ...record, body: record.body };
  throw new PeerstorError('not-found', 'There is no such device in this network.');
}

function requireOthers({ catalog, directory, transport }: RemovalParts, id: DeviceId): void {
  const others = directory.members().filter((member) => member.id !== id);
  if (others.length === 0) {
    throw new PeerstorError('conflict', 'This is the only device of the network: it cannot be removed.');
  }
  // It forgets the network at once, so somebody must hear of it before.
  if (id === catalog.self && !others.some((member) => transport.isConnected(member.id))) {
    throw new PeerstorError(
      'conflict',
      'No other device is connected, so none would hear that this one was removed. Remove it at another device.',
    );
  }
}

async function requireNothingLost(network: RemovalParts, id: DeviceId, name: string): Promise<void> {
  const { chunks, catalog, directory, transport } = network;
  const remaining = directory.members().filter((member) => member.id !== id && member.id !== catalog.self);
  const sees = remaining.length === 0 || remaining.some((member) => transport.isConnected(member.id));
  const { unknownVersions } = await chunks.health();
  if (!sees || unknownVersions > 0) {
    const why = sees
      ? 'what lists the chunks of some files is on a device that is off'
      : 'no other device is connected';
    throw new PeerstorError(
      'conflict',
      `This device cannot tell what only ${name} has: ${why}. Wait for the others, or remove it with --lost.`,
    );
  }
  const impact = await chunks.impactOf(id);
  if (impact.lostChunks > 0) throw lastCopies(impact, name);
}

function lastCopies({ lostChunks, lostVersions, lostBytes }: ChunkImpact, name: string): PeerstorError {
  const chunks = lostChunks === 1 ? '1 chunk' : `${lostChunks} chunks`;
  const files = lostVersions.length === 1 ? '1 file' : `${lostVersions.length} files`;
  const verb = lostChunks === 1 ? 'is' : 'are';
  return new PeerstorError(
    'conflict',
    `${chunks} of ${files} ${verb} only on ${name}: drain it first, or remove it with --lost.`,
    { details: { lostChunks, lostVersions: lostVersions.length, lostBytes } },
  );
}

/** Gets what the connected devices have, that device among them: what it was told is stored stays stored. */
async function hearAll({ sync }: RemovalParts, clock: Clock): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = clock.after(refreshTimeoutMs, () => late.resolve());
  try {
    await Promise.race([sync.refresh(), late.promise]);
  } finally {
    timer.cancel();
  }
}
