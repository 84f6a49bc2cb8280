/** Files of a bucket in the order of their keys, which is that of their UTF-8 bytes. */
import type { EntryView } from '../../model/api.ts';
import type { Clock } from '../../model/clock.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId } from '../../model/ids.ts';
import { listLimitMax } from '../../model/limits.ts';
import { s3WalkMs, s3WalksMax } from '../limits/http-limits.ts';
import { entryAt } from './s3-target.ts';

/** A file by its key, or all keys that begin alike up to the delimiter. */
export type Found = { kind: 'file'; key: string; id: EntryId } | { kind: 'prefix'; key: string };

export interface WalkWish {
  prefix: string;
  /** `/`, or '' for none. */
  delimiter: string;
  /** Only what comes after this key. */
  after: string;
}

/**
 * Empty folders are no keys, so they are seen only as prefixes.
 * @param bucket the folder that is the bucket
 */
export async function* walk(drive: Drive, bucket: EntryView, wish: WalkWish): AsyncGenerator<Found> {
  const { prefix, delimiter } = wish;
  const end = prefix.lastIndexOf('/') + 1;
  const names = prefix.slice(0, end).split('/').slice(0, -1);
  const folder = await entryAt(drive, bucket, names);
  if (folder?.kind !== 'folder') return;
  yield* walkFolder(drive, entryId(folder.id), prefix.slice(0, end), { ...wish, deep: delimiter !== '/' });
}

async function* walkFolder(
  drive: Drive,
  folder: EntryId,
  path: string,
  wish: WalkWish & { deep: boolean },
): AsyncGenerator<Found> {
  const { prefix, after, deep } = wish;
  for (const { key, id, isFolder } of await children(drive, folder, path)) {
    if (!key.startsWith(prefix)) continue;
    // All of a folder comes before what is asked for, unless that lies in it.
    if (compareKeys(key, after) <= 0 && !(isFolder && deep && after.startsWith(key))) continue;
    if (!isFolder) yield { kind: 'file', key, id };
    else if (deep) yield* walkFolder(drive, id, key, wish);
    else yield { kind: 'prefix', key };
  }
}

/** No more than is needed: a walk that is kept holds the folders around it. */
interface Child {
  key: string;
  id: EntryId;
  isFolder: boolean;
}

async function children(drive: Drive, folder: EntryId, path: string): Promise<Child[]> {
  const found: Child[] = [];
  let cursor: string | null = null;
  do {
    const options = { sort: 'name', order: 'asc', limit: listLimitMax } as const;
    const page = await pageOf(drive, folder, cursor === null ? options : { ...options, cursor });
    for (const { name, kind, id } of page.items) {
      const isFolder = kind === 'folder';
      found.push({ key: `${path}${name}${isFolder ? '/' : ''}`, id: entryId(id), isFolder });
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found.sort((one, other) => compareKeys(one.key, other.key));
}

/** Nothing of a folder that went away meanwhile. */
async function pageOf(drive: Drive, folder: EntryId, options: Parameters<Drive['children']>[1]) {
  try {
    return await drive.children(folder, options);
  } catch (error) {
    if (isPeerstorError(error, 'not-found') || isPeerstorError(error, 'gone'))
      return { items: [], nextCursor: null };
    throw error;
  }
}

/** By UTF-8 bytes; JavaScript compares UTF-16, which differs above U+FFFF. */
export function compareKeys(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

interface KeptWalk {
  rest: AsyncGenerator<Found>;
  untilMs: number;
}

/** Walks that stopped at the end of a page: the next page goes on there, instead of from the beginning of each folder. */
export class WalkCache {
  readonly #clock: Clock;
  readonly #kept = new Map<string, KeptWalk>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param name whose walk, of what, after which key */
  take(name: string): AsyncGenerator<Found> | undefined {
    this.#forgetOld();
    const kept = this.#kept.get(name);
    this.#kept.delete(name);
    return kept?.rest;
  }

  keep(name: string, rest: AsyncGenerator<Found>): void {
    this.#forgetOld();
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= s3WalksMax && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(name, { rest, untilMs: this.#clock.monotonicMs() + s3WalkMs });
  }

  #forgetOld(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [name, { untilMs }] of this.#kept) if (untilMs <= nowMs) this.#kept.delete(name);
  }
}
