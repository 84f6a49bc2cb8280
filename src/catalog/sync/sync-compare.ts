/**
 * Equal vectors must mean equal catalogs. If the digests differ nevertheless, one of the two devices has lost
 * records, or one number stands for two records. Then each device fetches what it lacks in the buckets that differ.
 */
import type { Transport } from '../../model/contracts/transport.ts';
import type { DeviceId, Revision } from '../../model/ids.ts';
import { catalogPageBytesMax } from '../../model/limits.ts';
import type { CountedRecord } from '../durability/digest-scan.ts';
import { differingBuckets, digestBytes } from '../records/digest.ts';
import {
  counted,
  countedAsk,
  type Difference,
  type DigestsMessage,
  difference,
  digestsMessage,
  found,
  methods,
  type Vector,
  wanted,
} from './sync-messages.ts';
import type { SyncedCatalog } from './synced-catalog.ts';

/** Records that were missing here and came from a peer. */
export interface Healed {
  device: DeviceId;
  table: string;
  records: number;
}

/** Records asked for in one message. */
const wantedAtOnce = 500;

export class Comparing {
  readonly #catalog: SyncedCatalog;
  readonly #transport: Transport;
  readonly #onHealed: (healed: Healed) => void;

  constructor(catalog: SyncedCatalog, transport: Transport, onHealed: (healed: Healed) => void) {
    this.#catalog = catalog;
    this.#transport = transport;
    this.#onHealed = onHealed;
  }

  /** @param compareWith begins a comparison that a peer asked for */
  register(compareWith: (device: DeviceId) => void): void {
    this.#transport.handle(methods.digests, async (_from, body) => {
      return difference.write(differenceOf(await this.#catalog.digests(), digestsMessage.read(body)));
    });
    this.#transport.handle(methods.counted, async (_from, body) => {
      const { table, buckets, after } = countedAsk.read(body);
      return counted.write(await this.#catalog.counted(table, buckets, after));
    });
    this.#transport.handle(methods.records, async (_from, body) =>
      found.write(this.#find(wanted.read(body))),
    );
    this.#transport.handle(methods.compare, async (from) => {
      compareWith(from);
      return new Uint8Array(0);
    });
  }

  /** @returns how many missing records came back */
  async compare(device: DeviceId, signal: AbortSignal): Promise<number> {
    const options = { lane: 'bulk', signal } as const;
    const { vector, tables } = await this.#catalog.digests();
    const message = digestsMessage.write({ vector, tables });
    const answer = difference.read(await this.#transport.call(device, methods.digests, message, options));
    if (!answer.comparable) return 0;
    let healed = 0;
    let peerLacks = false;
    for (const { table, buckets } of answer.tables) {
      const [theirs, mine] = [
        await this.#listOf(device, table, buckets, signal),
        await this.#list(table, buckets),
      ];
      const lacking = [...theirs.values()].filter(({ revision }) => !mine.has(revision));
      peerLacks ||= [...mine.keys()].some((revision) => !theirs.has(revision));
      const records = await this.#heal(device, lacking, signal);
      if (records > 0) this.#onHealed({ device, table, records });
      healed += records;
    }
    if (peerLacks) this.#transport.notify(device, methods.compare, new Uint8Array(0));
    return healed;
  }

  /** Are the two catalogs equal? */
  async agrees(device: DeviceId, signal: AbortSignal): Promise<boolean> {
    const { vector, tables } = await this.#catalog.digests();
    const message = digestsMessage.write({ vector, tables });
    const options = { lane: 'bulk', signal } as const;
    const answer = difference.read(await this.#transport.call(device, methods.digests, message, options));
    return answer.comparable && answer.tables.length === 0;
  }

  async #heal(device: DeviceId, lacking: readonly CountedRecord[], signal: AbortSignal): Promise<number> {
    let healed = 0;
    // The log may still have records that the register has lost.
    const here = lacking.flatMap((record) => this.#catalog.bytesOf(record) ?? []);
    if (here.length > 0) healed += await this.#catalog.heal(here);
    let rest = lacking.filter((record) => !this.#catalog.bytesOf(record));
    while (rest.length > 0) {
      const body = wanted.write(rest.slice(0, wantedAtOnce));
      const bytes = await this.#transport.call(device, methods.records, body, { lane: 'bulk', signal });
      const { records, answered } = found.read(bytes);
      healed += await this.#catalog.heal(records);
      rest = rest.slice(Math.max(1, answered));
    }
    return healed;
  }

  #find(records: readonly CountedRecord[]): { records: Uint8Array[]; answered: number } {
    const page: Uint8Array[] = [];
    let size = 0;
    for (const [index, record] of records.entries()) {
      const bytes = this.#catalog.bytesOf(record);
      size += bytes?.length ?? 0;
      if (size > catalogPageBytesMax && page.length > 0) return { records: page, answered: index };
      if (bytes) page.push(bytes);
    }
    return { records: page, answered: records.length };
  }

  async #listOf(
    device: DeviceId,
    table: string,
    buckets: ReadonlySet<number>,
    signal: AbortSignal,
  ): Promise<Map<Revision, CountedRecord>> {
    return collect(async (after) => {
      const body = countedAsk.write({ table, buckets, after });
      return counted.read(
        await this.#transport.call(device, methods.counted, body, { lane: 'bulk', signal }),
      );
    });
  }

  #list(table: string, buckets: ReadonlySet<number>): Promise<Map<Revision, CountedRecord>> {
    return collect((after) => this.#catalog.counted(table, buckets, after));
  }
}

async function collect(
  page: (
    after: string | undefined,
  ) => Promise<{ records: readonly CountedRecord[]; next: string | undefined }>,
): Promise<Map<Revision, CountedRecord>> {
  const all = new Map<Revision, CountedRecord>();
  let after: string | undefined;
  do {
    const { records, next } = await page(after);
    for (const record of records) all.set(record.revision, record);
    // Without progress this loop would never end.
    after = next !== undefined && (after === undefined || next > after) ? next : undefined;
  } while (after !== undefined);
  return all;
}

function differenceOf(mine: DigestsMessage, theirs: DigestsMessage): Difference {
  if (!sameVector(mine.vector, theirs.vector)) return { comparable: false, tables: [] };
  const nothing = new Uint8Array(digestBytes);
  const names = new Set([...mine.tables.keys(), ...theirs.tables.keys()]);
  const tables = [...names].flatMap((table) => {
    const buckets = differingBuckets(mine.tables.get(table) ?? nothing, theirs.tables.get(table) ?? nothing);
    return buckets.length > 0 ? [{ table, buckets: new Set(buckets) }] : [];
  });
  return { comparable: true, tables };
}

function sameVector(left: Vector, right: Vector): boolean {
  const devices = new Set([...left.keys(), ...right.keys()]);
  return [...devices].every((device) => (left.get(device) ?? 0) === (right.get(device) ?? 0));
}
