/** How fast one device makes all copies of a lost one again on another, against a bare stream. */
import { randomStream, until } from '../test/cluster/device-process.ts';
import { addDevice, metric, secondsUntil, withDevices } from './devices.ts';
import { MiB, median, type Row } from './measure.ts';
import { openPair } from './transport-pair.ts';

const tune = {
  copiesWanted: 2,
  presenceStableMs: 500,
  repairOneCopyMs: 1500,
  repairTwoCopiesMs: 3000,
  repairTwoCopiesSleeperMs: 3000,
  scrubPeriodMs: 2 ** 40,
};

export async function measureRepair(mib: number, rounds: number): Promise<Row[]> {
  const repaired: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Before and after: the machine drifts.
    const before = await bareRate(mib);
    repaired.push(await repairRate(mib));
    bare.push((before + (await bareRate(mib))) / 2);
  }
  const ratios = repaired.map((rate, round) => rate / (bare[round] ?? 0));
  return [
    {
      what: `${mib} MiB of a lost device copied again`,
      value: `${median(repaired).toFixed(0)} MiB/s`,
      ratio: `${median(ratios).toFixed(2)} of a bare stream (${median(bare).toFixed(0)})`,
      aim: '≥ 0.8',
    },
  ];
}

async function bareRate(mib: number): Promise<number> {
  const pair = await openPair();
  const rate = await pair.bareRate(mib);
  await pair.close();
  return rate;
}

/** MiB a second from the first chunk that arrives to the last. */
async function repairRate(mib: number): Promise<number> {
  return withDevices({ count: 2, tune }, async ({ devices, folder }) => {
    const [kept, lost] = devices;
    if (!kept || !lost) throw new Error('the bench has too few devices');
    await kept.put('/film.bin', randomStream(mib * MiB, 'film'), '?copies=full&wait=3600');
    const target = await addDevice(devices, { folder, tune });
    await until('the third device knows what there is', async () => {
      const { chunks } = await target.health();
      return (
        ((chunks.byCopies[2] ?? 0) === chunks.total && chunks.total > 0) || JSON.stringify(chunks.byCopies)
      );
    });
    await lost.stop('SIGKILL');
    const held = () => metric(target, 'peerstor_bytes_held');
    await secondsUntil('the first copy arrives', async () => (await held()) > 0);
    const before = await held();
    const all = await metric(kept, 'peerstor_bytes_needed');
    const took = await secondsUntil('all copies are there', async () => (await held()) >= all);
    return (all - before) / MiB / took;
  });
}
