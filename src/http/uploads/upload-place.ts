/** Where an upload goes: to a path below a folder, or into a file that is named by its id. */
import type { EntryView } from '../../model/api.ts';
import type { Drive, UploadOptions, UploadOutcome } from '../../model/contracts/drive.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId } from '../../model/ids.ts';

export interface UploadPlace {
  readonly name: string;
  /** What is there now. */
  current(): Promise<EntryView | undefined>;
  /** Stores it there; makes folders that are missing on the way. */
  upload(content: AsyncIterable<Uint8Array>, options: UploadOptions): Promise<UploadOutcome>;
}

/** @param top folder in which the path begins, which may be one that others shared; the root by default */
export function placeAtPath(
  drive: Drive,
  folders: readonly string[],
  name: string,
  top?: EntryId,
): UploadPlace {
  return {
    name,
    current: () => ifThere(drive.resolve([...folders, name], top)),
    async upload(content, options) {
      const folder = await drive.ensureFolder(folders, top);
      return drive.upload(entryId(folder.id), name, content, options);
    },
  };
}

/** A new version of one file, which may have been shared alone. @throws as `Drive.entry` */
export async function placeOfFile(drive: Drive, id: EntryId): Promise<UploadPlace> {
  const file = await drive.entry(id);
  return {
    name: file.name,
    current: async () => file,
    upload: (content, options) => drive.uploadTo(id, content, options),
  };
}

async function ifThere(wanted: Promise<EntryView>): Promise<EntryView | undefined> {
  try {
    return await wanted;
  } catch (error) {
    if (isPeerstorError(error, 'not-found')) return undefined;
    throw error;
  }
}
