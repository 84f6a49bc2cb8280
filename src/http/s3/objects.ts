/** Objects: look, read, store, copy, delete. Folders are keys that end with a slash. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EntryView } from '../../model/api.ts';
import type { Drive, OpenContent, UploadOptions } from '../../model/contracts/drive.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { entryId } from '../../model/ids.ts';
import { sendContent } from '../content/content-reply.ts';
import { typeOfUpload } from '../content/content-type.ts';
import { versionsNamed } from '../content/preconditions.ts';
import { downloadSlot } from '../sessions/download-slot.ts';
import { watchSession } from '../sessions/session-watch.ts';
import { openObjectBody } from './object-body.ts';
import {
  type Attributes,
  dateOfFacts,
  etagOf,
  factsOf,
  headersOfFacts,
  tagHeaders,
  tagsOf,
  tagsOfRequest,
  withEtag,
} from './object-facts.ts';
import { s3Error } from './s3-errors.ts';
import { type S3Request, sendEmpty, sendS3Xml } from './s3-request.ts';
import { entryAt, keyNames, noSuchKey, requireBucket, type S3Target, targetOf } from './s3-target.ts';

export async function getObject({
  request,
  reply,
  drive,
  target,
  context,
}: S3Request): Promise<FastifyReply> {
  const bucket = await requireBucket(drive, target.bucket);
  const { isFolder } = keyNames(target.key);
  const entry = await entryOfKey(drive, bucket, target.key);
  if (entry === undefined) throw noSuchKey();
  if (isFolder) return sendFolder(reply, entry);
  const content = await drive.open(entryId(entry.id));
  return sendContent(
    request,
    reply,
    { ...content, etag: etagOf(content) },
    {
      ...context,
      // Never shown in place, and never compressed: what clients of S3 ask for are the bytes.
      download: true,
      headers: { ...headersOfFacts(content.attributes), ...tagHeaders(content.attributes) },
      watch: (onEnd) => watchSession(request, onEnd),
      takeSlot: downloadSlot(request, context),
    },
  );
}

function sendFolder(reply: FastifyReply, { version, modifiedAt }: EntryView): FastifyReply {
  reply.headers({
    etag: `"${version.slice(0, 32)}-1"`,
    'last-modified': new Date(modifiedAt).toUTCString(),
    'content-type': 'application/x-directory',
  });
  return sendEmpty(reply, 200);
}

export async function putObject(s3: S3Request): Promise<FastifyReply> {
  const { request, reply, drive, target, signed, context } = s3;
  const bucket = await requireBucket(drive, target.bucket);
  const { names, isFolder } = keyNames(target.key);
  const body = openObjectBody(request, signed, context);
  try {
    if (isFolder) {
      if (body.size > 0)
        throw s3Error(
          'bad-input',
          'InvalidArgument',
          'A key that ends with "/" is a folder: it has no content.',
        );
      for await (const _piece of body.content);
      await drive.ensureFolder(names, entryId(bucket.id));
      return sendEmpty(reply.header('etag', `"${body.md5()}"`), 200);
    }
    const facts = { ...factsOf(request), ...tagsOfRequest(request) };
    const name = names.at(-1) ?? '';
    const stored = await store(drive, bucket, target.key, {
      content: body.content,
      facts,
      options: {
        signal: body.signal,
        sizeHint: body.size,
        mime: typeOfUpload(request.headers['content-type'], name),
        attributes: () => withEtag(facts, body.md5()),
        ...(await conditionOf(request, drive, bucket, target.key)),
      },
    });
    if (body.failure !== undefined) throw body.failure;
    return sendEmpty(reply.header('etag', `"${etagOf(stored)}"`), 200);
  } catch (error) {
    throw body.failure ?? error;
  } finally {
    body.close();
  }
}

/** Stores content at a key; folders on the way are made. @throws `name-taken` where another spelling of the key is */
export async function store(
  drive: Drive,
  bucket: EntryView,
  key: string,
  given: { content: Parameters<Drive['upload']>[2]; facts: Attributes; options: UploadOptions },
): Promise<OpenContent> {
  const { names } = keyNames(key);
  await refuseTwin(drive, bucket, names);
  const modifiedAtMs = dateOfFacts(given.facts);
  const folder = await drive.ensureFolder(names.slice(0, -1), entryId(bucket.id));
  const { entry } = await drive.upload(entryId(folder.id), names.at(-1) ?? '', given.content, {
    ...given.options,
    ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }),
  });
  return drive.open(entryId(entry.id));
}

