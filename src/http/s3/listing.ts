/** ListObjects, the first and the second version. */
import type { FastifyReply } from 'fastify';
import type { OpenContent } from '../../model/contracts/drive.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import { s3KeysMax } from '../limits/http-limits.ts';
import { encodedAgain } from './canonical-request.ts';
import { etagOf } from './object-facts.ts';
import { notImplemented, s3Error } from './s3-errors.ts';
import { type Fields, type S3Request, sendS3Xml } from './s3-request.ts';
import { requireBucket } from './s3-target.ts';
import { type Found, walk } from './walk.ts';

interface Listed {
  found: Found;
  content: OpenContent | undefined;
}

export async function listObjects(s3: S3Request): Promise<FastifyReply> {
  const { query, target, drive, reply } = s3;
  const isSecond = query.get('list-type') === '2';
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  if (delimiter !== '' && delimiter !== '/') throw notImplemented('A delimiter other than "/"');
  const bucket = await requireBucket(drive, target.bucket);
  const most = keysWanted(query.get('max-keys'));
  const token = query.get('continuation-token');
  const after = isSecond
    ? token === null
      ? (query.get('start-after') ?? '')
      : keyIn(token)
    : (query.get('marker') ?? '');
  const name = JSON.stringify([s3.signed.session.secret, bucket.id, prefix, delimiter, after]);
  const rest = s3.walks.take(name) ?? walk(drive, bucket, { prefix, delimiter, after });
  const { listed, next } = await page(s3, rest, most, (last) =>
    JSON.stringify([s3.signed.session.secret, bucket.id, prefix, delimiter, last]),
  );
  const encode =
    query.get('encoding-type') === 'url' ? (text: string) => keyForUrl(text) : (text: string) => text;
  const shared: Fields = [
    ['Name', target.bucket ?? ''],
    ['Prefix', encode(prefix)],
    ...(delimiter === '' ? [] : [['Delimiter', delimiter] as const]),
    ['MaxKeys', most],
    ...(query.get('encoding-type') === 'url' ? [['EncodingType', 'url'] as const] : []),
    ['IsTruncated', next !== undefined],
  ];
  const cursors: Fields = isSecond
    ? [
        ['KeyCount', listed.length],
        ...(token === null ? [] : [['ContinuationToken', token] as const]),
        ...(query.has('start-after')
          ? [['StartAfter', encode(query.get('start-after') ?? '')] as const]
          : []),
        ...(next === undefined ? [] : [['NextContinuationToken', tokenOf(next)] as const]),
      ]
    : [['Marker', encode(after)], ...(next === undefined ? [] : [['NextMarker', encode(next)] as const])];
  const withOwner = !isSecond || query.get('fetch-owner') === 'true';
  const owner = withOwner ? ownerOf(s3) : [];
  return sendS3Xml(reply, 'ListBucketResult', [
    ...shared,
    ...cursors,
    ...listed.flatMap(({ found, content }) => objectFields(found, content, encode, owner)),
    ...prefixFields(listed, encode),
  ]);
}

/** ListObjectVersions: of every key the present object, which is its only version to S3. */
export async function listVersions(s3: S3Request): Promise<FastifyReply> {
  const { query, target, drive, reply } = s3;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  if (delimiter !== '' && delimiter !== '/') throw notImplemented('A delimiter other than "/"');
  const bucket = await requireBucket(drive, target.bucket);
  const most = keysWanted(query.get('max-keys'));
  const after = query.get('key-marker') ?? '';
  const name = (last: string) =>
    JSON.stringify([s3.signed.session.secret, bucket.id, prefix, delimiter, last, 'versions']);
  const rest = s3.walks.take(name(after)) ?? walk(drive, bucket, { prefix, delimiter, after });
  const { listed, next } = await page(s3, rest, most, name);
  const isUrl = query.get('encoding-type') === 'url';
  const encode = (text: string) => (isUrl ? keyForUrl(text) : text);
  const versions = listed.flatMap(({ found, content }) => versionFields(found, content, encode, ownerOf(s3)));
  return sendS3Xml(reply, 'ListVersionsResult', [
    ['Name', target.bucket ?? ''],
    ['Prefix', encode(prefix)],
    ...(delimiter === '' ? [] : [['Delimiter', delimiter] as const]),
    ['KeyMarker', encode(after)],
    ['MaxKeys', most],
    ...(isUrl ? [['EncodingType', 'url'] as const] : []),
    ['IsTruncated', next !== undefined],
    ...(next === undefined ? [] : [['NextKeyMarker', encode(next)] as const]),
    ...versions,
    ...prefixFields(listed, encode),
  ]);
}

