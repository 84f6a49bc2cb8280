/** Buckets: the folders at the top of the token's drive. */
import type { FastifyReply } from 'fastify';
import type { EntryView } from '../../model/api.ts';
import { isPeerstorError, type PeerstorError } from '../../model/errors.ts';
import { entryId } from '../../model/ids.ts';
import { listLimitMax } from '../../model/limits.ts';
import { s3KeysMax } from '../limits/http-limits.ts';
import { childElements, textOf, type XmlElement } from '../requests/xml.ts';
import { ownerOf } from './listing.ts';
import { removeKey } from './objects.ts';
import { s3CodeOf, s3Error } from './s3-errors.ts';
import { type Fields, readXml, type S3Request, sendEmpty, sendS3Xml } from './s3-request.ts';
import { entryAt, keyNames, requireBucket } from './s3-target.ts';
import { walk } from './walk.ts';

export async function listBuckets(s3: S3Request): Promise<FastifyReply> {
  const { drive, reply } = s3;
  const root = entryId((await drive.root()).id);
  const folders: EntryView[] = [];
  let cursor: string | null = null;
  do {
    const options = { sort: 'kind', order: 'asc', limit: listLimitMax } as const;
    const page = await drive.children(root, cursor === null ? options : { ...options, cursor });
    for (const entry of page.items) if (entry.kind === 'folder') folders.push(entry);
    cursor = page.nextCursor;
  } while (cursor !== null);
  const buckets = folders.map(
    ({ name, createdAt }) =>
      [
        'Bucket',
        [
          ['Name', name],
          ['CreationDate', createdAt],
        ],
      ] as const,
  );
  return sendS3Xml(reply, 'ListAllMyBucketsResult', [...ownerOf(s3), ['Buckets', buckets]]);
}

export async function headBucket({ drive, target, reply }: S3Request): Promise<FastifyReply> {
  await requireBucket(drive, target.bucket);
  return sendEmpty(reply.header('x-amz-bucket-region', 'us-east-1'), 200);
}

/** @throws `name-taken` as `BucketAlreadyOwnedByYou` */
export async function createBucket({ drive, target, reply }: S3Request): Promise<FastifyReply> {
  const name = target.bucket ?? '';
  const root = await drive.root();
  try {
    if ((await entryAt(drive, root, keyNames(name).names))?.kind === 'folder') throw ownedAlready();
    await drive.createFolder(entryId(root.id), name);
  } catch (error) {
    if (isPeerstorError(error, 'bad-name')) throw s3Error('bad-name', 'InvalidBucketName', error.message);
    throw isPeerstorError(error, 'name-taken') ? ownedAlready() : error;
  }
  return sendEmpty(reply.header('location', `/${encodeURIComponent(name)}`), 200);
}

function ownedAlready(): PeerstorError {
  return s3Error('name-taken', 'BucketAlreadyOwnedByYou', 'There is a folder of this name already.');
}

/** To the trash, when no file is in it. */
export async function deleteBucket({ drive, target, reply }: S3Request): Promise<FastifyReply> {
  const bucket = await requireBucket(drive, target.bucket);
  for await (const _found of walk(drive, bucket, { prefix: '', delimiter: '', after: '' })) {
    throw s3Error('conflict', 'BucketNotEmpty', 'There are files in this folder: delete them first.');
  }
  await drive.trash(entryId(bucket.id));
  return sendEmpty(reply, 204);
}

export async function bucketLocation({ drive, target, reply }: S3Request): Promise<FastifyReply> {
  await requireBucket(drive, target.bucket);
  return sendS3Xml(reply, 'LocationConstraint', []);
}

/** That nothing is versioned as S3 has it: the drive keeps old versions by rules of its own. */
export async function bucketVersioning({ drive, target, reply }: S3Request): Promise<FastifyReply> {
  await requireBucket(drive, target.bucket);
  return sendS3Xml(reply, 'VersioningConfiguration', []);
}

/** What a bucket could have and none has here, by the code with which S3 says so. */
const absent: Readonly<Record<string, string>> = {
  cors: 'NoSuchCORSConfiguration',
  encryption: 'ServerSideEncryptionConfigurationNotFoundError',
  lifecycle: 'NoSuchLifecycleConfiguration',
  'object-lock': 'ObjectLockConfigurationNotFoundError',
  policy: 'NoSuchBucketPolicy',
  publicAccessBlock: 'NoSuchPublicAccessBlockConfiguration',
  replication: 'ReplicationConfigurationNotFoundError',
  tagging: 'NoSuchTagSet',
  website: 'NoSuchWebsiteConfiguration',
};

/** Answers a question about a setting of buckets that there is none; undefined for what is no such question. */
export function absentSetting(name: string): ((s3: S3Request) => Promise<FastifyReply>) | undefined {
  const code = Object.hasOwn(absent, name) ? absent[name] : undefined;
  if (code === undefined) return undefined;
  return async ({ drive, target }) => {
    await requireBucket(drive, target.bucket);
    throw s3Error('not-found', code, 'Folders have no such setting here.');
  };
}

/** @throws `bad-request` for more than a thousand keys */
export async function deleteObjects(s3: S3Request): Promise<FastifyReply> {
  const { drive, target, reply } = s3;
  const bucket = await requireBucket(drive, target.bucket);
  const root = await readXml(s3);
  const isQuiet = childElements(root).some(
    (child) => child.name === 'Quiet' && textOf(child).trim() === 'true',
  );
  const keys = childElements(root)
    .filter(({ name }) => name === 'Object')
    .map(keyIn);
  if (root.name !== 'Delete' || keys.length === 0 || keys.length > s3KeysMax) {
    throw s3Error('bad-request', 'MalformedXML', `The body must name 1 to ${s3KeysMax} objects.`);
  }
  const results: Fields[number][] = [];
  for (const key of keys) {
    try {
      await removeKey(drive, bucket, key);
      if (!isQuiet) results.push(['Deleted', [['Key', key]]]);
    } catch (error) {
      if (!isPeerstorError(error)) throw error;
      results.push([
        'Error',
        [
          ['Key', key],
          ['Code', s3CodeOf(error)],
          ['Message', error.message],
        ],
      ]);
    }
  }
  return sendS3Xml(reply, 'DeleteResult', results);
}

function keyIn(object: XmlElement): string {
  const key = childElements(object).find(({ name }) => name === 'Key');
  return key === undefined ? '' : textOf(key);
}
