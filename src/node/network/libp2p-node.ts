/**
 * The libp2p node as peerstor needs it. Every setting that differs from libp2p's own answers to
 * something measured with the versions pinned in package.json (README.md lists them).
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
import { createLibp2p } from 'libp2p';
import type { NetworkId } from '../../model/ids.ts';
import { helloTimeoutMs } from '../../model/limits.ts';
import { asError } from './framed-stream.ts';
import { listenAddress } from './peer-address.ts';
import { SecretEncrypters } from './secret-encrypters.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

const dhtProtocol = '/peerstor/kad/1';
const findPeerTimeoutMs = 5_000;

export interface NodeOptions {
  key: PrivateKey;
  networkId: NetworkId;
  /** 32 bytes each, the newest first: whoever knows none of them cannot finish the noise handshake. */
  networkSecrets: readonly Uint8Array[];
  listen: { host: string; port: number };
  /** What others are told instead, where it is not empty. */
  announce: readonly { host: string; port: number }[];
  mdns: boolean;
  /** Passed the hello on a connection of this peer: only then do libp2p's own services answer it. */
  isWelcome: (peer: PeerId) => boolean;
  /** Someone on the local network says that this device is there: not proved. */
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
  /** Opens the mDNS sockets anew: after sleep or a change of network they may be deaf. */
  restartDiscovery: () => Promise<void>;
  /** New connections are made under these secrets from now on. */
  useSecrets: (secrets: readonly Uint8Array[]) => void;
}> {
  const encrypters = new SecretEncrypters();
  const discoveries: Startable[] = [];
  const onlyMembers = (registrar: KadDHTComponents['registrar']) =>
    guardHandlers(registrar, options.isWelcome);
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
        // 40 streams opened straight after a dial killed the muxer at the default of 10.
        maxEarlyStreams: 256,
        streamOptions: {
          initialStreamWindowSize: 256 * KiB,
          // Must stay below the read buffer, else a paused stream is reset.
          maxStreamWindowSize: 1 * MiB,
          maxReadBufferLength: 4 * MiB,
          // A runaway writer fails instead of swelling.
          maxWriteBufferLength: 8 * MiB,
        },
      }),
    ],
    connectionManager: {
      maxConnections: 512,
      // By default five a second from one address: several devices on one host are refused.
      inboundConnectionThreshold: 100,
      maxIncomingPendingConnections: 100,
      inboundUpgradeTimeout: helloTimeoutMs,
      addressDialTimeout: 3_000,
      reconnectRetries: 0,
    },
    // It counts a slow link as dead; the heartbeat on the control lane does not.
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
    services: {
      // Run by hand after the hello; on connection it would talk to whoever has the network secret.
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
      // kad-dht asks for it; our own round trips are measured on the control lane.
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
          // Home addresses are private ones; the default mapper would drop them.
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
    },
  });
  const restartDiscovery = async () => {
    for (const discovery of discoveries) {
      await discovery.stop();
      if (node.status === 'started') await discovery.start();
    }
  };
  return { node, restartDiscovery, useSecrets: (secrets) => encrypters.use(secrets) };
}

/**
 * Asks the devices that are connected where another one is.
 * @returns its addresses, or none
 */
export async function findPeer(node: PeerstorNode, peer: PeerId, signal: AbortSignal): Promise<string[]> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(findPeerTimeoutMs)]);
  try {
    for await (const event of node.services.dht.findPeer(peer, { signal: limited, useCache: false })) {
      if (event.name === 'FINAL_PEER') return event.peer.multiaddrs.map((address) => address.toString());
    }
  } catch (error) {
    // Nobody knows it: an answer like any other.
    if (asError(error).name !== 'NotFoundError') throw error;
  }
  return [];
}

/** Wrapped services: what a stranger asks of libp2p itself is not answered either. */
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

/** kad-dht may ask connected devices, never dial: a connection without a lane would be one too many. */
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

/** libp2p announces a peer once only; a device that came back is news to us each time. */
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
