/**
 * Records that do not count and whose principal nobody knows. They are kept, because the record that
 * makes the principal known may come later; but anyone with a fresh key can sign them, so only so many
 * are kept of each author device, and of all devices together that are no members. What is refused
 * costs nothing for ever: digests leave out what does not count, so once such a record counts on a device
 * that has it, comparing finds it.
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
  /** For each of them, why it is held, or undefined. */
  reasons: (HoldReason | undefined)[];
  /** Sentences. */
  refused: string[];
}

/** All devices that are not known share one allowance. */
const nobody = 'nobody';

export class Strays {
  readonly #state: CatalogState;
  /** author device → what is held of it; undefined until counted. */
  #amounts: Map<string, Amount> | undefined;

  constructor(state: CatalogState) {
    this.#state = state;
  }

  /** To be called in the writer's line, before `add`. */
  async count(): Promise<void> {
    if (this.#amounts) return;
    const amounts = new Map<string, Amount>();
    for await (const [key] of this.#state.store.range(allHeld)) {
      const record = this.#state.find(dotOfHeldKey(key));
      if (record && isStray(this.#state.authority, record)) grow(amounts, this.#holderOf(record), record);
    }
    this.#amounts = amounts;
  }

  /** Rights have changed: what is stray is another matter now. */
  forget(): void {
    this.#amounts = undefined;
  }

  /** Puts records into a change, but for strays of which there are enough. */
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

  /** A record may count, or its principal be known, by another one beside it: so it is tried first. */
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

  /** Those of the records for which there is no room. */
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
    return `${what} of device ${shortId(device)} refused: there are too many already that nobody known has signed.`;
  });
}
