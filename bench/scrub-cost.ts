/** What reading all copies again in the background costs an upload. */
import { type DeviceProcess, randomStream } from '../test/cluster/device-process.ts';
import { metric, secondsUntil, withDevices } from './devices.ts';
import { MiB, median, type Row, seconds } from './measure.ts';

const never = { safeWaitMs: 0, scrubPeriodMs: 2 ** 40 };
/** A pass begins as soon as the last has ended, at the most that a scrub may read. */
const always = { safeWaitMs: 0, scrubPeriodMs: 1000 };
/** Uploads are short against what drifts, so there are more of them. */
const uploadsPerRound = 3;

export async function measureScrub(mib: number, rounds: number): Promise<Row[]> {
  return withDevices({ count: 1, tune: never }, ({ devices: [quiet] }) =>
    withDevices({ count: 1, tune: always }, async ({ devices: [scrubbing] }) => {
      if (!quiet || !scrubbing) throw new Error('the bench has no device');
      const took = { quiet: [] as number[], scrubbing: [] as number[] };
      for (const device of [quiet, scrubbing]) await upload(device, '/before.bin', 2 * mib);
      const before = await metric(scrubbing, 'peerstor_scrub_finished_timestamp_seconds');
      await secondsUntil('a pass over it ends', async () => {
        return (await metric(scrubbing, 'peerstor_scrub_finished_timestamp_seconds')) > before;
      });
      for (let round = 0; round < rounds * uploadsPerRound; round += 1) {
        const path = `/${round}.bin`;
        // Whoever is not measured stands still.
        scrubbing.signal('SIGSTOP');
        took.quiet.push(await upload(quiet, path, mib));
        quiet.signal('SIGSTOP');
        scrubbing.signal('SIGCONT');
        took.scrubbing.push(await upload(scrubbing, path, mib));
        quiet.signal('SIGCONT');
      }
      const share = median(took.scrubbing) / median(took.quiet) - 1;
      return [
        {
          what: `upload of ${mib} MiB while everything is scrubbed again and again`,
          value: `${(mib / median(took.scrubbing)).toFixed(0)} MiB/s`,
          ratio: `${(share * 100).toFixed(0)} % slower than without (${(mib / median(took.quiet)).toFixed(0)})`,
          aim: '≤ 10 %',
        },
      ];
    }),
  );
}

function upload(device: DeviceProcess, path: string, mib: number): Promise<number> {
  return seconds(() =>
    device.put(path, randomStream(mib * MiB, `${device.name} ${path}`), '?copies=accepted'),
  );
}
