/** Uploads in parts: the client sends parts in any order, then says which ones make the object. */
import type { FastifyReply } from 'fastify';
import { createContentHash } from '../../crypto/index.ts';
import type { MultipartUploads, MultipartView, PartView } from '../../model/contracts/uploads.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { entryId, fromHex, toHex, type UploadId, uploadId } from '../../model/ids.ts';
import { typeOfUpload } from '../content/content-type.ts';
import { childElements, textOf, type XmlElement } from '../requests/xml.ts';
import { openObjectBody } from './object-body.ts';
import { type Attributes, etagOf, factsOf, withEtag } from './object-facts.ts';
import { sourceOf, store } from './objects.ts';
import { notImplemented, s3Error } from './s3-errors.ts';
import { type Fields, readXml, type S3Request, sendEmpty, sendS3Xml } from './s3-request.ts';
import { keyNames, requireBucket } from './s3-target.ts';

const partsMax = 10_000;
const listedMax = 1000;

/** What is kept with an upload until it is complete. */
interface Facts {
  mime: string;
  attributes: Attributes;
}

export async function createMultipart(s3: S3Request): Promise<FastifyReply> {
  const { request, reply, drive, target } = s3;
  const bucket = await requireBucket(drive, target.bucket);
  const { names, isFolder } = keyNames(target.key);
  if (isFolder)
    throw s3Error('bad-input', 'InvalidArgument', 'A key that ends with "/" is a folder: it has no content.');
  const mime = typeOfUpload(request.headers['content-type'], names.at(-1) ?? '');
  const facts: Facts = { mime, attributes: factsOf(request) };
  const metadata = JSON.stringify(facts);
  const { id } = await multipartOf(s3).create({ parent: entryId(bucket.id), name: target.key, metadata });
  return sendS3Xml(reply, 'InitiateMultipartUploadResult', [
    ['Bucket', target.bucket ?? ''],
    ['Key', target.key],
    ['UploadId', id],
  ]);
}

export async function putPart(s3: S3Request): Promise<FastifyReply> {
  const { request, reply, signed, context } = s3;
  const { id } = await uploadOf(s3);
  const number = partNumberOf(s3);
  const body = openObjectBody(request, signed, context);
  try {
    const { size } = body;
    const part = { number, size, etag: () => body.md5() };
    const { etag } = await multipartOf(s3).putPart(id, body.content, part);
    if (body.failure !== undefined) throw body.failure;
    return sendEmpty(reply.header('etag', `"${etag}"`), 200);
  } catch (error) {
    throw body.failure ?? error;
  } finally {
    body.close();
  }
}

/** A part that is a range of an object that is here: read and cut anew, so its chunks are the ones that are there. */
export async function copyPart(s3: S3Request): Promise<FastifyReply> {
  const { request, reply, drive } = s3;
  const { id } = await uploadOf(s3);
  const number = partNumberOf(s3);
  const { content: source } = await sourceOf(request, drive);
  const range = copyRange(request.headers['x-amz-copy-source-range'], source.size);
  const hash = createContentHash('md5');
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const piece of source.read(range, request.signal)) {
      hash.update(piece);
      yield piece;
    }
  }
  const size = range.end - range.start;
  const part = { number, size, etag: () => toHex(hash.digest()) };
  const { etag, modifiedAt } = await multipartOf(s3).putPart(id, hashed(), part);
  return sendS3Xml(reply, 'CopyPartResult', [
    ['LastModified', modifiedAt],
    ['ETag', `"${etag}"`],
  ]);
}

/** @throws `bad-range` for bytes that are not there */
function copyRange(header: string | string[] | undefined, size: number): { start: number; end: number } {
  if (header === undefined) return { start: 0, end: size };
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(String(header)) ?? [];
  const range = { start: Number(first), end: Number(last) + 1 };
  if (range.start < range.end && range.end <= size) return range;
  throw s3Error('bad-range', 'InvalidRange', `The object has ${size} bytes; this part of it is not there.`);
}

function partNumberOf({ query }: S3Request): number {
  const number = Number(query.get('partNumber'));
  if (Number.isInteger(number) && number >= 1 && number <= partsMax) return number;
  throw s3Error('bad-input', 'InvalidArgument', `partNumber must be a number from 1 to ${partsMax}.`);
}

export async function completeMultipart(s3: S3Request): Promise<FastifyReply> {
  const { reply, drive, target } = s3;
  const upload = await uploadOf(s3);
  const bucket = await requireBucket(drive, target.bucket);
  const chosen = await chosenParts(s3, upload.id);
  const { mime, attributes } = factsIn(upload);
  const hash = createContentHash('md5');
  for (const { etag } of chosen) hash.update(fromHex(etag));
  const etag = `${toHex(hash.digest())}-${chosen.length}`;
  const numbers = chosen.map(({ number }) => number);
  const stored = await multipartOf(s3).complete(upload.id, numbers, (content) =>
    store(drive, bucket, target.key, {
      content,
      facts: attributes,
      options: { mime, sizeHint: content.size, attributes: () => withEtag(attributes, etag) },
    }),
  );
  return sendS3Xml(reply, 'CompleteMultipartUploadResult', [
    ['Location', `/${encodeURIComponent(target.bucket ?? '')}/${encodeURIComponent(target.key)}`],
    ['Bucket', target.bucket ?? ''],
    ['Key', target.key],
    ['ETag', `"${etagOf(stored)}"`],
  ]);
}

