/**
 * Messages between member devices. Nothing reaches a handler before the peer passed the hello both
 * ways. Implementations: libp2p (`node/network`), memory (tests, simulator). Suite: test/contract.
 */
import type { DeviceId } from '../ids.ts';
import type { DeviceClass } from '../records.ts';

/** Versions of the messages between devices after the hello (PROTOCOL, hello). Two devices need one in common. */
export interface ProtocolRange {
  min: number;
  max: number;
}

/** What this program speaks. */
export const protocolRange: ProtocolRange = { min: 1, max: 1 };

/** Bulk is a connection of its own, so that control never waits behind chunks. */
export type Lane = 'control' | 'bulk';

export interface PeerStatus {
  device: DeviceId;
  class: DeviceClass;
  /** Changes at each start of the peer's process. */
  bootId: string;
  connectedAtMs: number;
  /** Smoothed round trip on the control lane. */
  rttMs: number;
  /** No frame for `peerSuspectMs`: still connected, but ask others first. */
  suspect: boolean;
  addresses: string[];
}

export interface CallOptions {
  lane?: Lane;
  signal?: AbortSignal;
  /** Default 30 s; the call fails with `peer-timeout` when no answer came by then. */
  timeoutMs?: number;
}

/** Answers a call; a thrown PeerstorError reaches the caller with its code and sentence. */
export type Handler = (from: DeviceId, body: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

export interface Transport {
  readonly self: DeviceId;
  start(): Promise<void>;
  stop(): Promise<void>;

  /** Devices that passed the hello and are not dropped, nearest (smallest round trip) first. */
  peers(): PeerStatus[];
  isConnected(device: DeviceId): boolean;

  /**
   * Sends a request and waits for its answer.
   * @param body at most `frameBytesMax` less 256 bytes, as is the answer
   * @throws `peer-unreachable`, `peer-timeout`, or the code that the peer's handler threw
   */
  call(device: DeviceId, method: string, body: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
  /** One way on the control lane, in order, dropped when the peer is not connected. */
  notify(device: DeviceId, method: string, body: Uint8Array): void;

  /** Registers the one handler of a method; before `start`. */
  handle(method: string, handler: Handler): void;

  onPeer(listener: (event: PeerEvent) => void): () => void;
}

export interface PeerEvent {
  kind: 'connected' | 'disconnected';
  device: DeviceId;
  bootId: string;
}
