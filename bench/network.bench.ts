/**
 * What the network costs: chunk-sized calls between two processes on loopback, beside a bare framed
 * libp2p stream, and the memory of an idle device.
 *
 *   node bench/network.bench.ts [--mib 400] [--rounds 3]
 */
import { MiB, numberFlag } from './measure.ts';
import { callRate, chunkBytes, openPair } from './transport-pair.ts';

const mib = numberFlag('mib', 400);
const rounds = numberFlag('rounds', 3);

async function measure(): Promise<void> {
  console.log(`RSS of this process with the imports alone: ${mebibytes(process.memoryUsage().rss)} MiB`);
  const { transport, peer, bareRate, close } = await openPair();
  await new Promise((resolve) => setTimeout(resolve, 5000));
  console.log(
    `RSS idle, one peer: ${mebibytes(process.memoryUsage().rss)} MiB here, ${await otherRss()} MiB there`,
  );
  const chunk = new Uint8Array(chunkBytes).fill(7);
  const put = () => transport.call(peer, 'put', chunk, { lane: 'bulk' });
  const get = () => transport.call(peer, 'get', new Uint8Array(32), { lane: 'bulk' });
  for (let round = 1; round <= rounds; round += 1) {
    console.log(`round ${round}`);
    report('put calls', await callRate(mib, put));
    report('get calls', await callRate(mib, get));
    report('bare stream', await bareRate(mib));
  }
  console.log(`control round trip ${transport.peers()[0]?.rttMs.toFixed(1)} ms`);
  console.log(`RSS after: ${mebibytes(process.memoryUsage().rss)} MiB here, ${await otherRss()} MiB there`);
  await close();

  async function otherRss(): Promise<number> {
    const answer = await transport.call(peer, 'rss', new Uint8Array());
    return mebibytes(Number(Buffer.from(answer).toString()));
  }
}

function report(what: string, rate: number): void {
  console.log(`  ${what.padEnd(12)} ${rate.toFixed(0).padStart(4)} MiB/s`);
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / MiB);
}

await measure();
