/** One connected device: its lanes, and what is known about it. */
import type { Connection } from '@libp2p/interface';
import type { Lane, PeerStatus } from '../../model/contracts/transport.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { DeviceClass } from '../../model/records.ts';
import type { RpcChannel } from './frames/rpc-channel.ts';
import type { Hello } from './hello.ts';

/** Weight of the newest round trip: one slow answer does not reorder the peers. */
const newestWeight = 0.2;

/** One connection with its one stream, after the hello. */
export interface LaneLink {
  lane: Lane;
  device: DeviceId;
  connection: Connection;
  channel: RpcChannel;
  hello: Hello;
  /** From the membership, not from the device's own claim. */
  class: DeviceClass;
  weDialled: boolean;
}

export class PeerLink {
  readonly device: DeviceId;
  control: LaneLink | undefined;
  /** For chunks without a second cipher; chunks go over the bulk lane where there is none. */
  sealed: RpcChannel | undefined;
  addresses: string[] = [];
  connectedAtMs = 0;
  #rttMs: number | undefined;
  #bulk: LaneLink | undefined;
  #bulkReady = Promise.withResolvers<LaneLink>();

  constructor(device: DeviceId) {
    this.device = device;
    ignoreRejection(this.#bulkReady.promise);
  }

  get bulk(): LaneLink | undefined {
    return this.#bulk;
  }

  /** The bulk lane comes up a moment after control; callers that need it wait here. */
  get bulkReady(): Promise<LaneLink> {
    return this.#bulkReady.promise;
  }

  setBulk(bulk: LaneLink | undefined): void {
    this.#bulk = bulk;
    if (bulk !== undefined) {
      this.#bulkReady.resolve(bulk);
      return;
    }
    this.#bulkReady = Promise.withResolvers<LaneLink>();
    ignoreRejection(this.#bulkReady.promise);
  }

  /** The device is gone: waiting callers fail. */
  abandon(): void {
    this.#bulkReady.reject(new PeerstorError('peer-unreachable', 'The device is not connected any more.'));
  }

  lanes(): LaneLink[] {
    return [this.control, this.#bulk].filter((lane) => lane !== undefined);
  }

  channels(): RpcChannel[] {
    const channels = this.lanes().map(({ channel }) => channel);
    return this.sealed ? [...channels, this.sealed] : channels;
  }

  observeRoundTrip(roundTripMs: number): void {
    const before = this.#rttMs ?? roundTripMs;
    this.#rttMs = before + newestWeight * (roundTripMs - before);
    for (const channel of this.channels()) channel.slowDown(roundTripMs);
  }

  status(control: LaneLink, nowMs: number, suspectMs: number): PeerStatus {
    const silentMs = Math.min(...this.lanes().map(({ channel }) => channel.silentMs(nowMs)));
    return {
      device: this.device,
      class: control.class,
      bootId: control.hello.bootId,
      connectedAtMs: this.connectedAtMs,
      rttMs: this.#rttMs ?? 0,
      suspect: silentMs > suspectMs,
      addresses: [...this.addresses],
    };
  }
}

/** Waiting callers see the rejection; unhandled, it would end the process. */
function ignoreRejection(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}
