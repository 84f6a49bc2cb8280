import type { Drive } from '../../../model/contracts/drive.ts';
import { type EntryId, entryId } from '../../../model/ids.ts';

/** The entry that a route or a body names; `root` stands for the root of the drive. @throws `bad-id` */
export async function entryIdOf(drive: Drive, text: string): Promise<EntryId> {
  return entryId(text === 'root' ? (await drive.root()).id : text);
}
