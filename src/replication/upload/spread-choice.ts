/**
 * Chooses the devices for a new chunk.
 *
 * The rule of this version: a chunk gets `copiesWanted` copies. The copy on the uploading device counts as one
 * of them even where placement would choose another device (it is the spool, and safe). So at most
 * `copiesWanted - 1` others are given one, taken from the placement order of the connected devices. A device
 * that is known to have the chunk is only asked. Copies on devices that are off count as placed, but not for
 * safety: two devices must confirm in this session. A device that is off or full now gets nothing later from
 * here: that is the job of catch-up.
 */
import type { DeviceId } from '../../model/ids.ts';
import { copiesOf } from '../../model/safety.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import type { Peers } from '../peers/peers.ts';
import { liveAttempts, type Spread } from './spread.ts';

export interface SpreadChoiceParts {
  self: DeviceId;
  inventory: Inventory;
  members: Members;
  peers: Peers;
  copiesWanted: number;
}

export class SpreadChoice {
  readonly #parts: SpreadChoiceParts;

  constructor(parts: SpreadChoiceParts) {
    this.#parts = parts;
  }

  /** How many more devices should be tried now. */
  missing(spread: Spread): number {
    const { peers, copiesWanted } = this.#parts;
    const coming = spread.confirmed.length + liveAttempts(spread);
    const isAway = (device: DeviceId) => !peers.isConnected(device) && !spread.confirmed.includes(device);
    const away = this.#holders(spread).filter(isAway).length;
    return Math.max(0, copiesWanted - coming - away, copiesOf('safe', copiesWanted) - coming);
  }

  /** Devices to ask whether they have the chunk, then devices to give it to, best first. */
  candidates(spread: Spread, isStalled: (device: DeviceId) => boolean): DeviceId[] {
    if (spread.unreadable) return [];
    const { members, peers, self } = this.#parts;
    const known = this.#holders(spread);
    const others = members
      .order(spread.id)
      .filter((device) => !known.includes(device) && !peers.isFull(device));
    return [...known, ...others].filter(
      (device) =>
        device !== self &&
        peers.isConnected(device) &&
        !peers.isResting(device) &&
        !isStalled(device) &&
        !spread.confirmed.includes(device) &&
        !spread.refused.includes(device) &&
        !spread.attempts.some((attempt) => attempt.device === device),
    );
  }

  /** Members that claim to have it. */
  #holders({ id }: Spread): DeviceId[] {
    const { inventory, members } = this.#parts;
    return inventory.holdersOf(id).filter((device) => members.find(device) !== undefined);
  }
}
