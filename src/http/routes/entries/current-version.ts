import type { Drive } from '../../../model/contracts/drive.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { type EntryId, versionId } from '../../../model/ids.ts';

/** `?version=` where only the current content is to be had: another one is refused, never passed over. */
export const currentVersion = { type: 'string', description: 'the current version of the entry, or absent' };

/** @throws `not-found`, `bad-id` */
export function refuseOtherVersion(asked: string | undefined, current: string): void {
  if (asked === undefined || versionId(asked) === current) return;
  throw new PeerstorError(
    'not-found',
    'Only the current content of a file is to be had here, and this is another version. Leave "version" away.',
  );
}

/** The same, where the version has to be asked for. */
export async function requireCurrent(drive: Drive, id: EntryId, asked: string | undefined): Promise<void> {
  if (asked !== undefined) refuseOtherVersion(asked, (await drive.entry(id)).version);
}
