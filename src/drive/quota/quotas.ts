/**
 * What users keep, and how much they may. Counted are the plain bytes of every live version of an
 * owner, history and trash included. An owner with a quota is counted once; then the count follows
 * the catalog. Content that is on its way is reserved, so that uploads at once do not together
 * exceed it. Two devices that cannot hear each other may: each knows only what it has heard.
 */
import type { Catalog, CatalogChange } from '../../model/contracts/catalog.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { UserId } from '../../model/ids.ts';
import type { VersionBody } from '../../model/records.ts';

export interface Usage {
  plainBytes: number;
  /** Of one copy. */
  sealedBytes: number;
}

export interface Reservation {
  /** @throws `quota-exceeded` when the content would not fit with as many bytes in all */
  grow(toBytes: number): void;
  /** The content is in the catalog by now, or never will be. */
  release(): void;
}

export interface Quotas {
  /** @throws `quota-exceeded` when `bytes` do not fit into the quota of this owner */
  reserve(owner: UserId, bytes: number): Promise<Reservation>;
  apply(changes: readonly CatalogChange[]): void;
}

interface OwnerCount {
  /** Version → bytes: a change says what is, not what was. */
  versions: Map<string, number>;
  plainBytes: number;
  reservedBytes: number;
  /** Versions that changed while the first count was under way. */
  changed: Set<string> | undefined;
  ready: Promise<void>;
}

export function createQuotas(catalog: Catalog): Quotas {
  const owners = new Map<UserId, OwnerCount>();

  function look(owner: UserId, count: OwnerCount, id: string, body: VersionBody | null | undefined): void {
    const bytes = body && body.owner === owner ? plainBytesOf(body) : undefined;
    count.plainBytes += (bytes ?? 0) - (count.versions.get(id) ?? 0);
    if (bytes === undefined) count.versions.delete(id);
    else count.versions.set(id, bytes);
  }

  async function countAll(owner: UserId, count: OwnerCount): Promise<void> {
    count.changed = new Set();
    for await (const { id, body } of catalog.versionsOwnedBy(owner)) look(owner, count, id, body);
    for (const id of count.changed) look(owner, count, id, catalog.get('version', id)?.body);
    count.changed = undefined;
  }

  async function countOf(owner: UserId): Promise<OwnerCount> {
    let count = owners.get(owner);
    if (!count) {
      const fresh: OwnerCount = {
        versions: new Map(),
        plainBytes: 0,
        reservedBytes: 0,
        changed: undefined,
        ready: Promise.resolve(),
      };
      fresh.ready = countAll(owner, fresh);
      fresh.ready.catch(() => owners.delete(owner));
      owners.set(owner, fresh);
      count = fresh;
    }
    await count.ready;
    return count;
  }

  const quotaOf = (owner: UserId) => catalog.get('user', owner)?.body?.quotaBytes ?? null;

  return {
    async reserve(owner, bytes) {
      if (quotaOf(owner) === null) return noReservation;
      const count = await countOf(owner);
      let reserved = 0;
      const reservation: Reservation = {
        grow(toBytes) {
          const more = toBytes - reserved;
          if (more <= 0) return;
          const quota = quotaOf(owner);
          if (quota !== null && count.plainBytes + count.reservedBytes + more > quota) throw exceeded(quota);
          count.reservedBytes += more;
          reserved = toBytes;
        },
        release() {
          count.reservedBytes -= reserved;
          reserved = 0;
        },
      };
      reservation.grow(bytes);
      return reservation;
    },

    apply(changes) {
      if (owners.size === 0) return;
      for (const { record } of changes) {
        if (record.table !== 'version') continue;
        const body = catalog.get('version', record.id)?.body;
        for (const [owner, count] of owners) {
          if (count.changed) count.changed.add(record.id);
          else look(owner, count, record.id, body);
        }
      }
    },
  };
}

/** What every owner keeps: a look at every version. */
export async function usageOfAll(catalog: Catalog): Promise<Map<UserId, Usage>> {
  const usage = new Map<UserId, Usage>();
  for await (const { body } of catalog.list('version')) {
    if (!body) continue;
    const { plainBytes = 0, sealedBytes = 0 } = usage.get(body.owner) ?? {};
    const sum = { plainBytes: plainBytes + plainBytesOf(body), sealedBytes: sealedBytes + body.sealedBytes };
    usage.set(body.owner, sum);
  }
  return usage;
}

/** The stream, refused where it goes beyond what fits. */
export async function* within(
  reservation: Reservation,
  content: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  let size = 0;
  for await (const piece of content) {
    size += piece.length;
    reservation.grow(size);
    yield piece;
  }
}

const noReservation: Reservation = { grow: () => undefined, release: () => undefined };

function plainBytesOf({ plainBytes, sealedBytes }: VersionBody): number {
  return plainBytes ?? sealedBytes;
}

function exceeded(quotaBytes: number): PeerstorError {
  const sentence = `This does not fit: the drive may keep ${quotaBytes} bytes, old versions and the trash included. Empty the trash, or ask an admin for more.`;
  return new PeerstorError('quota-exceeded', sentence, { details: { quotaBytes } });
}
