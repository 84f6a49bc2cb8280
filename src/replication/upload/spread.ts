/** The state of one chunk until it has the wanted copies. */
import type { ChunkId, DeviceId } from '../../model/ids.ts';

export interface Attempt {
  device: DeviceId;
  /** The holder that was asked to relay the chunk; absent when this device pushes or asks itself. */
  by?: DeviceId;
  /** The attempt takes too long: another device is tried as well. */
  stalled: boolean;
}

/** Called when the chunk has more copies, or when no device can take it at the moment. */
export interface SpreadWatcher {
  changed(spread: Spread): void;
}

/** Uses arrays, not sets: there may be a hundred thousand of these, with three devices in each. */
export interface Spread {
  readonly id: ChunkId;
  /** Devices that confirmed in this session that the chunk is durable there; this one when it is stored here. */
  confirmed: DeviceId[];
  attempts: Attempt[];
  /** Devices that refuse this chunk. */
  refused: DeviceId[];
  /** `chunk/put` as sent over the wire, while there is memory for it. */
  body: Uint8Array | undefined;
  /** True when the bytes are only in `body`, because this device's disk is full. */
  onlyInMemory: boolean;
  /** True when the copy here turned out to be bad: there is nothing to push. */
  unreadable: boolean;
  /** True when a push of `body` did not end with an answer. */
  pushFailed: boolean;
  /** True when a holder was asked to relay it and did not: this device pushes it itself. */
  relayRefused: boolean;
  watchers: SpreadWatcher[];
  /** No attempt is in flight. */
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
    relayRefused: false,
    watchers: [],
    idle: true,
  };
}

/** True when this device pushes or asks itself. */
export function isOwn({ by }: Attempt): boolean {
  return by === undefined;
}
