/** What it costs to be answered when a second device has everything, against this device alone. */
import { randomStream } from '../test/cluster/device-process.ts';
import { secondsUntil, withDevices } from './devices.ts';
import { MiB, median, type Row, seconds } from './measure.ts';

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
  return withDevices({ count: 3 }, async ({ devices: [gateway] }) => {
    if (!gateway) throw new Error('the bench has no gateway');
    const safe: number[] = [];
    const full: number[] = [];
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
    ];
  });
}
