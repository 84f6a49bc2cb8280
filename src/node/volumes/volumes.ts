/** Which folders this device lends, and how much of each. */
import { dirname } from 'node:path';
import { PeerstorError } from '../../model/errors.ts';
import { freeBytesKept } from '../../model/limits.ts';
import { makeFolders } from '../../store/index.ts';
import type { VolumeConfig } from '../home/config.ts';
import { checkLentFolder, type Disk, diskOf, makeLentFolder } from './lent-folders.ts';

export interface PlannedVolume extends VolumeConfig {
  limitBytes: number;
  /** Inside the home, so it may be created again when it is missing; any other folder may be an unplugged drive. */
  owned: boolean;
}

export interface PlanContext {
  /** The device's own folder. */
  home: string;
  /** Lends nothing where nothing is requested. */
  mayBeNone?: boolean;
  /** Told of each folder that did not exist and was made. */
  made?: (path: string) => void;
}

/**
 * The volumes of the flags and those that were added while the device ran; else the remembered ones; else one
 * in the home. Volumes without a limit share half of their disk's free space, and leave `freeBytesKept` free.
 * @throws `bad-input` for a folder that cannot be lent or a limit above the size of its disk
 */
export async function planVolumes(
  asked: readonly VolumeConfig[],
  remembered: readonly VolumeConfig[],
  context: PlanContext,
): Promise<PlannedVolume[]> {
  const isAsked = (path: string) => asked.some((volume) => volume.path === path);
  const added = remembered.filter((volume) => volume.added === true && !isAsked(volume.path));
  const wanted = asked.length > 0 ? [...asked, ...added] : remembered;
  const isNone = wanted.length === 0 && !context.mayBeNone;
  const volumes = isNone ? [{ path: `${context.home}/volume`, limitBytes: null }] : wanted;
  const paths = new Set(volumes.map((volume) => volume.path));
  if (paths.size !== volumes.length) {
    throw new PeerstorError('bad-input', 'The same folder is named twice with --storage.');
  }
  const drafts: Draft[] = [];
  const missing: string[] = [];
  for (const { path, limitBytes } of volumes) {
    const known = remembered.find((volume) => volume.path === path);
    const owned = path.startsWith(`${context.home}/`);
    if (!known && owned) await makeOwned(path);
    const isMissing = !known && !owned && (await checkLentFolder(path));
    if (isMissing) missing.push(path);
    const limit = limitBytes ?? known?.limitBytes ?? null;
    const isNew = limit !== (known?.limitBytes ?? null);
    drafts.push({
      ...known,
      path,
      limitBytes: limit,
      owned,
      isNew,
      disk: await diskOf(isMissing ? dirname(path) : path),
    });
  }
  const planned = withLimits(drafts);
  for (const path of missing) {
    await makeLentFolder(path);
    context.made?.(path);
  }
  return planned;
}

interface Draft extends VolumeConfig {
  owned: boolean;
  /** The limit was not in force before. */
  isNew: boolean;
  disk: Disk | undefined;
}

/** Gives each volume a limit, so that the volumes of one disk together never promise more than it has. */
function withLimits(drafts: readonly Draft[]): PlannedVolume[] {
  return drafts.map(({ isNew, disk, ...volume }) => {
    const sharing = drafts.filter((other) => disk !== undefined && other.disk?.id === disk.id);
    const promised = sharing.reduce((sum, { limitBytes }) => sum + (limitBytes ?? 0), 0);
    if (volume.limitBytes !== null) {
      if (disk && isNew && promised > disk.totalBytes) throw tooMuch(volume.path, promised, disk);
      return { ...volume, limitBytes: volume.limitBytes };
    }
    const without = sharing.filter(({ limitBytes }) => limitBytes === null).length;
    return { ...volume, limitBytes: shareOf(volume.path, disk, { promised, without }) };
  });
}

/** Half of the free space, divided by the volumes of that disk that have no limit of their own. */
function shareOf(
  path: string,
  disk: Disk | undefined,
  { promised, without }: { promised: number; without: number },
): number {
  if (!disk) throw new PeerstorError('volume-missing', `${path} cannot be read. Lend another folder.`);
  const free = Math.min(disk.freeBytes / 2, disk.freeBytes - freeBytesKept - promised);
  if (free <= 0 && promised > 0) {
    const sentence = `The disk of ${path} is lent already by another folder. Name a size, such as ${path}=10G.`;
    throw new PeerstorError('bad-input', sentence, { details: { field: 'volumes' } });
  }
  return Math.max(0, Math.floor(free / without));
}

function tooMuch(path: string, promised: number, { totalBytes }: Disk): PeerstorError {
  const sentence = `The folders on the disk of ${path} would lend ${inGiB(promised)}, but the disk has ${inGiB(totalBytes)}. Name a smaller size.`;
  return new PeerstorError('bad-input', sentence, { details: { field: 'volumes' } });
}

function inGiB(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

async function makeOwned(path: string): Promise<void> {
  await makeFolders(path).catch((cause: unknown) => {
    const why = (cause as Error).message;
    throw new PeerstorError(
      'volume-missing',
      `${path} cannot be used to keep copies: ${why}. Lend another folder.`,
      { cause },
    );
  });
}

/**
 * Bytes that a device lends in all. An unplugged drive counts as well: placement depends on what is lent
 * permanently, not on what is present today. A draining one does not count.
 */
export function lentBytes(settings: { volumes: readonly VolumeConfig[] }): number {
  const kept = settings.volumes.filter(({ state }) => state !== 'draining');
  return kept.reduce((sum, volume) => sum + (volume.limitBytes ?? 0), 0);
}
