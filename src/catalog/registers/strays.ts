/**
 * Strays: records that do not count and whose principal is not known. They are kept, because the record that
 * introduces the principal may come later. But anyone with a fresh key can sign them, so their number is bounded for
 * each author device, and for all non-members together. Refusing one loses nothing: digests leave out what does not
 * count, so once the record counts on a device that has it, comparing digests finds it.
 */
import { type DeviceId, shortId } from '../../model/ids.ts';
import { strayBytesMax, strayRecordsMax } from '../../model/limits.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { allHeld, dotOfHeldKey } from '../records/store-layout.ts';
import type { Authority } from '../rights/authority.ts';
import type { HoldReason } from '../rights/policy.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import type { Change } from '../state/change.ts';
import { addRecords } from './registers.ts';

interface Amount {
  records: number;
  bytes: number;
}

export interface Added {
  records: CatalogRecord[];
  /** For each record, why it is held, or undefined. */
  reasons: (HoldReason | undefined)[];
  /** Sentences. */
  refused: string[];
}

/** All unknown devices share one allowance. */
const nobody = 'nobody';

export class Strays {
  readonly #state: CatalogState;
  /** author device → its strays here; undefined until counted. */
  #amounts: Map<string, Amount> | undefined;

  constructor(state: CatalogState) {
    this.#state = state;
  }

  /** Call it within the writer's queue, before `add`. */
  async count(): Promise<void> {
    if (this.#amounts) return;
    const amounts = new Map<string, Amount>();
    for await (const [key] of this.#state.store.range(allHeld)) {
      const record = this.#state.find(dotOfHeldKey(key));
      if (record && isStray(this.#state.authority, record)) grow(amounts, this.#holderOf(record), record);
    }
    this.#amounts = amounts;
  }

  /** Call it when rights changed: other records may be strays now. */
  forget(): void {
    this.#amounts = undefined;
  }

  /** Puts records into a change, except for strays beyond the bounds. */
  add(change: Change, records: CatalogRecord[]): Added {
    const amounts = this.#amounts ?? new Map<string, Amount>();
    const strays = records.filter((record) => isStray(change.authority, record));
    const excess = this.#beyond(amounts, strays).size > 0 ? this.#excessOf(change, records, amounts) : [];
    const kept = excess.length > 0 ? records.filter((record) => !excess.includes(record)) : records;
    const reasons = addRecords(change, kept);
    for (const [index, record] of kept.entries())
      if (reasons[index] !== undefined && isStray(change.authority, record))
        grow(amounts, this.#holderOf(record), record);
    return { records: kept, reasons, refused: refusals(excess) };
  }

  /** Tries the records first: another record of the same batch may make one count, or its principal known. */
  #excessOf(change: Change, records: CatalogRecord[], amounts: Map<string, Amount>): CatalogRecord[] {
    const trial = change.fork();
    const reasons = addRecords(trial, records);
    const held = records.filter((_, index) => reasons[index] !== undefined);
    return [
      ...this.#beyond(
        amounts,
        held.filter((record) => isStray(trial.authority, record)),
      ),
    ];
  }

  /** The records for which there is no room. */
  #beyond(amounts: ReadonlyMap<string, Amount>, strays: readonly CatalogRecord[]): Set<CatalogRecord> {
    const grown = new Map([...amounts].map(([holder, amount]) => [holder, { ...amount }]));
    const beyond = new Set<CatalogRecord>();
    for (const record of strays) {
      const holder = this.#holderOf(record);
      const { records, bytes } = grown.get(holder) ?? { records: 0, bytes: 0 };
      if (records >= strayRecordsMax || bytes + record.bytes.length > strayBytesMax) beyond.add(record);
      else grow(grown, holder, record);
    }
    return beyond;
  }

  #holderOf({ device }: CatalogRecord): string {
    return isKnownDevice(this.#state.authority, device) ? device : nobody;
  }
}

export function isStray(authority: Authority, { principal }: CatalogRecord): boolean {
  return !authority.knows(principal);
}

function isKnownDevice(authority: Authority, id: string): boolean {
  return id === authority.genesis.device || authority.device(id) !== undefined;
}

function grow(amounts: Map<string, Amount>, holder: string, { bytes }: CatalogRecord): void {
  const known = amounts.get(holder) ?? { records: 0, bytes: 0 };
  amounts.set(holder, { records: known.records + 1, bytes: known.bytes + bytes.length });
}

function refusals(excess: readonly CatalogRecord[]): string[] {
  const byDevice = Map.groupBy(excess, ({ device }): DeviceId => device);
  return [...byDevice].map(([device, records]) => {
    const what = records.length === 1 ? 'A record' : `${records.length} records`;
    return `${what} of device ${shortId(device)} refused: there are too many already whose signer is not known.`;
  });
}
