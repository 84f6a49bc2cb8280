/** The public interface of this folder: a Transport over libp2p. */

export { Bandwidth, type BandwidthSettings, noLimits } from './bandwidth.ts';
export type { MemberFacts } from './lanes.ts';
export { createLibp2pTransport } from './libp2p-transport.ts';
export { cannotListen } from './listen-error.ts';
export type { Libp2pTransport, Libp2pTransportOptions, PeerFacts, Wire } from './transport-options.ts';
