/** The public interface of this folder: a Transport over libp2p. */

export type { MemberFacts } from './lanes.ts';
export { createLibp2pTransport } from './libp2p/libp2p-transport.ts';
export type { Libp2pTransport, Libp2pTransportOptions, PeerFacts, Wire } from './libp2p/transport-options.ts';
export { Bandwidth, type BandwidthSettings, noLimits } from './limits/bandwidth.ts';
export { cannotListen } from './listen-error.ts';
export { Traffic } from './traffic.ts';
export { WireGaps } from './wire-gaps.ts';
