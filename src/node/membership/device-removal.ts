/** Removes a device for ever: writes the removal record and the new network secret together. */

import type { CatalogSync } from '../../catalog/index.ts';
import type { Clock, Random } from '../../model/clock.ts';
import type { CatalogAuthor, CatalogMembership, Draft, Signer } from '../../model/contracts/catalog.ts';
import type { ChunkImpact, ChunkNetwork, DeviceDirectory } from '../../model/contracts/replication.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { CatalogRecord, DeviceBody } from '../../model/records.ts';
import type { NetworkSecrets } from '../home/network-secrets.ts';
import { rotationDraft } from './secret-rotation.ts';

const refreshTimeoutMs = 10_000;

/** The parts of a network that a removal needs. */
export interface RemovalParts {
  catalog: CatalogAuthor & CatalogMembership;
  sync: Pick<CatalogSync, 'refresh'>;
  transport: Pick<Transport, 'isConnected'>;
  directory: DeviceDirectory;
  chunks: Pick<ChunkNetwork, 'impactOf'> & { health(): Promise<{ unknownVersions: number }> };
  secrets: NetworkSecrets;
}

export interface RemovalWish {
  id: DeviceId;
  signer: Signer;
  /** Gives up the data that only this device had. */
  lost: boolean;
}

/**
 * @returns the device's name
 * @throws `conflict` for the last device, and unless `lost` when last copies would be lost or no device can
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
  // Records that it wrote and that arrived here count. Sequence numbers that it only claims do not: a thief
  // could claim any.
  const lastSeq = catalog.lastSeqHere(id);
  const body: DeviceBody = { ...memberRecord(network, id).body, state: 'removed', lastSeq };
  const removal: Draft = { table: 'device', id, body };
  // Records that a device writes after its own removal do not count, so it writes the secret first. Another
  // device is told of the removal first.
  await catalog.author(id === catalog.self ? [rotation, removal] : [removal, rotation], signer);
  return record.body.name;
}

/** @throws `not-found` for a device that is not a member */
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
  // The device forgets the network at once, so another device must have the record before.
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
      `This device cannot tell what only ${name} has: ${why}. Wait for the other devices, or remove it with --lost.`,
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
    `${chunks} of ${files} ${verb} only on ${name}: drain that device first, or remove it with --lost.`,
    { details: { lostChunks, lostVersions: lostVersions.length, lostBytes } },
  );
}

/** Fetches the records of the connected devices, the removed one included: what it acknowledged stays stored. */
async function hearAll({ sync }: RemovalParts, clock: Clock): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = clock.after(refreshTimeoutMs, () => late.resolve());
  try {
    await Promise.race([sync.refresh(), late.promise]);
  } finally {
    timer.cancel();
  }
}
