/** A gateway whose way out of the house is narrow: how soon an upload is safe, and how soon full. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { type DeviceProcess, randomStream } from '../test/cluster/device-process.ts';
import { TcpProxy, Wire } from '../test/support/tcp-proxy.ts';
import { secondsUntil, withDevices } from './devices.ts';
import { MiB, median, type Row, seconds } from './measure.ts';

const bytesPerSecond = 2e6;

/** @param mib of each upload */
export async function measureUplink(mib: number, rounds: number): Promise<Row[]> {
  return withDevices({ count: 3, linked: true }, async ({ devices, links }) => {
    const [gateway] = devices;
    if (!gateway || !links) throw new Error('the bench has no gateway');
    const uplink = new Wire();
    uplink.bytesPerSecond = bytesPerSecond;
    links.shareUplink(0, uplink);
    const bare: number[] = [];
    const safe: number[] = [];
    const full: number[] = [];
    const sent: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await seconds(() => sendBare(mib * MiB)));
      const before = uplink.carriedBytes;
      const took = await upload(gateway, `/uplink-${round}.bin`, mib);
      safe.push(took.safe / (bare.at(-1) ?? 0));
      full.push(took.full / (bare.at(-1) ?? 0));
      sent.push((uplink.carriedBytes - before) / (mib * MiB));
    }
    const ratio = (values: number[]) => `${median(values).toFixed(2)} × one bare transfer`;
    const tookBare = median(bare);
    return [
      {
        what: `${mib} MiB to safe`,
        value: `${(median(safe) * tookBare).toFixed(1)} s`,
        ratio: ratio(safe),
        aim: '≤ 1.2',
      },
      {
        what: `${mib} MiB to full`,
        value: `${(median(full) * tookBare).toFixed(1)} s`,
        ratio: ratio(full),
        aim: '≤ 1.4',
      },
      {
        what: 'sent by the gateway',
        value: `${(median(sent) * mib).toFixed(0)} MiB`,
        ratio: `${median(sent).toFixed(2)} × the file`,
      },
    ];
  });
}

/** Seconds from the first byte given until the file is safe, and until it is full. */
async function upload(
  gateway: DeviceProcess,
  path: string,
  mib: number,
): Promise<{ safe: number; full: number }> {
  const safe = await seconds(() =>
    gateway.put(path, randomStream(mib * MiB, path), '?copies=safe&wait=3600'),
  );
  const rest = await secondsUntil('the file has all copies', async () => {
    const { safety } = await gateway.entryAt(path);
    return safety?.level === 'full';
  });
  return { safe, full: safe + rest };
}

/** The same bytes over plain TCP and a wire of the same rate, by themselves. */
async function sendBare(bytes: number): Promise<void> {
  const sink = createServer((socket) => socket.resume().on('end', () => socket.end()));
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const address = sink.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const proxy = await TcpProxy.open({ host: '127.0.0.1', port });
  proxy.setRate(bytesPerSecond);
  const socket = connect({ host: '127.0.0.1', port: proxy.port });
  for await (const piece of randomStream(bytes, 'bare')) {
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  socket.end();
  socket.resume();
  await once(socket, 'close');
  await proxy.close();
  sink.close();
}
