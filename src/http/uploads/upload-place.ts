/**
 * Where an upload goes: below the root of a drive by its path, below a folder that is named by its id,
 * or into a file that is.
 */
import type { EntryView } from '../../model/api.ts';
import type { Drive, UploadOptions, UploadOutcome } from '../../model/contracts/drive.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId } from '../../model/ids.ts';
import { listLimitMax } from '../../model/limits.ts';

export interface UploadPlace {
  readonly name: string;
  /** What is there now. */
  current(): Promise<EntryView | undefined>;
  /** Stores it there; makes folders that are missing on the way. */
  upload(content: AsyncIterable<Uint8Array>, options: UploadOptions): Promise<UploadOutcome>;
}

export function placeInDrive(drive: Drive, folders: readonly string[], name: string): UploadPlace {
  return {
    name,
    current: () => ifThere(drive.resolve([...folders, name])),
    async upload(content, options) {
      const { id } = folders.length === 0 ? await drive.root() : await drive.ensureFolder(folders);
      return drive.upload(entryId(id), name, content, options);
    },
  };
}

/** Also of folders that others shared, which have no path in the own drive. */
export function placeBelow(
  drive: Drive,
  top: EntryId,
  folders: readonly string[],
  name: string,
): UploadPlace {
  return {
    name,
    async current() {
      let at: EntryView | undefined = await drive.entry(top);
      for (const step of [...folders, name]) at = at && (await childNamed(drive, entryId(at.id), step));
      return at;
    },
    async upload(content, options) {
      let at = top;
      for (const step of folders) at = entryId((await ensureChild(drive, at, step)).id);
      return drive.upload(at, name, content, options);
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

async function ensureChild(drive: Drive, parent: EntryId, name: string): Promise<EntryView> {
  const found = await childNamed(drive, parent, name);
  if (found !== undefined) return found;
  try {
    return await drive.createFolder(parent, name);
  } catch (error) {
    // Another upload of the same folder was faster.
    const made = isPeerstorError(error, 'name-taken') ? await childNamed(drive, parent, name) : undefined;
    if (made === undefined) throw error;
    return made;
  }
}

async function childNamed(drive: Drive, parent: EntryId, name: string): Promise<EntryView | undefined> {
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await drive.children(parent, {
      sort: 'name',
      order: 'asc',
      limit: listLimitMax,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const found = page.items.find((entry) => entry.name === name);
    if (found !== undefined) return found;
    cursor = page.nextCursor;
  }
  return undefined;
}

async function ifThere(wanted: Promise<EntryView>): Promise<EntryView | undefined> {
  try {
    return await wanted;
  } catch (error) {
    if (isPeerstorError(error, 'not-found')) return undefined;
    throw error;
  }
}
