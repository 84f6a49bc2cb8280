import type { LocalCatalog } from '../../src/catalog/index.ts';
import { writeRecord } from '../../src/catalog/records/record-format.ts';
import type { SigningKey } from '../../src/crypto/index.ts';
import type { Draft } from '../../src/model/contracts/catalog.ts';
import { type CatalogRecord, type Hlc, hlcTicksPerMs } from '../../src/model/records.ts';
import type { World } from './world.ts';

/** A record written past all rules, as a manipulated device would. */
export class Forger {
  readonly #world: World;
  readonly #seqs = new Map<number, number>();

  constructor(world: World, seqs: readonly [number, number][] = []) {
    this.#world = world;
    for (const [device, seq] of seqs) this.#seqs.set(device, seq);
  }

  write(
    device: number,
    draft: Draft,
    signer: SigningKey,
    options: { hlc?: Hlc; base?: readonly CatalogRecord[]; afterMs?: number } = {},
  ): CatalogRecord {
    const seq = (this.#seqs.get(device) ?? 0) + 1;
    this.#seqs.set(device, seq);
    const { clock, networkId } = this.#world;
    return writeRecord(
      networkId,
      {
        table: draft.table,
        id: draft.id,
        device: this.#world.device(device),
        seq,
        hlc: options.hlc ?? (clock.wallMs() + (options.afterMs ?? 1)) * hlcTicksPerMs,
        base: (options.base ?? []).map(({ revision }) => revision),
        principal: signer.principal,
        body: draft.body,
      },
      signer,
    );
  }
}

export async function take(catalog: LocalCatalog, ...records: CatalogRecord[]) {
  return catalog.accept(records.map(({ bytes }) => bytes));
}
