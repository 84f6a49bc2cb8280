/** Checks a requested list of volumes before anything is changed. Pure, except that it resolves paths. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { PeerstorError } from '../../model/errors.ts';
import type { VolumeConfig } from '../home/config.ts';

/** A folder as an admin requests it. */
export interface VolumeWish {
  path: string;
  limitBytes?: number | null;
  state?: 'active' | 'draining';
  /** It is the volume of another device, and is taken over. */
  adopt?: boolean;
}

export interface VolumePlan {
  added: VolumeWish[];
  changed: { before: VolumeConfig; wish: VolumeWish }[];
  removed: VolumeConfig[];
}

/**
 * @param wishes the whole requested list; @param now the present list; @param home the device's own folder
 * @throws `bad-input` saying which folder cannot be lent, and why
 */
export async function planChange(
  wishes: readonly VolumeWish[],
  now: readonly VolumeConfig[],
  home: string,
): Promise<VolumePlan> {
  if (wishes.length === 0) {
    throw refuse('A device lends at least one folder: to have no copies on it, drain or remove the device.');
  }
  for (const { path } of wishes) {
    if (!isAbsolute(path)) throw refuse(`"${path}" is not an absolute path.`);
  }
  const plain = wishes.map((wish) => ({ ...wish, path: resolve(wish.path) }));
  const before = new Map(now.map((volume) => [volume.path, volume]));
  const plan: VolumePlan = { added: [], changed: [], removed: [] };
  for (const wish of plain) {
    const known = before.get(wish.path);
    if (known) plan.changed.push({ before: known, wish });
    else plan.added.push(wish);
  }
  const kept = new Set(plain.map(({ path }) => path));
  plan.removed = now.filter(({ path }) => !kept.has(path));
  await refuseNested(
    plain.map(({ path }) => path),
    plan.added.map(({ path }) => path),
    home,
  );
  return plan;
}

/** Present volumes are not checked again: they may be unplugged. */
async function refuseNested(all: readonly string[], added: readonly string[], home: string): Promise<void> {
  const real = new Map<string, string>();
  for (const path of [...all, home]) real.set(path, await realPathOf(path));
  const at = (path: string) => real.get(path) ?? path;
  if (new Set(all.map(at)).size !== all.length) throw refuse('The same folder is named twice.');
  for (const path of added) {
    if (isInside(at(home), at(path))) {
      throw refuse(`${path} contains this device's own home. Lend another folder.`);
    }
    if (isInside(at(path), join(at(home), 'db')) || isInside(at(path), join(at(home), 'tls'))) {
      throw refuse(`${path} is where this device keeps its own files. Lend another folder.`);
    }
    for (const other of all) {
      if (other === path) continue;
      if (isInside(at(path), at(other)) || isInside(at(other), at(path))) {
        throw refuse(`One of ${path} and ${other} is inside the other. Lend only one of them.`);
      }
    }
  }
}

/** Follows symbolic links in the part of the path that exists. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(await realPathOf(above), basename(path));
  }
}

/** True when the path is the folder or inside it. */
function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !isAbsolute(way));
}

function refuse(sentence: string): PeerstorError {
  return new PeerstorError('bad-input', sentence, { details: { field: 'volumes' } });
}
