import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { listenAddress, mustListen } from '../../../src/node/settings/listen-address.ts';

async function takenPort(): Promise<{ port: number; close: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return { port: address.port, close: () => server.close() };
}

test('a device whose chosen p2p port is taken is told so before it founds or joins a network', async () => {
  const { port, close } = await takenPort();
  try {
    const config = { host: '127.0.0.1', p2pPort: port };
    await assert.rejects(mustListen(config, { p2pPort: port }), {
      code: 'bad-input',
      message: /another program uses it; .*--p2p-port/,
    });
  } finally {
    close();
  }
});

test('a device whose remembered p2p port is taken listens on another one', async () => {
  const { port, close } = await takenPort();
  try {
    const config = { host: '127.0.0.1', p2pPort: undefined };
    await mustListen(config, { p2pPort: port });
    assert.deepEqual(await listenAddress(config, { p2pPort: port }), { host: '127.0.0.1', port: 0 });
  } finally {
    close();
  }
});

test('a host that is not an address of this machine is named before a network is joined', async () => {
  const config = { host: '203.0.113.7', p2pPort: undefined };
  await assert.rejects(mustListen(config, { p2pPort: 0 }), { message: /no such address/ });
});
