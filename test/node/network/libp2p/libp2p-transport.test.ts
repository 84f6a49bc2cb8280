import { allConnected, transportContract } from '../../../contract/transport.contract.ts';
import { TcpProxy } from '../../../support/tcp-proxy.ts';
import { patient, portOf, stopAll, strangers } from './libp2p-world.ts';

// The second device is reached through a proxy, so that it can vanish without a word.
transportContract('libp2p', async (count, prepare) => {
  const devices = await strangers(count, { tunables: patient });
  const transports = devices.map(({ transport }) => transport);
  transports.forEach((transport, index) => {
    prepare?.(transport, index);
  });
  await Promise.all(transports.map((transport) => transport.start()));
  const [first, second, third] = transports;
  const proxy = await TcpProxy.open({ host: '127.0.0.1', port: portOf(second!) });
  first!.hint(second!.self, [`/ip4/127.0.0.1/tcp/${proxy.port}`]);
  if (third !== undefined) third.hint(first!.self, first!.addresses());
  await allConnected(transports);
  return {
    transports,
    vanish: async () => proxy.cut({ refuse: true }),
    end: async () => {
      await stopAll(devices);
      await proxy.close();
    },
  };
});
