/** What a request of S3 names: path style, `/s3/BUCKET/KEY`. Buckets are the folders at the top of the token's drive. */
import type { FastifyRequest } from 'fastify';
import type { EntryView } from '../../model/api.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { entryId } from '../../model/ids.ts';
import { drivePathOf } from '../requests/drive-path.ts';
import { pathnameOf, s3Prefix } from '../requests/target.ts';
import { s3Error } from './s3-errors.ts';

export interface S3Target {
  /** undefined for the list of buckets. */
  bucket: string | undefined;
  /** '' for the bucket itself. */
  key: string;
}

/** @throws `bad-request` for what is not percent-encoded UTF-8 */
export function s3TargetOf({ raw }: FastifyRequest): S3Target {
  return targetOf(pathnameOf(raw.url ?? '').slice(s3Prefix.length));
}

/** @param path `/BUCKET/KEY`, percent-encoded */
export function targetOf(path: string): S3Target {
  const [, bucket = '', key = ''] = /^\/?([^/]*)\/?(.*)$/s.exec(path) ?? [];
  try {
    return { bucket: bucket === '' ? undefined : decodeURIComponent(bucket), key: decodeURIComponent(key) };
  } catch {
    throw new PeerstorError('bad-request', 'The address is not percent-encoded UTF-8.');
  }
}

/** The path of a key in the drive. @throws `bad-name` for a key that cannot be one: with `//`, `.` or `..` in it */
export function keyNames(key: string): { names: string[]; isFolder: boolean } {
  const path = key
    .split('/')
    .map((name) => encodeURIComponent(name.toWellFormed()))
    .join('/');
  const { names, folder } = drivePathOf(`/${path}`);
  return { names, isFolder: folder };
}

/** The folder of a bucket. @throws `not-found` as `NoSuchBucket` */
export async function requireBucket(drive: Drive, bucket: string | undefined): Promise<EntryView> {
  const found = bucket === undefined ? undefined : await entryAt(drive, await drive.root(), [bucket]);
  if (found?.kind === 'folder') return found;
  throw s3Error('not-found', 'NoSuchBucket', 'There is no folder of this name at the top of the drive.');
}

/**
 * The entry at a path below a folder, by exactly these names: to S3 `A` and `a` are two keys, to a drive one name.
 */
export async function entryAt(
  drive: Drive,
  top: EntryView,
  names: readonly string[],
): Promise<EntryView | undefined> {
  try {
    const entry = await drive.resolve(names, entryId(top.id));
    if (names.length === 0) return entry;
    const around = names.length === 1 ? [] : await drive.ancestors(entryId(entry.id));
    const given = [...around.map(({ name }) => name), entry.name].slice(-names.length);
    return given.every((name, index) => name === names[index]) ? entry : undefined;
  } catch (error) {
    const isMissing = ['not-found', 'gone', 'bad-name'] as const;
    if (isMissing.some((code) => isPeerstorError(error, code))) return undefined;
    throw error;
  }
}

export function noSuchKey(): PeerstorError {
  return s3Error('not-found', 'NoSuchKey', 'There is no file at this key.');
}
