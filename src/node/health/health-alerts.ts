/** Alerts: what somebody should know or do. Each has a sentence and, where possible, an action. */
import type { AlertView, DeviceView, DrillView, ScrubView, VolumeView } from '../../model/api.ts';
import type { ChunkHealth, GarbageReport } from '../../model/contracts/health.ts';
import { volumeWarnRatio } from '../../model/limits.ts';

/** A device that has been off for longer is more likely gone than asleep. */
const offForLongMs = 7 * 86_400_000;
/** The same limit as that of the catalog, which refuses to stamp records (PROTOCOL, `clock-wrong`). */
const clockOffMaxMs = 120_000;

export interface HealthFacts {
  chunks: ChunkHealth;
  devices: DeviceView[];
  wanted: number;
  scrub: ScrubView;
  drill: DrillView;
  garbageStopped: GarbageReport['stopped'];
  /** Chunks that have to leave this device's volumes while too few others keep them. */
  chunksWithoutPlace: number;
  /** The clocks of connected devices minus this device's clock. */
  clockOffsetsMs: readonly number[];
  /** Names of devices that speak no version of the messages that this one speaks. */
  apart: readonly string[];
  nowMs: number;
}

export function alertsOf(facts: HealthFacts): AlertView[] {
  return [
    ...facts.devices.flatMap((device) =>
      device.volumes.flatMap((volume) => volumeAlert(volume, device.name) ?? []),
    ),
    ...surplusAlerts(facts),
    ...scrubAlerts(facts),
    ...drillAlerts(facts),
    ...copyAlerts(facts),
    ...deviceAlerts(facts),
    ...apartAlerts(facts),
    ...garbageAlerts(facts),
  ];
}

function warn(code: string, sentence: string, action: string | null): AlertView {
  return { code, level: 'warn', sentence, action };
}

function danger(code: string, sentence: string, action: string): AlertView {
  return { code, level: 'danger', sentence, action };
}

/** A disk that is mounted read-only, or that became so after an error, may be sound. */
function takesNoWrites(problem: string | undefined): boolean {
  return /\b(EROFS|EACCES|EPERM)\b/.test(problem ?? '');
}

function volumeAlert(volume: VolumeView, device: string): AlertView | undefined {
  const { path, state, usedBytes, limitBytes } = volume;
  const folder = path === '' ? `A folder of ${device}` : `The folder ${path} on ${device}`;
  switch (state) {
    case 'missing':
      return warn(
        'volume-missing',
        `${folder} is missing, and so are the copies in it.`,
        'Plug the drive in again, or choose another folder.',
      );
    case 'failed':
      if (takesNoWrites(volume.problem)) {
        return danger(
          'volume-failed',
          `${folder} is on a disk that takes no writes at this moment.`,
          'Check how the disk is mounted, and its file system. The folder is used again as soon as it takes writes.',
        );
      }
      return danger(
        'volume-failed',
        `${folder} is on a disk that fails to write.`,
        'Replace the disk; everything on it has copies elsewhere or is listed here.',
      );
    case 'failing':
      return danger(
        'volume-failing',
        volume.problem ?? `${folder} is on a disk that loses data that was written to it.`,
        'Drain the folder and replace the disk; if the disk is sound, say so by setting the folder to active.',
      );
    case 'full':
      return warn('volume-full', `${folder} is full.`, 'Lend more space or add a device.');
    case 'draining':
      return undefined;
    case 'ok':
      if (limitBytes === 0 || usedBytes < limitBytes * volumeWarnRatio) return undefined;
      return warn(
        'volume-nearly-full',
        `${folder} is ${Math.floor((100 * usedBytes) / limitBytes)} % full. At 95 % it takes no more copies.`,
        'Lend more space or add a device.',
      );
  }
}

function surplusAlerts({ chunksWithoutPlace, devices }: HealthFacts): AlertView[] {
  if (chunksWithoutPlace === 0) return [];
  const name = devices.find(({ self }) => self)?.name ?? 'this device';
  const what = chunksWithoutPlace === 1 ? '1 chunk has' : `${chunksWithoutPlace} chunks have`;
  return [
    warn(
      'no-place-for-chunks',
      `${what} to leave the folders of ${name}. They stay until two other devices have them.`,
      'Lend another folder here, turn on or add another device, or end the draining.',
    ),
  ];
}

