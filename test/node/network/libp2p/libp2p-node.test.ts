import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findPeer, type PeerstorNode } from '../../../../src/node/network/libp2p/libp2p-node.ts';
import { bareNode } from '../stream-pair.ts';

describe('libp2p node', () => {
  it('the libp2p node learns from a connected device, through kad-dht, where a third one is', async () => {
    const [a, b, c] = [await bareNode(1), await bareNode(2), await bareNode(3)];
    await identified(b, a);
    await identified(c, a);
    const signal = AbortSignal.timeout(5000);
    let found: string[] = [];
    // kad-dht pings a new contact before it counts it in.
    while (found.length === 0 && !signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      found = await findPeer(c, b.peerId, signal);
    }
    assert.ok(b.getMultiaddrs().some((address) => found.some((text) => address.toString().startsWith(text))));
    assert.deepEqual(c.getConnections(b.peerId), [], 'and has not dialled it');
    await Promise.all([a.stop(), b.stop(), c.stop()]);
  });

  it('the libp2p node gives no address of a device that nobody knows', async () => {
    const [a, b] = [await bareNode(1), await bareNode(2)];
    await identified(b, a);
    const unknown = await bareNode(9);
    assert.deepEqual(await findPeer(b, unknown.peerId, AbortSignal.timeout(5000)), []);
    await Promise.all([a.stop(), b.stop(), unknown.stop()]);
  });
});

/** Connected, and each knows the protocols of the other, as after a hello. */
async function identified(from: PeerstorNode, to: PeerstorNode): Promise<void> {
  const connection = await from.dial(to.getMultiaddrs());
  await from.services.identify.identify(connection);
  const [back] = to.getConnections(from.peerId);
  assert.ok(back);
  await to.services.identify.identify(back);
}
