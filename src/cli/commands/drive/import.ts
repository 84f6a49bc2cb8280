/** import: pictures of other programs into the drive, with their dates, albums and descriptions, each content once. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import type { EntryOutcome, EntryView, FoundView } from '../../../model/api.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { toHex } from '../../../model/ids.ts';
import type { AlbumView } from '../../../model/views/photos.ts';
import { createSha256 } from '../../../node/index.ts';
import { Client, type GlobalOptions } from '../../client/client.ts';
import { splitDrivePath } from '../../client/drive-path.ts';
import { allOf, createFolder, entryAt, findEntry } from '../../client/entries.ts';
import { CommandFailure } from '../../failure.ts';
import { icloud } from '../../import/icloud.ts';
import type { ImportFolder, ImportItem, ImportKind } from '../../import/item.ts';
import { dcim, immich } from '../../import/plain.ts';
import { takeout } from '../../import/takeout.ts';
import { countOf, formatSize, printJson, printLine } from '../../terminal/output.ts';
import { terminal } from '../../terminal/terminal.ts';
import { excludeBy } from '../../transfer/exclude.ts';
import { type LocalFolder, localEntry } from '../../transfer/local-tree.ts';
import { type PutPlan, putSource } from '../../transfer/put.ts';
import { TransferReport } from '../../transfer/report.ts';
import { openFile } from '../../transfer/source-bytes.ts';

interface ImportOptions extends GlobalOptions {
  to?: string;
  exclude?: string[];
  dryRun?: boolean;
}

const kinds: Readonly<Record<string, () => ImportKind>> = {
  takeout: () => takeout,
  icloud,
  immich: () => immich,
  dcim: () => dcim,
};
const filesAtOnce = 4;
const idsAtOnce = 500;

export async function importFrom(kind: string, folder: string, options: ImportOptions): Promise<void> {
  const reader = kinds[kind]?.();
  if (!reader) {
    const known = Object.keys(kinds).join(', ');
    throw new CommandFailure('wrong-usage', `"${kind}" is not known: name one of ${known}.`);
  }
  const client = await Client.connect(options);
  const report = new TransferReport('imported', options);
  const signal = terminal().interrupted();
  const top = await localEntry(folder, {
    follow: false,
    exclude: excludeBy(options.exclude),
    leftOut: (at, reason) => report.fail(at, reason),
    notFollowed: (at) => report.passOver(at, 'this is a symbolic link'),
  });
  if (top.kind === 'file')
    throw new PeerstorError('bad-input', `${folder} is a file: unpack it, and name the folder.`);
  const items = await readAll(reader, top);
  const importing = new Importing(client, report, signal, options);
  await importing.bring(items);
  if (!signal.aborted && !report.gaveUp) await importing.fillAlbums();
  const { saved, unchanged, failed } = report;
  if (options.json) printJson({ imported: saved, duplicates: unchanged, failed });
  else {
    report.progress.clear();
    printLine(
      `${countOf(saved)} ${options.dryRun ? 'would be ' : ''}imported, ${countOf(unchanged)} there already.`,
    );
  }
  report.end(signal.aborted);
}

async function readAll(reader: ImportKind, top: LocalFolder): Promise<ImportItem[]> {
  const folders: ImportFolder[] = [];
  const walk = async (folder: LocalFolder): Promise<void> => {
    const files = new Map<string, string>();
    folders.push({ path: folder.path, names: folder.names, files });
    for await (const child of folder.children()) {
      if (child.kind === 'folder') await walk(child);
      else files.set(child.names.at(-1) ?? '', child.path);
    }
  };
  await walk(top);
  await reader.prepare?.(folders);
  const items: ImportItem[] = [];
  for (const folder of folders) for (const item of await reader.itemsIn(folder)) items.push(item);
  return items;
}

class Importing {
  readonly #client: Client;
  readonly #report: TransferReport;
  readonly #signal: AbortSignal;
  readonly #options: ImportOptions;
  /** Contents of this run, so that a picture that lies in several folders is brought once. */
  readonly #byContent = new Map<string, Promise<string | undefined>>();
  readonly #folders = new Map<string, Promise<string>>();
  /** Ids by album. */
  readonly #albums = new Map<string, Set<string>>();

  constructor(client: Client, report: TransferReport, signal: AbortSignal, options: ImportOptions) {
    this.#client = client;
    this.#report = report;
    this.#signal = signal;
    this.#options = options;
  }

  /** Every item is tried; the report has what failed. */
  async bring(items: readonly ImportItem[]): Promise<void> {
    const waiting = items.values();
    const work = async () => {
      for (const item of waiting) {
        if (this.#signal.aborted || this.#report.gaveUp) return;
        try {
          await this.#bringOne(item);
        } catch (error) {
          if (this.#signal.aborted) this.#report.cutOff += 1;
          else this.#report.fail(item.path, error);
        }
      }
    };
    await Promise.all(Array.from({ length: filesAtOnce }, work));
  }

  async #bringOne(item: ImportItem): Promise<void> {
    const { size } = await stat(item.path);
    const sha256 = await hashOf(item.path, this.#signal);
    const known = this.#byContent.get(sha256);
    const id = await (known ?? this.#begin(item, size, sha256));
    if (known) {
      this.#report.unchanged += 1;
      this.#report.say(`${item.path}  is there already`);
    }
    if (id === undefined) return;
    for (const album of item.albums) {
      const ids = this.#albums.get(album) ?? new Set();
      this.#albums.set(album, ids.add(id));
    }
    await this.#describe(id, item);
  }

  #begin(item: ImportItem, size: number, sha256: string): Promise<string | undefined> {
    const begun = this.#store(item, size, sha256);
    this.#byContent.set(sha256, begun);
    // One that failed is tried again with its twin.
    begun.catch(() => this.#byContent.delete(sha256));
    return begun;
  }

  /** @returns its id; undefined in a dry run */
  async #store(item: ImportItem, size: number, sha256: string): Promise<string | undefined> {
    const there = await this.#find(size, sha256);
    if (there) {
      this.#report.unchanged += 1;
      this.#report.say(`${item.path}  is there already: ${there.path}`);
      return there.id;
    }
    const source = await openFile(item.path, true);
    try {
      const modifiedMs = item.takenAtMs ?? source.modifiedMs ?? Date.now();
      const date = new Date(modifiedMs).toISOString();
      const path = posix.join(this.#options.to ?? '/Photos', date.slice(0, 4), date.slice(5, 7));
      if (this.#options.dryRun) {
        this.#report.saved += 1;
        this.#report.say(`${path}/${item.name}  would be imported  ${formatSize(size)}`);
        return undefined;
      }
      const plan: PutPlan = {
        client: this.#client,
        report: this.#report,
        signal: this.#signal,
        dryRun: false,
        query: '?onConflict=rename',
        entries: [],
      };
      const into = { id: await this.#folder(path), path, children: new Map<string, EntryView>() };
      const entry = await putSource(plan, { ...source, modifiedMs }, into, item.name);
      this.#report.done(`${path}/${entry.name}`);
      return entry.id;
    } finally {
      await source.close();
    }
  }

  /** A file of the drive with this content: only those of equal size are read. */
  async #find(size: number, sha256: string): Promise<FoundView | undefined> {
    if (size === 0) return undefined;
    const route = `/api/v1/search?type=file&minSize=${size}&maxSize=${size}`;
    for await (const found of allOf<FoundView>(this.#client, route)) {
      const { sha256: theirs } = await this.#client.json<{ sha256: string }>(
        `/api/v1/entries/${found.id}/checksum`,
      );
      if (theirs === sha256) return found;
    }
    return undefined;
  }

  /** The id of a folder; it is made, with the folders above it, once. */
  #folder(path: string): Promise<string> {
    const known = this.#folders.get(path);
    if (known) return known;
    const made = this.#makeFolder(path);
    this.#folders.set(path, made);
    made.catch(() => this.#folders.delete(path));
    return made;
  }

  async #makeFolder(path: string): Promise<string> {
    const names = splitDrivePath(path);
    const name = names.at(-1);
    if (name === undefined) return (await entryAt(this.#client, '/')).id;
    const parent = await this.#folder(`/${names.slice(0, -1).join('/')}`);
    const there = await findEntry(this.#client, path);
    if (there?.kind === 'file') throw new PeerstorError('name-taken', `${path} is a file.`);
    return (there ?? (await createFolder(this.#client, parent, name))).id;
  }

  async #describe(id: string, { description, gps, archived, hidden, favorite }: ImportItem): Promise<void> {
    const change = {
      ...(description !== undefined && { description: description.slice(0, 5000) }),
      ...(gps && { gps }),
      ...(archived && { archived }),
      ...(hidden && { hidden }),
    };
    if (Object.keys(change).length > 0) {
      const { items } = await this.#client.json<{ items: EntryOutcome[] }>('/api/v1/photos', {
        method: 'PATCH',
        json: { ids: [id], ...change },
      });
      const [outcome] = items;
      if (outcome && !outcome.ok) {
        throw new PeerstorError(
          outcome.code ?? 'not-found',
          'It is there, but its description and place could not be kept.',
        );
      }
    }
    if (favorite) {
      await this.#client.json(`/api/v1/entries/${id}`, { method: 'PATCH', json: { starred: true } });
    }
  }

  /** Albums by their names: one that is there gets what is new. */
  async fillAlbums(): Promise<void> {
    if (this.#albums.size === 0) return;
    const { items } = await this.#client.json<{ items: AlbumView[] }>('/api/v1/albums');
    for (const [name, ids] of this.#albums) {
      try {
        const album =
          items.find((one) => one.name === name.normalize('NFC') && one.query === null) ??
          (await this.#client.json<AlbumView>('/api/v1/albums', { method: 'POST', json: { name } }));
        const all = [...ids];
        for (let at = 0; at < all.length; at += idsAtOnce) {
          const part = all.slice(at, at + idsAtOnce);
          await this.#client.json(`/api/v1/albums/${album.id}/entries`, {
            method: 'POST',
            json: { ids: part },
          });
        }
        this.#report.say(`album "${name}": ${countOf(all.length)}`);
      } catch (error) {
        this.#report.fail(`album "${name}"`, error);
      }
    }
  }
}

async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createSha256();
  for await (const piece of createReadStream(path, { signal })) hash.update(piece);
  return toHex(hash.digest());
}