function versionFields(...given: Parameters<typeof objectFields>): Fields {
  return objectFields(...given).map(([, fields]) => {
    const [key, ...rest] = fields as Fields;
    const version: Fields = [
      ['VersionId', 'null'],
      ['IsLatest', true],
    ];
    return ['Version', [...(key ? [key] : []), ...version, ...rest]] as const;
  });
}

function prefixFields(listed: readonly Listed[], encode: (text: string) => string): Fields {
  return listed.flatMap(({ found }) =>
    found.kind === 'prefix' ? [['CommonPrefixes', [['Prefix', encode(found.key)]]] as const] : [],
  );
}

/** One page of a walk; what is left of it is kept for the next one. */
async function page(
  { drive, walks }: S3Request,
  rest: AsyncGenerator<Found>,
  most: number,
  nameAfter: (last: string) => string,
): Promise<{ listed: Listed[]; next: string | undefined }> {
  const listed: Listed[] = [];
  let last: string | undefined;
  if (most === 0) return { listed, next: undefined };
  for (let step = await rest.next(); step.done !== true; step = await rest.next()) {
    const found = step.value;
    if (listed.length >= most && last !== undefined) {
      walks.keep(nameAfter(last), beginningWith(found, rest));
      return { listed, next: last };
    }
    const content = found.kind === 'file' ? await openIfThere(drive, found.id) : undefined;
    if (found.kind === 'file' && content === undefined) continue;
    listed.push({ found, content });
    last = found.key;
  }
  return { listed, next: undefined };
}

async function* beginningWith(first: Found, rest: AsyncGenerator<Found>): AsyncGenerator<Found> {
  yield first;
  yield* rest;
}

async function openIfThere(drive: S3Request['drive'], id: EntryId): Promise<OpenContent | undefined> {
  try {
    return await drive.open(id);
  } catch (error) {
    if (isPeerstorError(error, 'not-found') || isPeerstorError(error, 'gone')) return undefined;
    throw error;
  }
}

function objectFields(
  found: Found,
  content: OpenContent | undefined,
  encode: (text: string) => string,
  owner: Fields,
): Fields {
  if (content === undefined) return [];
  return [
    [
      'Contents',
      [
        ['Key', encode(found.key)],
        ['LastModified', new Date(content.modifiedAtMs).toISOString()],
        ['ETag', `"${etagOf(content)}"`],
        ['Size', content.size],
        ...owner,
        ['StorageClass', 'STANDARD'],
      ],
    ],
  ];
}

export function ownerOf({ signed }: S3Request): Fields {
  const { id, username } = signed.session.user;
  return [
    [
      'Owner',
      [
        ['ID', id],
        ['DisplayName', username],
      ],
    ],
  ];
}

function keysWanted(text: string | null): number {
  if (text === null) return s3KeysMax;
  if (!/^\d{1,9}$/.test(text)) throw s3Error('bad-input', 'InvalidArgument', 'max-keys must be a number.');
  return Math.min(Number(text), s3KeysMax);
}

function tokenOf(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function keyIn(token: string): string {
  return Buffer.from(token, 'base64url').toString('utf8');
}

/** With slashes as they are, which is what clients of S3 expect. */
function keyForUrl(key: string): string {
  return key
    .split('/')
    .map((name) => encodedAgain(encodeURIComponent(name.toWellFormed())))
    .join('/');
}
