/** The only door of the network: a Transport over libp2p. */

export type { MemberFacts } from './lanes.ts';
export {
  createLibp2pTransport,
  type Libp2pTransport,
  type Libp2pTransportOptions,
  type PeerFacts,
} from './libp2p-transport.ts';
