/**
 * Which devices should have a chunk: weighted rendezvous hashing (Thaler & Ravishankar 1998; weights after
 * Schindelhauer & Schomaker 2005). Every device computes the same answer from the member list alone, and a
 * device that joins or leaves moves no more than its own share. Pure.
 *
 * Placement is a preference, the inventory is the truth. A weight is the capacity that a device lends, never
 * its free space or presence: a weight that changes often would move a fifth of the network back and forth.
 */
import { sha256 } from '../../crypto/index.ts';
import type { MemberDevice } from '../../model/contracts/replication.ts';
import { type ChunkId, type DeviceId, fromHex } from '../../model/ids.ts';

/** Capacity is rounded to steps of this ratio, so that small changes of a disk's size move nothing. */
const capacityStep = 1.1;

interface Candidate {
  readonly id: DeviceId;
  readonly bytes: Uint8Array;
  readonly weight: number;
  readonly alwaysOn: boolean;
  readonly place: string;
}

/** Placement for one state of the member list, prepared for many chunks. Make a new one when the list changes. */
export class Placement {
  readonly #candidates: readonly Candidate[];
  /** chunk id ‖ device id: the input of the hash, filled in place because this runs for millions of pairs. */
  readonly #pair = new Uint8Array(64);

  constructor(members: readonly MemberDevice[]) {
    this.#candidates = members
      .map((member) => ({
        id: member.id,
        bytes: fromHex(member.id),
        weight: weightOf(member),
        alwaysOn: member.class === 'always-on',
        place: member.place,
      }))
      .filter(({ weight }) => weight > 0);
  }

  /** The devices that may be given chunks at all: they lend space and are not draining. */
  devices(): DeviceId[] {
    return this.#candidates.map(({ id }) => id);
  }

  /** Every device that may have the chunk, best first. */
  rank(chunk: ChunkId): DeviceId[] {
    return this.#ranked(chunk).map(({ id }) => id);
  }

  /** The devices that should have the chunk: `copies` of them, or all where there are fewer. */
  wanted(chunk: ChunkId, copies: number): DeviceId[] {
    return choose(this.#ranked(chunk), copies).map(({ id }) => id);
  }

  /** The wanted devices, then all others by rank: a later one takes the chunk when an earlier one declines. */
  order(chunk: ChunkId, copies: number): DeviceId[] {
    const ranked = this.#ranked(chunk);
    const wanted = choose(ranked, copies);
    const others = ranked.filter((candidate) => !wanted.includes(candidate));
    return [...wanted, ...others].map(({ id }) => id);
  }

  /** The same order among some devices only: which of the holders should keep a copy. Others come last. */
  orderAmong(chunk: ChunkId, devices: readonly DeviceId[], copies: number): DeviceId[] {
    const ranked = this.#ranked(chunk).filter(({ id }) => devices.includes(id));
    const kept = choose(ranked, copies);
    const order = [...kept, ...ranked.filter((candidate) => !kept.includes(candidate))].map(({ id }) => id);
    return [...order, ...devices.filter((id) => !order.includes(id)).sort()];
  }

  #ranked(chunk: ChunkId): Candidate[] {
    const pair = this.#pair;
    pair.set(fromHex(chunk));
    return this.#candidates
      .map((candidate) => {
        pair.set(candidate.bytes, 32);
        return { candidate, score: -candidate.weight / Math.log(unitOf(sha256(pair))) };
      })
      .sort((a, b) => b.score - a.score || (a.candidate.id < b.candidate.id ? -1 : 1))
      .map(({ candidate }) => candidate);
  }
}

/** Every device that may have `chunk`, best first. For many chunks keep a `Placement`. */
export function rank(chunk: ChunkId, members: readonly MemberDevice[]): DeviceId[] {
  return new Placement(members).rank(chunk);
}

/** The devices that should have `chunk`. For many chunks keep a `Placement`. */
export function wantedHolders(chunk: ChunkId, members: readonly MemberDevice[], copies: number): DeviceId[] {
  return new Placement(members).wanted(chunk, copies);
}

/** Weight of a device: its lent bytes rounded down to a step; 0 while it is draining. */
export function weightOf(member: MemberDevice): number {
  if (member.state !== 'active' || member.capacityBytes < 1) return 0;
  return capacityStep ** Math.floor(Math.log(member.capacityBytes) / Math.log(capacityStep));
}

/** The first 52 bits of a hash as a number in (0, 1); adding a half excludes both ends. */
function unitOf(hash: Uint8Array): number {
  const view = new DataView(hash.buffer, hash.byteOffset, 8);
  return (view.getUint32(0) * 2 ** 20 + (view.getUint32(4) >>> 12) + 0.5) / 2 ** 52;
}

/**
 * Takes `copies` devices in rank order. Distinct places come before rank (a second device in the same named
 * place waits until every other place had its turn), and at least one device is always on.
 */
function choose(ranked: readonly Candidate[], copies: number): Candidate[] {
  const chosen: Candidate[] = [];
  for (const candidate of ranked) {
    if (chosen.length < copies && !sharesPlace(candidate, chosen)) chosen.push(candidate);
  }
  for (const candidate of ranked) {
    if (chosen.length < copies && !chosen.includes(candidate)) chosen.push(candidate);
  }
  if (copies < 1 || chosen.some(({ alwaysOn }) => alwaysOn)) return chosen;
  const awake = ranked.filter(({ alwaysOn }) => alwaysOn);
  const kept = chosen.slice(0, copies - 1);
  const replacement = awake.find((candidate) => !sharesPlace(candidate, kept)) ?? awake[0];
  return replacement ? [...kept, replacement] : chosen;
}

/** Devices without a named place never share one: nobody said where they are. */
function sharesPlace(candidate: Candidate, others: readonly Candidate[]): boolean {
  return candidate.place !== '' && others.some(({ place }) => place === candidate.place);
}
