/** The public interface of this room, for `cli`. */
import { getAsset, isSea } from 'node:sea';
import type { PackIndex } from './program-pack.ts';

export type { Release } from './release.ts';
export { confirmTrial, readTrial, rollBack, type Trial } from './trial.ts';
export { checkRelease, type Installed, type Offer, replaceProgram } from './updating.ts';

/** What the executable says of itself; undefined where this is no single executable. */
export function ownPack(): Pick<PackIndex, 'version' | 'releaseKey'> | undefined {
  if (!isSea()) return undefined;
  const { version, releaseKey } = JSON.parse(getAsset('index.json', 'utf8')) as PackIndex;
  return { version, releaseKey };
}
