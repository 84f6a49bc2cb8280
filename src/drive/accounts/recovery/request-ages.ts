/** Since when this device knows each request, by the count of elapsed time: no date that another device wrote shortens the wait. */
import { decode, encode, isFields } from '../../../crypto/index.ts';
import type { Clock } from '../../../model/clock.ts';
import { idKey, type OrderedStore } from '../../../model/contracts/ordered-store.ts';

export interface RequestAges {
  /**
   * Notes requests that are new here.
   * @returns milliseconds that surely passed since this device saw each of them first
   */
  of(requests: readonly { id: string }[]): Promise<Map<string, number>>;
}

const prefix = 'q';

/** @param store not shared with anything else; when it is lost, all waits begin again */
export function createRequestAges(store: OrderedStore, clock: Clock): RequestAges {
  const keyOf = (id: string) => prefix + idKey(id);

  function seenAt(id: string): number | undefined {
    try {
      const fields = decode(store.get(keyOf(id)) ?? new Uint8Array(0));
      return isFields(fields) && typeof fields.atMs === 'number' ? fields.atMs : undefined;
    } catch {
      return undefined;
    }
  }

  return {
    async of(requests) {
      const nowMs = Math.floor(clock.elapsedMs());
      const fresh = requests.filter(({ id }) => seenAt(id) === undefined);
      const rows = fresh.map(({ id }) => ({ key: keyOf(id), value: encode({ atMs: nowMs }) }));
      if (rows.length > 0) await store.batch(rows, { sync: true });
      return new Map(requests.map(({ id }) => [id, nowMs - (seenAt(id) ?? nowMs)]));
    },
  };
}
