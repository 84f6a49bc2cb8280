/** How much one caller may have open at once: downloads, event sockets. */
import { PeerstorError } from '../../model/errors.ts';

/** Nothing of this key may be open more often than this. */
export interface SlotLimit {
  /** Such as `user ID` or `address 192.0.2.7`. */
  key: string;
  max: number;
}

export interface Slots {
  /**
   * Takes a slot under every limit at once.
   * @param sentence what to do, for the person who is refused
   * @returns gives the slot back; further calls do nothing
   * @throws `too-many-tries` when one limit is reached; nothing is taken then
   */
  take(limits: readonly SlotLimit[], sentence: string): () => void;
}

const retryAfterS = 5;

export function createSlots(): Slots {
  const open = new Map<string, number>();
  const change = (key: string, by: number) => {
    const count = (open.get(key) ?? 0) + by;
    if (count > 0) open.set(key, count);
    else open.delete(key);
  };
  return {
    take(limits, sentence) {
      if (limits.some(({ key, max }) => (open.get(key) ?? 0) >= max)) {
        throw new PeerstorError('too-many-tries', sentence, { details: { retryAfterS } });
      }
      for (const { key } of limits) change(key, 1);
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        for (const { key } of limits) change(key, -1);
      };
    },
  };
}
