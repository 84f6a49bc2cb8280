/** Where this device listens for other devices. */
import { createServer } from 'node:net';
import type { DeviceConfig } from '../home/config.ts';
import type { HomeSettings } from '../home/home.ts';
import { cannotListen } from '../network/index.ts';

interface ListenAddress {
  host: string;
  port: number;
}

type Asked = Pick<DeviceConfig, 'host' | 'p2pPort'>;
type Remembered = Pick<HomeSettings, 'p2pPort'>;

/** The port of the last run, so that others find the device there; a free one if another program took it meanwhile. */
export async function listenAddress(config: Asked, settings: Remembered): Promise<ListenAddress> {
  const host = config.host === 'localhost' ? '127.0.0.1' : config.host;
  const wanted = { host, port: settings.p2pPort };
  if (config.p2pPort !== undefined || (await probe(wanted)) === undefined) return wanted;
  return { host, port: 0 };
}

/**
 * Called before a network is founded or joined: what is written then could not be taken back when the device
 * turns out to be unable to listen.
 * @throws `bad-input` naming the address and what to do
 */
export async function mustListen(config: Asked, settings: Remembered): Promise<void> {
  const address = await listenAddress(config, settings);
  const error = await probe(address);
  if (error) throw cannotListen(address, error);
}

/** @returns why the address cannot be listened on now; undefined when it can */
function probe({ host, port }: ListenAddress): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
