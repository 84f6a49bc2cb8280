/** What it costs to be answered when a second device has everything, against this device alone. */
import { cpus } from 'node:os';
import { randomStream } from '../test/cluster/device-process.ts';
import { secondsUntil, withDevices } from './devices.ts';
import { cpuSeconds, MiB, median, type Row, seconds } from './measure.ts';

export async function measureSafety(mib: number, rounds: number): Promise<Row[]> {
  const alone = await withDevices({ count: 1, tune: { safeWaitMs: 0 } }, async ({ devices: [device] }) => {
    const took: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const path = `/alone-${round}.bin`;
      took.push(
        await seconds(async () => device?.put(path, randomStream(mib * MiB, path), '?copies=accepted')),
      );
    }
    return took;
  });
  return withDevices({ count: 3 }, async ({ devices }) => {
    const [gateway] = devices;
    if (!gateway) throw new Error('the bench has no gateway');
    const safe: number[] = [];
    const full: number[] = [];
    const cpuUsed = async () => {
      const used = await Promise.all(devices.map(({ pid }) => cpuSeconds(pid)));
      return used.reduce((sum, one) => sum + one, 0);
    };
    const cpuBefore = await cpuUsed();
    for (let round = 0; round < rounds; round += 1) {
      const path = `/safe-${round}.bin`;
      const took = await seconds(() =>
        gateway.put(path, randomStream(mib * MiB, path), '?copies=safe&wait=3600'),
      );
      const rest = await secondsUntil('the file has all copies', async () => {
        const { safety } = await gateway.entryAt(path);
        return safety?.level === 'full';
      });
      safe.push(took);
      full.push(took + rest);
    }
    const cpu = (await cpuUsed()) - cpuBefore;
    const tookAll = full.reduce((sum, one) => sum + one, 0);
    const rate = (took: number[]) => `${(mib / median(took)).toFixed(0)} MiB/s`;
    const share = (took: number[]) => (median(alone) / median(took)).toFixed(2);
    return [
      { what: `upload of ${mib} MiB, one device, accepted`, value: rate(alone) },
      {
        what: 'three devices, answered at safe',
        value: rate(safe),
        ratio: `${share(safe)} of accepted alone`,
      },
      { what: 'three devices, until full', value: rate(full), ratio: `${share(full)} of accepted alone` },
      {
        what: 'processor time of the three devices',
        value: `${((cpu / rounds / mib) * 1024).toFixed(1)} s a GiB`,
        ratio: `${(cpu / tookAll).toFixed(1)} of ${cpus().length} cores`,
      },
    ];
  });
}
