/**
 * What the network costs: chunk-sized calls between two processes on loopback, beside a bare framed
 * libp2p stream, and the memory of an idle device.
 *
 *   node bench/network.bench.ts [--mib 400] [--rounds 3]
 */
import { chunkIdOf } from '../src/crypto/index.ts';
import { fromHex } from '../src/model/ids.ts';
import type { Wire } from '../src/node/network/index.ts';
import { MiB, numberFlag } from './measure.ts';
import { benchChunk, callRate, chunkBytes, cpuSeconds, openPair } from './transport-pair.ts';

const mib = numberFlag('mib', 400);
const rounds = numberFlag('rounds', 3);

async function measure(): Promise<void> {
  console.log(`RSS of this process with the imports alone: ${mebibytes(process.memoryUsage().rss)} MiB`);
  for (const wire of ['noise', 'sealed'] as const) await measureWire(wire);
}

async function measureWire(wire: Wire): Promise<void> {
  console.log(`wire: ${wire}`);
  const { transport, peer, bareRate, close } = await openPair(undefined, wire);
  const ask = async (what: 'cpu' | 'rss') =>
    Number(Buffer.from(await transport.call(peer, what, new Uint8Array())).toString());
  await new Promise((resolve) => setTimeout(resolve, 5000));
  console.log(
    `RSS idle, one peer: ${mebibytes(process.memoryUsage().rss)} MiB here, ${mebibytes(await ask('rss'))} MiB there`,
  );
  const chunk = new Uint8Array(32 + chunkBytes).fill(7);
  const id = fromHex(await chunkIdOf(benchChunk));
  const put = () => transport.call(peer, 'chunk/put', chunk, { lane: 'bulk' });
  const get = () => transport.call(peer, 'chunk/get', id, { lane: 'bulk' });
  for (let round = 1; round <= rounds; round += 1) {
    console.log(`round ${round}`);
    for (const [what, call] of [
      ['put calls', put],
      ['get calls', get],
    ] as const) {
      const before = [cpuSeconds(), await ask('cpu')] as const;
      const rate = await callRate(mib, call);
      const [here, there] = [cpuSeconds() - before[0], (await ask('cpu')) - before[1]];
      const perGiB = (seconds: number) => ((seconds * 1024) / mib).toFixed(1);
      report(what, rate, `CPU s/GiB: ${perGiB(here)} here, ${perGiB(there)} there`);
    }
    if (wire === 'noise') report('bare stream', await bareRate(mib));
  }
  console.log(`control round trip ${transport.peers()[0]?.rttMs.toFixed(1)} ms`);
  console.log(
    `RSS after: ${mebibytes(process.memoryUsage().rss)} MiB here, ${mebibytes(await ask('rss'))} MiB there`,
  );
  await close();
}

function report(what: string, rate: number, more = ''): void {
  console.log(`  ${what.padEnd(12)} ${rate.toFixed(0).padStart(4)} MiB/s  ${more}`);
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / MiB);
}

await measure();