/** The parts that the body names. @throws `bad-input` as `InvalidPart`, `InvalidPartOrder` */
async function chosenParts(s3: S3Request, id: UploadId): Promise<PartView[]> {
  const root = await readXml(s3);
  const there = new Map((await multipartOf(s3).parts(id)).map((part) => [part.number, part]));
  const chosen: PartView[] = [];
  for (const element of childElements(root).filter(({ name }) => name === 'Part')) {
    const number = Number(textIn(element, 'PartNumber'));
    const part = there.get(number);
    const isSame =
      part?.etag ===
      textIn(element, 'ETag')
        .replace(/^"(.*)"$/, '$1')
        .toLowerCase();
    if (part === undefined || !isSame) {
      throw s3Error(
        'bad-input',
        'InvalidPart',
        `Part ${number} is not here, or is another one: send it again.`,
      );
    }
    if (number <= (chosen.at(-1)?.number ?? 0)) {
      throw s3Error(
        'bad-input',
        'InvalidPartOrder',
        'The parts must be named in the order of their numbers.',
      );
    }
    chosen.push(part);
  }
  if (root.name === 'CompleteMultipartUpload' && chosen.length > 0) return chosen;
  throw s3Error('bad-request', 'MalformedXML', 'The body must name the parts of the object.');
}

export async function abortMultipart(s3: S3Request): Promise<FastifyReply> {
  const { id } = await uploadOf(s3);
  await multipartOf(s3).remove(id);
  return sendEmpty(s3.reply, 204);
}

export async function listParts(s3: S3Request): Promise<FastifyReply> {
  const { reply, query, target } = s3;
  const { id } = await uploadOf(s3);
  const after = Number(query.get('part-number-marker') ?? 0);
  const most = Math.min(Number(query.get('max-parts') ?? listedMax) || listedMax, listedMax);
  const rest = (await multipartOf(s3).parts(id)).filter(({ number }) => number > after);
  const listed = rest.slice(0, most);
  const last = listed.at(-1)?.number;
  return sendS3Xml(reply, 'ListPartsResult', [
    ['Bucket', target.bucket ?? ''],
    ['Key', target.key],
    ['UploadId', id],
    ['MaxParts', most],
    ['IsTruncated', rest.length > listed.length],
    ...(rest.length > listed.length && last !== undefined ? [['NextPartNumberMarker', last] as const] : []),
    ...listed.map(
      ({ number, size, etag, modifiedAt }) =>
        [
          'Part',
          [
            ['PartNumber', number],
            ['LastModified', modifiedAt],
            ['ETag', `"${etag}"`],
            ['Size', size],
          ],
        ] as const,
    ),
  ]);
}

/** All at once: a token has few that are not finished. */
export async function listMultiparts(s3: S3Request): Promise<FastifyReply> {
  const { reply, drive, target, query } = s3;
  const bucket = await requireBucket(drive, target.bucket);
  const prefix = query.get('prefix') ?? '';
  const uploads = (await multipartOf(s3).list()).filter(
    ({ parent, name }) => parent === bucket.id && name.startsWith(prefix),
  );
  const fields: Fields = uploads.map(({ id, name, createdAt }) => [
    'Upload',
    [
      ['Key', name],
      ['UploadId', id],
      ['Initiated', createdAt],
      ['StorageClass', 'STANDARD'],
    ],
  ]);
  const head: Fields = [
    ['Bucket', target.bucket ?? ''],
    ['Prefix', prefix],
    ['MaxUploads', listedMax],
    ['IsTruncated', false],
  ];
  return sendS3Xml(reply, 'ListMultipartUploadsResult', [...head, ...fields]);
}

/** The upload that the query names, if it is one of this key. @throws `not-found` as `NoSuchUpload` */
async function uploadOf(s3: S3Request): Promise<MultipartView> {
  const { drive, target, query } = s3;
  const noSuchUpload = () =>
    s3Error('not-found', 'NoSuchUpload', 'There is no such upload here: begin it again.');
  const bucket = await requireBucket(drive, target.bucket);
  try {
    const upload = await multipartOf(s3).look(uploadId(query.get('uploadId') ?? ''));
    if (upload.parent === bucket.id && upload.name === target.key) return upload;
  } catch (error) {
    if (!isPeerstorError(error, 'not-found') && !isPeerstorError(error, 'bad-id')) throw error;
  }
  throw noSuchUpload();
}

function multipartOf({ signed }: S3Request): MultipartUploads {
  const { multipart } = signed.session;
  if (multipart !== undefined) return multipart;
  throw notImplemented('An upload in parts');
}

function factsIn({ metadata }: MultipartView): Facts {
  // What `createMultipart` wrote; the drive gives it back as it was.
  return JSON.parse(metadata) as Facts;
}

function textIn(element: XmlElement, wanted: string): string {
  const child = childElements(element).find(({ name }) => name === wanted);
  return child === undefined ? '' : textOf(child).trim();
}
