/** How safe everything in this network is: one sentence first, then the figures. */
import type { AlertView, DeviceView, HealthView } from '../../model/api.ts';
import type { ChunkHealth } from '../../model/contracts/health.ts';
import { alertsOf, type HealthFacts } from './health-alerts.ts';

export function healthView(
  facts: HealthFacts,
  { repair, receipts, pausedUntil }: Pick<HealthView, 'repair' | 'receipts' | 'pausedUntil'>,
): HealthView {
  const { chunks, devices, wanted, scrub, drill } = facts;
  const alerts = alertsOf(facts);
  return {
    level: levelOf(chunks, wanted, alerts),
    sentence: sentenceOf(chunks, devices, wanted),
    chunks: { total: chunks.total, byCopies: { ...noCopies(wanted), ...chunks.byCopies } },
    bytes: chunks.bytes,
    offSite: chunks.offSite,
    devices,
    repair,
    pausedUntil,
    scrub,
    drill,
    alerts,
    receipts,
  };
}

/** Contains each number of copies up to the wanted one, also those that no chunk has. */
function noCopies(wanted: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: wanted + 1 }, (_, copies) => [copies, 0]));
}

/** The smallest number of copies of any chunk; undefined when nothing is stored. */
function fewestCopies(chunks: ChunkHealth): number | undefined {
  const counts = Object.entries(chunks.byCopies)
    .filter(([, number]) => number > 0)
    .map(([copies]) => Number(copies));
  return counts.length > 0 ? Math.min(...counts) : undefined;
}

function levelOf(chunks: ChunkHealth, wanted: number, alerts: AlertView[]): HealthView['level'] {
  const fewest = fewestCopies(chunks);
  if (fewest === 0 || alerts.some((alert) => alert.level === 'danger')) return 'danger';
  if ((fewest !== undefined && fewest < wanted) || chunks.unknownVersions > 0 || alerts.length > 0)
    return 'warn';
  return 'ok';
}

function sentenceOf(chunks: ChunkHealth, devices: DeviceView[], wanted: number): string {
  const fewest = fewestCopies(chunks);
  const members = devices.filter((device) => device.state !== 'removed').length;
  const online = devices.filter((device) => device.online && device.state !== 'removed').length;
  if (fewest === undefined) {
    if (members >= wanted) return 'Nothing is stored yet.';
    const more = wanted - members;
    return `Nothing is stored yet. You have ${members} of ${wanted} devices: add ${more === 1 ? 'a device' : `${more} devices`} for ${wanted} copies.`;
  }
  if (fewest === 0) {
    const missing = chunks.byCopies['0'] ?? 0;
    return `${missing} of ${chunks.total} chunks are offline: their devices are off.`;
  }
  if (fewest >= wanted) return `Every file has ${wanted} copies on different devices.`;
  const have = `Every file has at least ${fewest} of ${wanted} copies online`;
  if (members < wanted)
    return `${have}: add ${wanted - members === 1 ? 'a device' : `${wanted - members} devices`}.`;
  if (online < members)
    return `${have}: ${members - online === 1 ? 'one device is' : `${members - online} devices are`} off.`;
  return `${have}; the missing copies are being made.`;
}
