/** Options of the transport over libp2p, and what it offers beyond the contract. */
import type { Clock, Random } from '../../../model/clock.ts';
import type { OrderedStore } from '../../../model/contracts/ordered-store.ts';
import type { ProtocolRange, Transport } from '../../../model/contracts/transport.ts';
import type { DeviceId, NetworkId } from '../../../model/ids.ts';
import type { Tunables } from '../../../model/limits.ts';
import type { Log } from '../../../model/log.ts';
import type { DeviceClass } from '../../../model/records.ts';
import type { MemberFacts } from '../lanes.ts';
import type { Bandwidth } from '../limits/bandwidth.ts';
import type { Traffic } from '../traffic.ts';
import type { WireGaps } from '../wire-gaps.ts';

export type Wire = 'sealed' | 'noise';

export interface Libp2pTransportOptions {
  /** 32 bytes: the seed of the device's Ed25519 key, which is also its libp2p identity. */
  identitySeed: Uint8Array;
  networkId: NetworkId;
  /** 32 bytes each, shared by all members: noise prologues, the newest first. Read again at `secretsChanged`. */
  networkSecrets: () => readonly Uint8Array[];
  /** `host` is an IP literal (0.0.0.0: all interfaces); port 0 takes a free one. */
  listen: { host: string; port: number };
  /** Addresses announced instead of the listen addresses. */
  announce?: readonly { host: string; port: number }[];
  /** What this device says of itself in its hello. */
  name: () => string;
  class: () => DeviceClass;
  /** Optional features; the other side ignores those that it does not know. */
  features?: readonly string[];
  /** Proof of the own membership (`Catalog.certificatesOf`), requested for each hello. */
  certificates: () => Uint8Array[];
  /** Facts about a connecting device when its certificates prove a member that was not removed. */
  authorize: (device: DeviceId, certificates: readonly Uint8Array[]) => MemberFacts | undefined;
  /** Records that prove a device's removal, sent with the refusal. Empty for a stranger. */
  removalProof?: (device: DeviceId) => Uint8Array[];
  /** A device refused this one as no member, with that proof. Nothing of it is checked yet. */
  onRefused?: (proof: readonly Uint8Array[]) => void;
  /** Every device to be connected with; the own id is ignored. */
  members: () => Iterable<DeviceId>;
  /** Calls back when `members` or an answer of `authorize` may have changed. */
  onMembersChange: (listener: () => void) => () => void;
  /** A store used by nothing else (`withPrefix`). */
  addressBook: OrderedStore;
  mdns: boolean;
  /**
   * `sealed`: chunks, which are sealed already, go without a second cipher to devices of the same LAN. Read again at
   * `wireChanged`; noise for everything by default.
   */
  wire?: () => Wire;
  /** Limits of this device's link for chunks; may be changed while it runs. */
  bandwidth?: Bandwidth;
  /** Counts what moves with each device. */
  traffic?: Traffic;
  gaps?: WireGaps;
  /** Versions of messages that it speaks; those of this program by default. */
  protocol?: ProtocolRange;
  tunables: Tunables;
  log: Log;
  clock?: Clock;
  random?: Random;
}

export interface Libp2pTransport extends Transport {
  /** Own addresses with the peer id, such as /ip4/192.168.1.7/tcp/4001/p2p/…; empty before `start`. */
  addresses(): string[];
  /**
   * Somebody reports addresses of the device: dials it now, and keeps trying as long as hints come, even before
   * it is a member as far as this device knows.
   */
  hint(device: DeviceId, addresses: readonly string[]): void;
  /** The setting `wire` has changed: applies at once. */
  wireChanged(): void;
  /** Other network secrets are in force: new connections use them, existing ones stay. */
  secretsChanged(): void;
  /** For a connected device: what its hello contained besides `PeerStatus`. */
  facts(device: DeviceId): PeerFacts | undefined;
}

export interface PeerFacts {
  name: string;
  features: string[];
  /** The peer's wall clock minus ours at its hello: exact to within a round trip. */
  clockOffsetMs: number;
  /** True while chunks go to and from the device without a second cipher. */
  sealed: boolean;
  /** libp2p connections with the device; normally two (control and bulk). */
  connections: number;
}
