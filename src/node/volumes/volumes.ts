/** Which folders this device lends, and how much of each. */
import { statfs } from 'node:fs/promises';
import { PeerstorError } from '../../model/errors.ts';
import { freeBytesKept } from '../../model/limits.ts';
import { makeFolders } from '../../store/index.ts';
import type { VolumeConfig } from '../home/config.ts';

export interface PlannedVolume extends VolumeConfig {
  limitBytes: number;
  /** Inside the home, so it may be created again when it is missing; any other folder may be an unplugged drive. */
  owned: boolean;
}

/**
 * The volumes of the flags and those that were added while the device ran; else the remembered ones; else one
 * in the home. A volume without a limit lends half of the free space, and leaves `freeBytesKept` free.
 * @param mayBeNone lends nothing where nothing is requested
 */
export async function planVolumes(
  asked: readonly VolumeConfig[],
  remembered: readonly VolumeConfig[],
  home: string,
  mayBeNone = false,
): Promise<PlannedVolume[]> {
  const isAsked = (path: string) => asked.some((volume) => volume.path === path);
  const added = remembered.filter((volume) => volume.added === true && !isAsked(volume.path));
  const wanted = asked.length > 0 ? [...asked, ...added] : remembered;
  const isNone = wanted.length === 0 && !mayBeNone;
  const volumes = isNone ? [{ path: `${home}/volume`, limitBytes: null }] : wanted;
  const paths = new Set(volumes.map((volume) => volume.path));
  if (paths.size !== volumes.length) {
    throw new PeerstorError('bad-input', 'The same folder is named twice with --storage.');
  }
  return Promise.all(
    volumes.map(async ({ path, limitBytes }) => {
      const known = remembered.find((volume) => volume.path === path);
      const limit = limitBytes ?? known?.limitBytes ?? (await defaultLimit(path));
      return { ...known, path, limitBytes: limit, owned: path.startsWith(`${home}/`) };
    }),
  );
}

/**
 * Bytes that a device lends in all. An unplugged drive counts as well: placement depends on what is lent
 * permanently, not on what is present today. A draining one does not count.
 */
export function lentBytes(settings: { volumes: readonly VolumeConfig[] }): number {
  const kept = settings.volumes.filter(({ state }) => state !== 'draining');
  return kept.reduce((sum, volume) => sum + (volume.limitBytes ?? 0), 0);
}

async function defaultLimit(path: string): Promise<number> {
  try {
    await makeFolders(path);
    const { bavail, bsize } = await statfs(path);
    const free = bavail * bsize;
    return Math.max(0, Math.floor(Math.min(free / 2, free - freeBytesKept)));
  } catch (cause) {
    throw new PeerstorError(
      'volume-missing',
      `${path} cannot be used to keep copies: ${(cause as Error).message}. Lend another folder.`,
      {
        cause,
      },
    );
  }
}
