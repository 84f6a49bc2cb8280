/**
 * The libp2p node as peerstor needs it. Every setting that differs from libp2p's default answers a measurement
 * with the versions in package.json (README.md lists them).
 */
import { identify } from '@libp2p/identify';
import {
  type Connection,
  isStartable,
  type Libp2p,
  type PeerId,
  type PrivateKey,
  type ServiceMap,
  type Startable,
  type StreamHandler,
} from '@libp2p/interface';
import { type KadDHT, type KadDHTComponents, kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { mdns } from '@libp2p/mdns';
import { ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p, type ServiceFactoryMap } from 'libp2p';
import type { NetworkId } from '../../../model/ids.ts';
import { helloTimeoutMs } from '../../../model/limits.ts';
import { listenAddress } from '../addresses/peer-address.ts';
import { asError } from '../frames/framed-stream.ts';
import { SecretEncrypters } from './secret-encrypters.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

const dhtProtocol = '/peerstor/kad/1';
const findPeerTimeoutMs = 5_000;

export interface NodeOptions {
  key: PrivateKey;
  networkId: NetworkId;
  /** 32 bytes each, the newest first: a device that knows none of them cannot finish the noise handshake. */
  networkSecrets: readonly Uint8Array[];
  listen: { host: string; port: number };
  /** Addresses announced instead of the listen addresses, unless empty. */
  announce: readonly { host: string; port: number }[];
  mdns: boolean;
  /** True when the peer passed the hello on a connection: only then do libp2p's own services answer it. */
  isWelcome: (peer: PeerId) => boolean;
  /** A peer on the local network announces this device: not proved. */
  onNearby: (peer: PeerId, addresses: string[]) => void;
}

interface Services extends ServiceMap {
  identify: ReturnType<ReturnType<typeof identify>>;
  ping: ReturnType<ReturnType<typeof ping>>;
  dht: KadDHT;
}

export type PeerstorNode = Libp2p<Services>;

/** Makes a node that is not started. */
export async function createNode(options: NodeOptions): Promise<{
  node: PeerstorNode;
  /** Reopens the mDNS sockets: after sleep or a change of network they may receive nothing. */
  restartDiscovery: () => Promise<void>;
  /** Uses these secrets for new connections. */
  useSecrets: (secrets: readonly Uint8Array[]) => void;
}> {
  const encrypters = new SecretEncrypters();
  const discoveries: Startable[] = [];
  const node = await createLibp2p<Services>({
    start: false,
    privateKey: options.key,
    addresses: {
      listen: [listenAddress(options.listen.host, options.listen.port)],
      announce: options.announce.map(({ host, port }) => listenAddress(host, port)),
    },
    transports: [tcp()],
    connectionEncrypters: encrypters.makers(options.networkSecrets),
    streamMuxers: [
      yamux({
        // With the default of 10, a burst of 40 streams right after a dial killed the muxer.
        maxEarlyStreams: 256,
        streamOptions: {
          initialStreamWindowSize: 256 * KiB,
          // Must stay below the read buffer, else a paused stream is reset.
          maxStreamWindowSize: 1 * MiB,
          maxReadBufferLength: 4 * MiB,
          // A writer that ignores back-pressure fails instead of using all memory.
          maxWriteBufferLength: 8 * MiB,
        },
      }),
    ],
    connectionManager: {
      maxConnections: 512,
      // The default is five per second from one address, which refuses several devices on one host.
      inboundConnectionThreshold: 100,
      maxIncomingPendingConnections: 100,
      inboundUpgradeTimeout: helloTimeoutMs,
      addressDialTimeout: 3_000,
      reconnectRetries: 0,
    },
    // The connection monitor takes a slow link for dead; the heartbeat on the control lane does not.
    connectionMonitor: { enabled: false },
    peerDiscovery: options.mdns
      ? [
          (components) => {
            const discovery = discoverNearby(options, mdns(mdnsOptions(options))(components));
            if (isStartable(discovery)) discoveries.push(discovery);
            return discovery;
          },
        ]
      : [],
    services: servicesOf(options),
  });
  const restartDiscovery = async () => {
    for (const discovery of discoveries) {
      await discovery.stop();
      if (node.status === 'started') await discovery.start();
    }
  };
  return { node, restartDiscovery, useSecrets: (secrets) => encrypters.use(secrets) };
}

/** libp2p's own protocols: none answers a stranger, none dials. */
function servicesOf({ isWelcome }: NodeOptions): ServiceFactoryMap<Services> {
  const onlyMembers = (registrar: KadDHTComponents['registrar']) => guardHandlers(registrar, isWelcome);
  return {
    // Called explicitly after the hello; at connection it would talk to anyone with the network secret.
    identify: (components) =>
      identify({ runOnConnectionOpen: false })({
        peerId: components.peerId,
        privateKey: components.privateKey,
        peerStore: components.peerStore,
        registrar: onlyMembers(components.registrar),
        addressManager: components.addressManager,
        events: components.events,
        logger: components.logger,
        nodeInfo: components.nodeInfo,
      }),
    // Required by kad-dht; our own round trips are measured on the control lane.
    ping: (components) =>
      ping()({
        registrar: onlyMembers(components.registrar),
        connectionManager: onlyExisting(components.connectionManager),
      }),
    dht: (components) =>
      kadDHT({
        protocol: dhtProtocol,
        clientMode: false,
        allowQueryWithZeroPeers: true,
        // Home addresses are private; the default mapper would drop them.
        peerInfoMapper: passthroughMapper,
      })({
        peerId: components.peerId,
        privateKey: components.privateKey,
        registrar: onlyMembers(components.registrar),
        addressManager: components.addressManager,
        peerStore: components.peerStore,
        connectionManager: onlyExisting(components.connectionManager),
        datastore: components.datastore,
        events: components.events,
        logger: components.logger,
        ping: components.ping,
      }),
  };
}

/**
 * Asks the connected devices for another device's addresses.
 * @returns its addresses, or an empty list
 */
export async function findPeer(node: PeerstorNode, peer: PeerId, signal: AbortSignal): Promise<string[]> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(findPeerTimeoutMs)]);
  try {
    for await (const event of node.services.dht.findPeer(peer, { signal: limited, useCache: false })) {
      if (event.name === 'FINAL_PEER') return event.peer.multiaddrs.map((address) => address.toString());
    }
  } catch (error) {
    // Nobody knows the device: an ordinary answer.
    if (asError(error).name !== 'NotFoundError') throw error;
  }
  return [];
}

