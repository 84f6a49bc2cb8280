/** What an upload by tus is to become, as its metadata says. */
import type { Drive } from '../../model/contracts/drive.ts';
import type { UploadWish } from '../../model/contracts/uploads.ts';
import { PeerstorError } from '../../model/errors.ts';
import { isFileTime } from '../../model/file-time.ts';
import { entryId } from '../../model/ids.ts';
import { typeOfUpload } from '../content/content-type.ts';
import { pathNames } from '../requests/drive-path.ts';
import { isoTimeMs } from '../requests/times.ts';

const conflictRules = ['version', 'rename', 'skip'] as const;

/**
 * Finds the folder, and makes those of a path that are missing.
 * @param nameUnlessSaid of what becomes no file by itself
 * @param fields `filename`, `parentId` or `path` or both, or `entryId`, `filetype`, `modifiedAt`, `executable`, `onConflict`
 * @throws `bad-input`, `bad-name`, and what the drive throws
 */
export async function tusTarget(
  drive: Drive,
  fields: ReadonlyMap<string, string>,
  nameUnlessSaid?: string,
): Promise<Omit<UploadWish, 'size'>> {
  const facts = factsOf(fields);
  const file = fields.get('entryId');
  if (file !== undefined) return { ...(await placeOfVersion(drive, file, fields.get('filetype'))), ...facts };
  const { folders, name } = placeOf(fields, nameUnlessSaid);
  const top = fields.get('parentId') ?? 'root';
  const topId = entryId(top === 'root' ? (await drive.root()).id : top);
  const parent = folders.length === 0 ? topId : entryId((await drive.ensureFolder(folders, topId)).id);
  return { parent, name, mime: typeOfUpload(fields.get('filetype'), name), ...facts };
}

/** A new version of a file, which may have been shared alone. */
async function placeOfVersion(
  drive: Drive,
  id: string,
  type: string | undefined,
): Promise<Omit<UploadWish, 'size'>> {
  const { kind, name, parentId } = await drive.entry(entryId(id));
  if (kind === 'folder') throw wrong('entryId', 'the id of a file');
  return { file: entryId(id), parent: entryId(parentId ?? id), name, mime: typeOfUpload(type, name) };
}

/**
 * `path` begins at the folder `parentId`, else at the root. Alone, or ending with the file's name, it is that of the
 * file; otherwise, and with a slash at its end, that of the folder.
 */
function placeOf(
  fields: ReadonlyMap<string, string>,
  nameUnlessSaid: string | undefined,
): { folders: string[]; name: string } {
  const path = fields.get('path') ?? '';
  const names = pathNames(path);
  const isFolder = path === '' || path.endsWith('/');
  const last = isFolder ? undefined : names.at(-1);
  const name = fields.get('filename') ?? last ?? nameUnlessSaid;
  if (name === undefined) throw wrong('filename', 'the name of the file');
  return { folders: last === name ? names.slice(0, -1) : names, name };
}

function factsOf(
  fields: ReadonlyMap<string, string>,
): Pick<UploadWish, 'modifiedAtMs' | 'executable' | 'onConflict'> {
  const modifiedAt = fields.get('modifiedAt');
  const modifiedAtMs = modifiedAt === undefined ? undefined : isoTimeMs(modifiedAt);
  if (modifiedAt !== undefined && modifiedAtMs === undefined) {
    throw wrong('modifiedAt', 'a time with its zone, such as 2026-11-21T10:00:00Z');
  }
  if (modifiedAtMs !== undefined && !isFileTime(modifiedAtMs)) {
    throw wrong(
      'modifiedAt',
      'a time of a file, which none before 1700 is: leave it away where it is not known',
    );
  }
  const rule = fields.get('onConflict');
  const onConflict = conflictRules.find((one) => one === rule);
  if (rule !== undefined && onConflict === undefined) {
    throw wrong('onConflict', `one of: ${conflictRules.join(', ')}`);
  }
  const executable = fields.get('executable');
  if (executable !== undefined && executable !== 'true' && executable !== 'false') {
    throw wrong('executable', 'true or false');
  }
  return {
    ...(executable === undefined ? {} : { executable: executable === 'true' }),
    ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }),
    ...(onConflict === undefined ? {} : { onConflict }),
  };
}

function wrong(field: string, rule: string): PeerstorError {
  return new PeerstorError('bad-input', `The metadata "${field}" must be ${rule}.`, { details: { field } });
}
