/** One chunk on its way to the copies that are wanted of it. */
import type { ChunkId, DeviceId } from '../../model/ids.ts';

export interface Attempt {
  device: DeviceId;
  /** The holder that was asked to give it on; absent when this device pushes or asks itself. */
  by?: DeviceId;
  /** It takes too long: another device is tried as well. */
  stalled: boolean;
}

/** Told when the chunk has more copies, or when nothing more can be done for it at the moment. */
export interface SpreadWatcher {
  changed(spread: Spread): void;
}

/** Arrays, not sets: there may be a hundred thousand of these, with three devices in each. */
export interface Spread {
  readonly id: ChunkId;
  /** Devices that said in this session that it is durable there; this one when it is stored here. */
  confirmed: DeviceId[];
  attempts: Attempt[];
  /** Devices that refuse this very chunk. */
  refused: DeviceId[];
  /** `chunk/put` as it goes over the wire, while there is memory for it. */
  body: Uint8Array | undefined;
  /** The bytes are nowhere but in `body`: this device's disk is full. */
  onlyInMemory: boolean;
  /** The copy here turned out to be bad: there is nothing to push. */
  unreadable: boolean;
  /** A push of `body` did not end with an answer. */
  pushFailed: boolean;
  /** A holder that was asked to give it on did not: this device does it itself. */
  passRefused: boolean;
  watchers: SpreadWatcher[];
  /** No device is under way with it. */
  idle: boolean;
}

export function liveAttempts(spread: Spread): number {
  return spread.attempts.reduce((count, { stalled }) => count + (stalled ? 0 : 1), 0);
}

export function newSpread(id: ChunkId): Spread {
  return {
    id,
    confirmed: [],
    attempts: [],
    refused: [],
    body: undefined,
    onlyInMemory: false,
    unreadable: false,
    pushFailed: false,
    passRefused: false,
    watchers: [],
    idle: true,
  };
}

/** This device pushes, or asks. */
export function isOwn({ by }: Attempt): boolean {
  return by === undefined;
}