function scrubAlerts({ scrub, devices }: HealthFacts): AlertView[] {
  if (scrub.badChunks === 0) return [];
  const name = devices.find(({ self }) => self)?.name ?? 'this device';
  const what = scrub.badChunks === 1 ? '1 bad copy' : `${scrub.badChunks} bad copies`;
  return [
    warn(
      'bad-copies',
      `The scrub of ${name} found ${what} among ${scrub.checkedChunks}. Each is replaced from another device.`,
      'If it happens again, replace the disk.',
    ),
  ];
}

function drillAlerts({ drill: { failed, files } }: HealthFacts): AlertView[] {
  if (failed === 0) return [];
  const of = files === 1 ? '1 file' : `${files} files`;
  return [
    warn(
      'restore-drill-failed',
      `A restore drill could not read ${failed} of ${of} back from the other devices, although they claim to have the copies.`,
      'Leave the devices on until the copies are made again; if it happens again, look at which one has bad copies in the logs and replace its disk.',
    ),
  ];
}

function copyAlerts({ chunks, devices, wanted }: HealthFacts): AlertView[] {
  const alerts: AlertView[] = [];
  const members = devices.filter(({ state }) => state === 'active').length;
  const single = chunks.byCopies['1'] ?? 0;
  if (single > 0 && members > 1) {
    alerts.push(
      warn(
        'files-unsafe',
        `${single} of ${chunks.total} chunks have only one copy online.`,
        'Turn on the devices that are off, or leave these on until there are more copies.',
      ),
    );
  }
  if (members < wanted && chunks.total > 0) {
    const drives = devices.find(({ self }) => self)?.volumes.length ?? 0;
    const honest = drives > 1 ? ' Several folders or drives of one device count as one copy.' : '';
    alerts.push(
      warn(
        'too-few-devices',
        `You have ${members === 1 ? '1 device' : `${members} devices`}; ${wanted} copies need ${wanted}.${honest}`,
        members + 1 === wanted ? 'Add a device.' : `Add ${wanted - members} devices.`,
      ),
    );
  }
  if (chunks.offSite.onePlaceChunks > 0) {
    alerts.push(
      warn(
        'one-place-only',
        `All copies of ${chunks.offSite.onePlaceChunks} chunks are in one place: a fire or a theft there would take them all.`,
        'Turn on a device in another place, or add one.',
      ),
    );
  }
  if (chunks.unknownVersions > 0) {
    alerts.push(
      warn(
        'versions-unknown',
        `${chunks.unknownVersions} files could not be checked yet: the lists of their chunks are on devices that are off.`,
        null,
      ),
    );
  }
  return alerts;
}

/** Neither can hear the other, whatever else shows them as off. */
function apartAlerts({ apart }: HealthFacts): AlertView[] {
  return apart.map((name) =>
    danger(
      'versions-apart',
      `This device and ${name} speak no common version: they exchange no files and no changes.`,
      'Update peerstor on the older one of the two.',
    ),
  );
}

function deviceAlerts({ devices, clockOffsetsMs, nowMs }: HealthFacts): AlertView[] {
  const alerts: AlertView[] = [];
  for (const { name, online, lastSeen, state } of devices) {
    if (online || lastSeen === null || state === 'removed') continue;
    const offMs = nowMs - Date.parse(lastSeen);
    if (offMs <= offForLongMs) continue;
    alerts.push(
      warn(
        'device-off-for-long',
        `${name} has been off for ${Math.floor(offMs / 86_400_000)} days.`,
        'Turn it on, or remove it if it is gone for good.',
      ),
    );
  }
  const sorted = [...clockOffsetsMs].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  if (Math.abs(median) > clockOffMaxMs) {
    const name = devices.find(({ self }) => self)?.name ?? 'this device';
    alerts.push(
      danger(
        'clock-wrong',
        `The clock of ${name} is ${Math.round(Math.abs(median) / 60_000)} minutes ${median > 0 ? 'behind' : 'ahead of'} the clocks of the other devices: no file can be changed on it.`,
        'Set the clock of this machine.',
      ),
    );
  }
  return alerts;
}

function garbageAlerts({ garbageStopped }: HealthFacts): AlertView[] {
  if (garbageStopped === null) return [];
  return [
    warn(
      'garbage-stopped',
      `${garbageStopped.chunks} chunks seem unneeded, more than users deleted. They are kept until an admin agrees to delete them.`,
      'Look at what is missing; if nothing is, agree to the deletion.',
    ),
  ];
}
