/** The only door of the network: a Transport over libp2p. */

export type { MemberFacts } from './lanes.ts';
export { createLibp2pTransport } from './libp2p-transport.ts';
export type { Libp2pTransport, Libp2pTransportOptions, PeerFacts } from './transport-options.ts';
