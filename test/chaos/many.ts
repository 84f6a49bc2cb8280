/** Runs many schedules on one cluster, within a time limit. */
import { ChaosCluster } from './cluster.ts';
import { type Outcome, runSchedule } from './schedule.ts';
import type { WrittenFile } from './workload.ts';

/** Files of earlier schedules that are checked again: enough to notice a loss, few enough to read on each device. */
const filesKept = 40;

export async function runMany(options: {
  /** One schedule for each, in this order. */
  seeds: readonly number[];
  devices: number;
  minutes: number;
  say(line: string): void;
}): Promise<Outcome[]> {
  const { seeds, devices, say } = options;
  const giveUpMs = performance.now() + options.minutes * 60_000;
  const outcomes: Outcome[] = [];
  const cluster = await ChaosCluster.start(devices);
  if (cluster.withoutDisks !== undefined) say(`without full and read-only disks: ${cluster.withoutDisks}`);
  try {
    let kept: WrittenFile[] = [];
    for (const [index, next] of seeds.entries()) {
      if (performance.now() > giveUpMs) break;
      const { files, ...outcome } = await runSchedule(cluster, next, kept);
      outcomes.push(outcome);
      const { troubles, acknowledged, refused, memoryBytes, broken } = outcome;
      const counts = `${acknowledged} acknowledged, ${refused} not; ${Math.round(memoryBytes / 2 ** 20)} MiB`;
      say(`seed ${next}: ${troubles.join('; ')}. ${counts}`);
      for (const sentence of broken) say(`  BROKEN ${sentence}`);
      kept = files.slice(-filesKept).filter(({ possible }) => possible[0]?.path.startsWith(`/seed ${next}/`));
      // Otherwise the small disks would stay full after some schedules.
      if (index > 0) await deleteForEver(cluster, `/seed ${seeds[index - 1]}`);
    }
  } finally {
    await cluster.close();
  }
  return outcomes;
}

async function deleteForEver(cluster: ChaosCluster, path: string): Promise<void> {
  const [device] = cluster.devices;
  const entry = await device?.entryAt(path);
  if (entry) await device?.must('DELETE', `/api/v1/entries/${entry.id}?permanent=true`);
}
