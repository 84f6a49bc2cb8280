/** How fast one device makes all copies of a lost one again on another, against a bare stream. */
import { randomStream } from '../test/cluster/device-process.ts';
import { until } from '../test/support/until.ts';
import { addDevice, metric, secondsUntil, withDevices } from './devices.ts';
import { MiB, median, type Row } from './measure.ts';
import { openPair, openSlowPair } from './transport-pair.ts';

/** 100 Mbit/s: what a wire of a home often carries, and less than two cores can. */
const homeBytesPerSecond = 12.5e6;

const tune = {
  copiesWanted: 2,
  presenceStableMs: 500,
  repairOneCopyMs: 1500,
  repairTwoCopiesMs: 3000,
  repairTwoCopiesSleeperMs: 3000,
  scrubPeriodMs: 2 ** 40,
};

export async function measureRepair(mib: number, rounds: number): Promise<Row[]> {
  return [
    await measure('no limit: three processes share the cores', { mib, rounds }),
    await measure('over 100 Mbit/s', { mib: mib / 2, rounds, bytesPerSecond: homeBytesPerSecond }),
  ];
}

interface Wish {
  mib: number;
  rounds: number;
  bytesPerSecond?: number;
}

async function measure(how: string, wish: Wish): Promise<Row> {
  const repaired: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < wish.rounds; round += 1) {
    // Before and after: the machine drifts.
    const before = await bareRate(wish);
    repaired.push(await repairRate(wish));
    bare.push((before + (await bareRate(wish))) / 2);
  }
  const ratios = repaired.map((rate, round) => rate / (bare[round] ?? 0));
  return {
    what: `${wish.mib} MiB of a lost device copied again, ${how}`,
    value: `${median(repaired).toFixed(1)} MiB/s`,
    ratio: `${median(ratios).toFixed(2)} of a bare stream (${median(bare).toFixed(1)})`,
    aim: '≥ 0.8',
  };
}

async function bareRate({ mib, bytesPerSecond }: Wish): Promise<number> {
  const pair = bytesPerSecond === undefined ? await openPair() : await openSlowPair(bytesPerSecond);
  const rate = await pair.bareRate(mib);
  await pair.close();
  return rate;
}

/** MiB a second from the first chunk that arrives to the last. */
async function repairRate({ mib, bytesPerSecond }: Wish): Promise<number> {
  const linked = bytesPerSecond !== undefined;
  return withDevices({ count: 2, spare: 1, linked, tune }, async ({ devices, links, folder, argsOf }) => {
    const [kept, lost] = devices;
    if (!kept || !lost) throw new Error('the bench has too few devices');
    await kept.put('/film.bin', randomStream(mib * MiB, 'film'), '?copies=full&wait=3600');
    const target = await addDevice(devices, { folder, tune, args: argsOf(2) });
    await until('the third device knows what there is', async () => {
      const { chunks } = await target.health();
      return (
        ((chunks.byCopies[2] ?? 0) === chunks.total && chunks.total > 0) || JSON.stringify(chunks.byCopies)
      );
    });
    if (bytesPerSecond) for (const link of links?.of(2) ?? []) link.setRate(bytesPerSecond);
    await lost.stop('SIGKILL');
    const held = () => metric(target, 'peerstor_bytes_held');
    await secondsUntil('the first copy arrives', async () => (await held()) > 0);
    const before = await held();
    const all = await metric(kept, 'peerstor_bytes_needed');
    const took = await secondsUntil('all copies are there', async () => (await held()) >= all);
    return (all - before) / MiB / took;
  });
}
