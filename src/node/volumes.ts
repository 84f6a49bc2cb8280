/** Which folders this device lends, and how much of each. */
import { mkdir, statfs } from 'node:fs/promises';
import { PeerstorError } from '../model/errors.ts';
import { freeBytesKept } from '../model/limits.ts';
import type { VolumeConfig } from './config.ts';

export interface PlannedVolume {
  path: string;
  limitBytes: number;
  /** Inside the home, so it may be made again when it is gone; anything else may be an unplugged drive. */
  owned: boolean;
}

/**
 * Volumes of the flags, else those remembered, else one in the home. A volume without a limit lends
 * half of what is free now, and leaves `freeBytesKept` alone.
 */
export async function planVolumes(
  asked: readonly VolumeConfig[],
  remembered: readonly VolumeConfig[],
  home: string,
): Promise<PlannedVolume[]> {
  const wanted = asked.length > 0 ? asked : remembered;
  const volumes = wanted.length > 0 ? wanted : [{ path: `${home}/volume`, limitBytes: null }];
  const paths = new Set(volumes.map((volume) => volume.path));
  if (paths.size !== volumes.length) {
    throw new PeerstorError('bad-input', 'The same folder is named twice with --storage.');
  }
  return Promise.all(
    volumes.map(async ({ path, limitBytes }) => {
      const known = remembered.find((volume) => volume.path === path)?.limitBytes;
      const limit = limitBytes ?? known ?? (await defaultLimit(path));
      return { path, limitBytes: limit, owned: path.startsWith(`${home}/`) };
    }),
  );
}

/**
 * Bytes that a device lends in all. A drive that is unplugged counts as well: placement goes by what
 * is lent for good, not by what is there today.
 */
export function lentBytes(settings: { volumes: readonly VolumeConfig[] }): number {
  return settings.volumes.reduce((sum, volume) => sum + (volume.limitBytes ?? 0), 0);
}

async function defaultLimit(path: string): Promise<number> {
  try {
    await mkdir(path, { recursive: true });
    const { bavail, bsize } = await statfs(path);
    const free = bavail * bsize;
    return Math.max(0, Math.floor(Math.min(free / 2, free - freeBytesKept)));
  } catch (cause) {
    throw new PeerstorError(
      'volume-missing',
      `${path} cannot be used to keep copies: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}