/** `A` would take the place of `a`: a client of S3 means two objects. */
async function refuseTwin(drive: Drive, bucket: EntryView, names: readonly string[]): Promise<void> {
  const there = await anyAt(drive, bucket, names);
  if (there === undefined || (await entryAt(drive, bucket, names)) !== undefined) return;
  throw s3Error(
    'name-taken',
    'KeyConflict',
    'There is a file or folder whose name differs in capital letters only; in a drive they are one. Choose another key.',
  );
}

async function anyAt(
  drive: Drive,
  bucket: EntryView,
  names: readonly string[],
): Promise<EntryView | undefined> {
  try {
    return await drive.resolve(names, entryId(bucket.id));
  } catch (error) {
    if (isPeerstorError(error, 'not-found') || isPeerstorError(error, 'gone')) return undefined;
    throw error;
  }
}

/** If-None-Match and If-Match of a PUT, which name entity tags of S3. @throws `precondition-failed` */
export async function conditionOf(
  { headers }: FastifyRequest,
  drive: Drive,
  bucket: EntryView,
  key: string,
): Promise<Pick<UploadOptions, 'ifMatch'>> {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifMatch === undefined && ifNoneMatch === undefined) return {};
  const entry = await entryOfKey(drive, bucket, key);
  const content = entry?.kind === 'file' ? await drive.open(entryId(entry.id)) : undefined;
  const failed = () =>
    new PeerstorError('precondition-failed', 'The object at this key is another one, or there is one.');
  if (ifNoneMatch !== undefined) {
    const named = versionsNamed(ifNoneMatch);
    if (content === undefined) return { ifMatch: 'none' };
    if (named === '*' || named.includes(etagOf(content))) throw failed();
    return {};
  }
  const named = versionsNamed(ifMatch ?? '');
  if (content === undefined || (named !== '*' && !named.includes(etagOf(content)))) throw failed();
  return { ifMatch: content.etag };
}

/** What is at a key: a file, or, where the key ends with a slash, a folder. */
export async function entryOfKey(
  drive: Drive,
  bucket: EntryView,
  key: string,
): Promise<EntryView | undefined> {
  const { names, isFolder } = keyNames(key);
  const entry = await entryAt(drive, bucket, names);
  return entry?.kind === (isFolder ? 'folder' : 'file') ? entry : undefined;
}

export async function copyObject({ request, reply, drive, target }: S3Request): Promise<FastifyReply> {
  const bucket = await requireBucket(drive, target.bucket);
  const { content: source, entry } = await sourceOf(request, drive);
  const replaces = String(request.headers['x-amz-metadata-directive'] ?? 'COPY').toUpperCase() === 'REPLACE';
  const facts = replaces ? factsOf(request) : headersOfFacts(source.attributes);
  const retags = String(request.headers['x-amz-tagging-directive'] ?? 'COPY').toUpperCase() === 'REPLACE';
  const tags = retags ? tagsOfRequest(request) : tagsOf(source.attributes);
  const attributes = withEtag({ ...facts, ...tags }, etagOf(source));
  const { names, isFolder } = keyNames(target.key);
  if (isFolder)
    throw s3Error('bad-input', 'InvalidArgument', 'A file cannot be copied to a key that ends with "/".');
  const mime = replaces ? typeOfUpload(request.headers['content-type'], names.at(-1) ?? '') : source.mime;
  const modifiedAtMs = dateOfFacts(facts) ?? source.modifiedAtMs;
  const there = await entryOfKey(drive, bucket, target.key);
  if (there?.id === entry.id) {
    if (!replaces)
      throw s3Error(
        'bad-input',
        'InvalidRequest',
        'An object is copied onto itself only to replace its metadata.',
      );
    await drive.touch(entryId(entry.id), { mime, modifiedAtMs, attributes });
  } else {
    await copyContent(drive, bucket, target.key, {
      source,
      entry,
      there,
      said: { mime, modifiedAtMs, attributes },
    });
  }
  return sendS3Xml(reply, 'CopyObjectResult', [
    ['LastModified', new Date(modifiedAtMs).toISOString()],
    ['ETag', `"${etagOf(source)}"`],
  ]);
}