/** Wraps the services: libp2p's own protocols do not answer strangers either. */
function guardHandlers(
  registrar: KadDHTComponents['registrar'],
  isWelcome: (peer: PeerId) => boolean,
): KadDHTComponents['registrar'] {
  const guarded: KadDHTComponents['registrar'] = Object.create(registrar);
  guarded.handle = (protocol, handler, handleOptions) => {
    const guardedHandler: StreamHandler = (stream, connection) => {
      if (isWelcome(connection.remotePeer)) return handler(stream, connection);
      stream.abort(new Error('no hello on this connection yet'));
    };
    return registrar.handle(protocol, guardedHandler, handleOptions);
  };
  return guarded;
}

/** kad-dht may ask connected devices, never dial: a connection without a lane would be surplus. */
function onlyExisting(manager: KadDHTComponents['connectionManager']): KadDHTComponents['connectionManager'] {
  const existing = (peer: Parameters<typeof manager.openConnection>[0]): Connection => {
    const [connection] = 'toMultihash' in peer ? manager.getConnections(peer) : [];
    if (connection === undefined) throw new Error('there is no connection to this peer');
    return connection;
  };
  const guarded: KadDHTComponents['connectionManager'] = Object.create(manager);
  guarded.openConnection = async (peer) => existing(peer);
  guarded.openStream = async (peer, protocol, streamOptions) =>
    existing(peer).newStream(protocol, streamOptions);
  return guarded;
}

function mdnsOptions({ networkId }: NodeOptions) {
  // RFC 6763 section 7: a service name has at most 15 characters.
  return { serviceTag: `_peerstor-${networkId.slice(0, 6)}._udp.local` };
}

/** libp2p announces a peer only once; a device that returned must be announced again. */
function discoverNearby<Discovery extends ReturnType<ReturnType<typeof mdns>>>(
  { onNearby }: NodeOptions,
  discovery: Discovery,
): Discovery {
  discovery.addEventListener('peer', ({ detail }) => {
    onNearby(
      detail.id,
      detail.multiaddrs.map((address) => address.toString()),
    );
  });
  return discovery;
}
