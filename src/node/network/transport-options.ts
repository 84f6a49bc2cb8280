/** What the transport over libp2p is told, and what it offers beyond the contract. */
import type { Clock, Random } from '../../model/clock.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import type { DeviceId, NetworkId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { DeviceClass } from '../../model/records.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { MemberFacts } from './lanes.ts';

export interface Libp2pTransportOptions {
  /** 32 bytes: the seed of the device's Ed25519 key, which is its id here too. */
  identitySeed: Uint8Array;
  networkId: NetworkId;
  /** 32 bytes each that all members share: noise prologues, the newest first. Read again at `secretsChanged`. */
  networkSecrets: () => readonly Uint8Array[];
  /** `host` is an IP literal (0.0.0.0: all interfaces); port 0 takes a free one. */
  listen: { host: string; port: number };
  /** Addresses that others are told instead of those it listens on. */
  announce?: readonly { host: string; port: number }[];
  /** What this device says of itself in its hello. */
  name: () => string;
  class: () => DeviceClass;
  /** Optional abilities; the other side ignores those that it does not know. */
  features?: readonly string[];
  /** Proof of the own membership (`Catalog.certificatesOf`), asked for at each hello. */
  certificates: () => Uint8Array[];
  /** The one who knocks, with its proof: its facts when it is a member that was not removed. */
  authorize: (device: DeviceId, certificates: readonly Uint8Array[]) => MemberFacts | undefined;
  /** What shows one who knocks that it was removed: told with the refusal. Empty for a mere stranger. */
  removalProof?: (device: DeviceId) => Uint8Array[];
  /** A device refused this one as no member, with that proof. Nothing of it is checked yet. */
  onRefused?: (proof: readonly Uint8Array[]) => void;
  /** Every device to be connected with; the own id does not matter. */
  members: () => Iterable<DeviceId>;
  /** Calls back when `members` or an answer of `authorize` may have changed. */
  onMembersChange: (listener: () => void) => () => void;
  /** A store of its own (`withPrefix`). */
  addressBook: OrderedStore;
  mdns: boolean;
  /** What this device takes of its link for chunks; may be changed while it runs. */
  bandwidth?: Bandwidth;
  tunables: Tunables;
  log: Log;
  clock?: Clock;
  random?: Random;
}

export interface Libp2pTransport extends Transport {
  /** Own addresses with the peer id, such as /ip4/192.168.1.7/tcp/4001/p2p/…; empty before `start`. */
  addresses(): string[];
  /**
   * Someone says that the device is there: dial it now, and keep trying for as long as it is hinted
   * at even when it is no member yet as far as this device knows.
   */
  hint(device: DeviceId, addresses: readonly string[]): void;
  /** Other network secrets are in force: new connections use them, those that exist stay. */
  secretsChanged(): void;
  /** Of a connected device: what its hello said besides `PeerStatus`. */
  facts(device: DeviceId): PeerFacts | undefined;
}

export interface PeerFacts {
  name: string;
  features: string[];
  /** Its wall clock less ours when it said hello: within a round trip of the truth. */
  clockOffsetMs: number;
  /** libp2p connections with it; two (control and bulk) when all is well. */
  connections: number;
}