/** Without moving bytes where nothing is; else as a new version, whose chunks are the ones that are there. */
async function copyContent(
  drive: Drive,
  bucket: EntryView,
  key: string,
  {
    source,
    entry,
    there,
    said,
  }: {
    source: OpenContent;
    entry: EntryView;
    there: EntryView | undefined;
    said: { mime: string; modifiedAtMs: number; attributes: Attributes };
  },
): Promise<void> {
  const { names } = keyNames(key);
  await refuseTwin(drive, bucket, names);
  const folder = entryId((await drive.ensureFolder(names.slice(0, -1), entryId(bucket.id))).id);
  const name = names.at(-1) ?? '';
  if (there === undefined) {
    const made = await drive.copy(entryId(entry.id), folder, name);
    await drive.touch(entryId(made.id), said);
    return;
  }
  const { mime, modifiedAtMs, attributes } = said;
  const content = source.read({ start: 0, end: source.size }, new AbortController().signal);
  await drive.upload(folder, name, content, {
    mime,
    modifiedAtMs,
    attributes: () => attributes,
    sizeHint: source.size,
  });
}

/** What `x-amz-copy-source` names. @throws `not-found`, `bad-input` */
export async function sourceOf(
  { headers }: FastifyRequest,
  drive: Drive,
): Promise<{ entry: EntryView; content: OpenContent }> {
  const [path = '', query] = String(headers['x-amz-copy-source'] ?? '').split('?');
  if (query !== undefined)
    throw s3Error('bad-input', 'InvalidArgument', 'Copies are made of the current version only.');
  const { bucket, key }: S3Target = targetOf(path);
  const entry = await entryOfKey(drive, await requireBucket(drive, bucket), key);
  if (entry?.kind !== 'file') throw noSuchKey();
  return { entry, content: await drive.open(entryId(entry.id)) };
}

/** To the trash; nothing where nothing is. A folder goes only while nothing is in it. */
export async function deleteObject({ reply, drive, target }: S3Request): Promise<FastifyReply> {
  const bucket = await requireBucket(drive, target.bucket);
  await removeKey(drive, bucket, target.key);
  return sendEmpty(reply, 204);
}

/** @throws `bad-input` without a key: the folder that is the bucket is no object */
export async function removeKey(drive: Drive, bucket: EntryView, key: string): Promise<void> {
  if (keyNames(key).names.length === 0) {
    throw s3Error(
      'bad-input',
      'InvalidArgument',
      'A key of an object is not empty. A bucket is deleted by itself.',
    );
  }
  const entry = await entryOfKey(drive, bucket, key);
  if (entry === undefined) return;
  const id = entryId(entry.id);
  if (entry.kind === 'folder') {
    const { items } = await drive.children(id, { sort: 'name', order: 'asc', limit: 1 });
    if (items.length > 0) return;
  }
  try {
    await drive.trash(id);
  } catch (error) {
    if (!isPeerstorError(error, 'not-found') && !isPeerstorError(error, 'gone')) throw error;
  }
}
