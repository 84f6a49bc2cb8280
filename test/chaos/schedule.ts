/** One seed: faults during a few seconds of work, then everything heals, then the observer checks. */
import type { Random } from '../../src/model/clock.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';
import type { ChaosCluster } from './cluster.ts';
import { type Nemesis, nemeses, type Trouble } from './nemeses.ts';
import { observe } from './observer.ts';
import { Workload, type WrittenFile } from './workload.ts';

const windowMs = 6_000;
const troublesMax = 4;
const patienceMs = 120_000;

export interface Outcome {
  seed: number;
  troubles: string[];
  acknowledged: number;
  refused: number;
  /** Of the process that uses the most. */
  memoryBytes: number;
  broken: string[];
}

/** @param kept files of earlier schedules, which must still exist */
export async function runSchedule(
  cluster: ChaosCluster,
  seed: number,
  kept: readonly WrittenFile[],
): Promise<Outcome & { files: WrittenFile[] }> {
  const random = seededRandom(seed);
  const plan = planOf(cluster, random);
  const folder = `seed ${seed}`;
  await makeFolder(cluster, folder);
  const workload = new Workload(cluster.devices, seededRandom(seed + 1), folder);
  const troubles: string[] = [];
  const ending: Trouble[] = [];
  const broken: string[] = [];
  workload.start();
  const startedMs = performance.now();
  for (const { nemesis, device, atMs } of plan) {
    await sleep(startedMs + atMs - performance.now());
    try {
      const trouble = await nemesis.begin(cluster, device, random);
      troubles.push(trouble.sentence);
      ending.push(trouble);
    } catch (error) {
      broken.push(`${nemesis.name}: ${(error as Error).message}`);
    }
  }
  await sleep(startedMs + windowMs - performance.now());
  for (const trouble of ending.reverse()) {
    await trouble.end().catch((error: Error) => broken.push(`healing failed: ${error.message}`));
  }
  cluster.links.heal();
  // One whose fault could not begin is off: without it the observer would wait for minutes, and say only that it is missing.
  for (const device of cluster.devices) if (!device.isRunning) await device.start();
  await workload.stop();
  for (const { forgets } of ending) if (forgets) workload.forget(forgets);
  const files = [...kept, ...workload.files];
  broken.push(...workload.wrong, ...(await observe(cluster, files)));
  const memoryBytes = Math.max(
    ...(await Promise.all(cluster.devices.map((one) => cluster.memoryBytes(one)))),
  );
  const { acknowledged, refused } = workload;
  return { seed, troubles, acknowledged, refused, memoryBytes, broken, files };
}

/** Created once and seen by all devices: two folders that are created apart under one name would stay two. */
async function makeFolder(cluster: ChaosCluster, name: string): Promise<void> {
  const [first] = cluster.devices;
  await first?.must('POST', '/api/v1/entries', { json: { parentId: 'root', name, kind: 'folder' } });
  for (const device of cluster.devices) {
    const isThere = async () => Boolean(await device.entryAt(`/${name}`));
    await until(`${device.name} sees the folder`, isThere, patienceMs);
  }
}

interface Planned {
  nemesis: Nemesis;
  device: number;
  atMs: number;
}

/** Each device gets at most one fault; one device may lose its disk. */
function planOf(cluster: ChaosCluster, random: Random): Planned[] {
  const victims = [...cluster.devices.keys()].sort(() => random.next() - 0.5);
  const possible = nemeses.filter(({ needsDisk }) => !needsDisk || cluster.withoutDisks === undefined);
  const count = 1 + Math.floor(random.next() * troublesMax);
  const planned: Planned[] = [];
  for (const device of victims.slice(0, Math.min(count, cluster.devices.length - 1))) {
    const destroyed = planned.some(({ nemesis }) => nemesis.destroys);
    const choice = possible.filter(({ destroys }) => !destroys || !destroyed);
    const nemesis = choice[Math.floor(random.next() * choice.length)];
    if (nemesis) planned.push({ nemesis, device, atMs: random.next() * windowMs * 0.6 });
  }
  return planned.sort((left, right) => left.atMs - right.atMs);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
