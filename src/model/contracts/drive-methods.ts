/**
 * The one list of what a drive can do. The drives that stand in front of another one (shared, granted,
 * drop box, the fake of the tests) are derived from it, so a new method of `Drive` is written here once
 * and reaches all of them with its right checked.
 */
import type { EntryId } from '../ids.ts';
import type { Drive } from './drive.ts';

/** Every method of `Drive` that asks for or changes something. All return promises. */
export type DriveCalls = Omit<Drive, 'onChange'>;
export type DriveMethod = keyof DriveCalls;

/** What all methods have in common: a drive is assignable to it. */
type Calls = Record<DriveMethod, (...given: never[]) => Promise<unknown>>;

export interface MethodRule {
  /** The least right that a grantee needs; `owner` for what no grant allows. */
  needs: 'view' | 'edit' | 'owner';
  /**
   * Position of the argument that names the entry. The drive in which that entry lies answers the call;
   * the asker's own drive answers where there is no such argument, or it is left out.
   */
  at: number | null;
}

export const driveMethods: Readonly<Record<DriveMethod, MethodRule>> = {
  root: { needs: 'view', at: null },
  entry: { needs: 'view', at: 0 },
  children: { needs: 'view', at: 0 },
  ancestors: { needs: 'view', at: 0 },
  resolve: { needs: 'view', at: 1 },
  search: { needs: 'view', at: null },
  createFolder: { needs: 'edit', at: 0 },
  ensureFolder: { needs: 'edit', at: 1 },
  patch: { needs: 'edit', at: 0 },
  copy: { needs: 'edit', at: 0 },
  properties: { needs: 'view', at: 0 },
  setProperties: { needs: 'edit', at: 0 },
  touch: { needs: 'edit', at: 0 },
  quota: { needs: 'view', at: 0 },
  trash: { needs: 'edit', at: 0 },
  trashed: { needs: 'edit', at: null },
  restore: { needs: 'edit', at: 0 },
  purge: { needs: 'owner', at: 0 },
  emptyTrash: { needs: 'owner', at: null },
  ownerForUploads: { needs: 'edit', at: 0 },
  upload: { needs: 'edit', at: 0 },
  uploadTo: { needs: 'edit', at: 0 },
  open: { needs: 'view', at: 0 },
  thumbnail: { needs: 'view', at: 0 },
  setPoster: { needs: 'owner', at: 0 },
  motion: { needs: 'view', at: 0 },
  rendition: { needs: 'view', at: 0 },
  makeRendition: { needs: 'view', at: 0 },
  checksum: { needs: 'view', at: 0 },
  versions: { needs: 'view', at: 0 },
  nameVersion: { needs: 'owner', at: 0 },
  removeVersion: { needs: 'owner', at: 0 },
  restoreVersion: { needs: 'edit', at: 0 },
};

/** The entry that a call names, by the list above; undefined where it names none. */
export function entryNamed(method: DriveMethod, given: readonly unknown[]): EntryId | undefined {
  const { at } = driveMethods[method];
  const named = at === null ? undefined : given[at];
  // The signatures of `Drive` have an EntryId in this place.
  return typeof named === 'string' ? (named as EntryId) : undefined;
}

/**
 * Makes a drive that passes each call on.
 * @param choose gives the drive that answers a call; a call is refused by throwing from here
 */
export function forwardCalls(
  choose: (method: DriveMethod, given: readonly unknown[]) => DriveCalls,
): DriveCalls {
  const calls: Partial<Calls> = {};
  for (const method of Object.keys(driveMethods) as DriveMethod[]) {
    calls[method] = async (...given) => {
      const drive: Calls = choose(method, given);
      return drive[method](...given);
    };
  }
  // Every method is there now, and each has the signature of the one that it calls.
  return calls as DriveCalls;
}
