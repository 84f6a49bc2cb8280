/** Whether memory grows while files come, change and go on two devices. */
import { type DeviceProcess, randomStream } from '../test/cluster/device-process.ts';
import { withDevices } from './devices.ts';
import { inspected, openHeap } from './heap.ts';
import { MiB, memoryMiB, type Row } from './measure.ts';

const tune = {
  copiesWanted: 2,
  scrubPeriodMs: 60_000,
  auditEveryMs: 30_000,
  inventoryDigestMs: 10_000,
  catalogDigestMs: 10_000,
  garbageGraceMs: 10_000,
  garbageTrashMs: 5_000,
  garbageEveryMs: 10_000,
  trimAfterMs: 10_000,
};
const looksWanted = 60;
/** At first memory grows to what it needs: this share of the time is not counted. */
const warmUpShare = 1 / 3;
const filesKept = 40;

interface Look {
  minutes: number;
  /** After a collection. */
  liveMiB: number;
  residentMiB: number;
}

export async function measureChurn(minutes: number): Promise<Row[]> {
  return withDevices({ count: 2, tune, env: inspected }, async ({ devices }) => {
    const heaps = await Promise.all(devices.map(openHeap));
    const looks = devices.map((): Look[] => []);
    const startedMs = performance.now();
    const passed = () => (performance.now() - startedMs) / 60_000;
    let changes = 0;
    const churning = (async () => {
      for (; passed() < minutes; changes += 1) {
        const device = devices[changes % devices.length];
        if (device) await change(device, changes);
      }
    })();
    const looking = (async () => {
      while (passed() < minutes) {
        for (const [at, device] of devices.entries()) {
          const { now } = await memoryMiB(device.pid);
          const liveMiB = (await heaps[at]?.liveMiB()) ?? 0;
          looks[at]?.push({ minutes: passed(), liveMiB, residentMiB: now });
        }
        await new Promise((resolve) => setTimeout(resolve, (minutes * 60_000) / looksWanted));
      }
    })();
    await Promise.all([churning, looking]);
    for (const heap of heaps) heap.close();
    return devices.flatMap(({ name }, at) => rows(name, minutes, changes, looks[at] ?? []));
  });
}

/** A new file, or another content for an old one; the oldest goes for ever. */
async function change(device: DeviceProcess, number: number): Promise<void> {
  const path = `/churn/${number % filesKept}.bin`;
  const bytes = (1 + (number % 5)) * MiB;
  if (number % 3 === 2 && number >= filesKept) {
    const known = await device.api<{ id: string }>('GET', `/api/v1/path${path}`);
    // The other device may have written it last, and its record be under way.
    if (known.status === 200) await device.api('DELETE', `/api/v1/entries/${known.body.id}?permanent=true`);
    return;
  }
  await device.put(path, randomStream(bytes, `churn ${number}`), '?copies=safe&wait=60');
}

function rows(name: string, minutes: number, changes: number, looks: readonly Look[]): Row[] {
  const counted = looks.filter((look) => look.minutes >= minutes * warmUpShare);
  const range = (values: number[]) =>
    `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)} MiB`;
  return [
    {
      what: `heap of ${name} after collections, ${minutes} min, ${changes} changes`,
      value: `${(slope(counted) * 10).toFixed(1)} MiB per 10 min`,
      ratio: range(counted.map(({ liveMiB }) => liveMiB)),
      aim: '≤ 1 MiB per 10 min',
    },
    { what: `memory of ${name}, resident`, value: range(looks.map(({ residentMiB }) => residentMiB)) },
  ];
}

/** MiB a minute of the straight line that fits the heap best. */
function slope(looks: readonly Look[]): number {
  const mean = (of: (look: Look) => number) =>
    looks.reduce((sum, look) => sum + of(look), 0) / Math.max(1, looks.length);
  const [minutes, mib] = [mean((look) => look.minutes), mean((look) => look.liveMiB)];
  const spread = mean((look) => (look.minutes - minutes) ** 2);
  return spread === 0 ? 0 : mean((look) => (look.minutes - minutes) * (look.liveMiB - mib)) / spread;
}
