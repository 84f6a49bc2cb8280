/**
 * Tells which files surely have no conflicting versions, by a row for each file. Most files have one line of versions,
 * each replacing the one before, and listing a folder asks for all of its files. Row bytes: the newest version of
 * the line (16) ‖ 01 once another version existed beside the line. That byte stays after a conflict is
 * settled: the file is then examined in full, which takes longer and is never wrong.
 *
 * Without that byte, every version that counts replaces exactly the version noted before it. So all
 * versions but the last are replaced, and the last one, even if deleted, falls back to one (`conflicts.ts`).
 */
import { entryId, fromHex, toHex, versionId } from '../../model/ids.ts';
import type { CatalogRecord, VersionBody } from '../../model/records.ts';
import { type Held, type Register, winnerOf } from '../records/register-row.ts';
import { lineKey } from '../records/store-layout.ts';
import type { Change } from '../state/change.ts';

const idBytes = 16;

/** Notes a version that arrived, counts now, or no longer counts. @param before its register before that */
export function noteVersion(
  change: Change,
  { id, revision, body }: CatalogRecord & { readonly body: VersionBody },
  before: Register,
  applied: boolean,
): void {
  const was = before.find((held) => held.revision === revision);
  if ((was?.applied ?? false) === applied) return;
  const key = lineKey(entryId(body.entry));
  const line = change.batch.get(key);
  if (line && !isSingle(line)) return;
  const newest = fromHex(versionId(id));
  const follows = applied && before.every((held) => held === was) && isNext(change, line, body);
  change.batch.put(key, follows ? newest : Buffer.concat([newest, Buffer.of(1)]));
}

function isNext(change: Change, line: Uint8Array | undefined, { replaces, owner }: VersionBody): boolean {
  if (!line) return replaces.length === 0;
  const newest = toHex(line);
  const known: Held | undefined = winnerOf(change.register('version', newest));
  return replaces.length === 1 && replaces[0] === newest && known?.owner === owner;
}

/** @param line the row of a file, or undefined when it has none */
export function isSingle(line: Uint8Array | undefined): boolean {
  return line?.length === idBytes;
}
