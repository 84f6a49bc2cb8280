/** Files and folders of a drive as items of an archive, under names that every system can hold. */
import type { EntryView } from '../../model/api.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { entryId } from '../../model/ids.ts';
import { listLimitMax } from '../../model/limits.ts';
import { FolderNames } from '../../model/names/local-names.ts';
import { archiveItemsMax } from '../limits/http-limits.ts';
import type { ArchiveItem } from './zip-stream.ts';

/** Windows takes the fewest names, and a list of names that it takes is taken everywhere. */
const rules = { platform: 'win32', foldsCase: true } as const;
/** The length of a path is written as 16 bits. */
const pathBytesMax = 0xffff;

/**
 * Walks entries and all that is in them, depth first, as the folders are when they are reached. What is deleted
 * meanwhile is left out. The first item is given when its folder was listed, so what refuses that refuses all.
 * @param tops lie side by side in the archive; a root folder, which has no name, gives its content instead
 * @throws `too-large` for more than `archiveItemsMax`; what the drive throws
 */
export async function* archiveItems(
  drive: Drive,
  tops: readonly EntryView[],
  signal: AbortSignal,
): AsyncGenerator<ArchiveItem> {
  let count = 0;
  for await (const item of itemsIn(drive, '', tops, signal)) {
    count += 1;
    if (count > archiveItemsMax) {
      throw new PeerstorError(
        'too-large',
        `An archive holds at most ${archiveItemsMax} files and folders: download parts of this.`,
      );
    }
    yield item;
  }
}

async function* itemsIn(
  drive: Drive,
  prefix: string,
  entries: Iterable<EntryView> | AsyncIterable<EntryView>,
  signal: AbortSignal,
): AsyncGenerator<ArchiveItem> {
  const names = new FolderNames(rules);
  for await (const entry of entries) {
    signal.throwIfAborted();
    if (entry.kind === 'file') {
      const item = await fileItem(drive, entry, pathOf(prefix, names.claim(entry.name)), signal);
      if (item !== undefined) yield item;
    } else {
      const path = entry.name === '' ? prefix : `${pathOf(prefix, names.claim(entry.name))}/`;
      yield* folderItems(drive, entry, path, signal);
    }
  }
}

async function* folderItems(
  drive: Drive,
  folder: EntryView,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<ArchiveItem> {
  const pages = pagesOf(drive, folder);
  const first = await ifThere(drive, async () => (await pages.next()).value);
  if (!first) return;
  if (path !== '') {
    yield { path, modifiedAtMs: Date.parse(folder.modifiedAt), size: 0, content: undefined };
  }
  yield* itemsIn(drive, path, children(first, pages), signal);
}

async function* children(
  first: readonly EntryView[],
  rest: AsyncIterable<EntryView[]>,
): AsyncGenerator<EntryView> {
  yield* first;
  for await (const page of rest) yield* page;
}

async function* pagesOf(drive: Drive, { id }: EntryView): AsyncGenerator<EntryView[], undefined> {
  let cursor: string | null = null;
  do {
    const options = { sort: 'name', order: 'asc', limit: listLimitMax } as const;
    const { items, nextCursor } = await drive.children(entryId(id), {
      ...options,
      ...(cursor === null ? {} : { cursor }),
    });
    yield items;
    cursor = nextCursor;
  } while (cursor !== null);
}

async function fileItem(
  drive: Drive,
  { id }: EntryView,
  path: string,
  signal: AbortSignal,
): Promise<ArchiveItem | undefined> {
  const opened = await ifThere(drive, () => drive.open(entryId(id)));
  if (opened === undefined) return undefined;
  const { size, modifiedAtMs } = opened;
  return { path, modifiedAtMs, size, content: opened.read({ start: 0, end: size }, signal) };
}

/** undefined for what was deleted meanwhile. @throws what the drive throws where nothing of it may be read any more */
async function ifThere<Found>(drive: Drive, find: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await find();
  } catch (error) {
    if (!isPeerstorError(error, 'not-found') && !isPeerstorError(error, 'gone')) throw error;
    // A link that was taken back says the same of each file: an archive without them would look whole.
    await drive.root();
    return undefined;
  }
}

function pathOf(prefix: string, name: string): string {
  const path = prefix + name;
  if (Buffer.byteLength(path) < pathBytesMax) return path;
  throw new PeerstorError('bad-name', 'A path in this folder is too long for an archive.');
}
