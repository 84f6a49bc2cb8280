/** Two ends of one real libp2p stream, over a TCP connection on loopback. */
import type { Stream } from '@libp2p/interface';
import { identityFromSeed } from '../../../src/node/network/addresses/peer-identity.ts';
import { createNode, type PeerstorNode } from '../../../src/node/network/libp2p/libp2p-node.ts';
import { seedOf, testNetworkId, testSecret } from './libp2p/libp2p-world.ts';

const protocol = '/test/1';

export async function bareNode(number: number): Promise<PeerstorNode> {
  const { node } = await createNode({
    key: (await identityFromSeed(seedOf(number))).key,
    networkId: testNetworkId,
    networkSecrets: [testSecret],
    announce: [],
    listen: { host: '127.0.0.1', port: 0 },
    mdns: false,
    isWelcome: () => true,
    onNearby: () => undefined,
  });
  await node.start();
  return node;
}

/** @param wrap runs on each end at once, before anything can arrive */
export async function streamPair<End>(wrap: (stream: Stream) => End): Promise<{
  dialled: End;
  accepted: End;
  /** Ends the connection without a word. */
  cut: () => void;
  end: () => Promise<void>;
}> {
  const [a, b] = [await bareNode(101), await bareNode(102)];
  const accepted = Promise.withResolvers<End>();
  await b.handle(protocol, (stream) => accepted.resolve(wrap(stream)));
  const connection = await a.dial(b.getMultiaddrs());
  const dialled = wrap(await connection.newStream(protocol));
  return {
    dialled,
    accepted: await accepted.promise,
    cut: () => connection.abort(new Error('cut by the test')),
    end: async () => {
      // libp2p's own stop waits half a second for a connection that is open.
      connection.abort(new Error('the test is over'));
      await Promise.all([a.stop(), b.stop()]);
    },
  };
}
