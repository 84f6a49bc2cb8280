/** Tags of an object, as S3 has them: pairs, kept with the file's version beside its metadata. */
import type { FastifyReply } from 'fastify';
import type { Drive, OpenContent } from '../../model/contracts/drive.ts';
import { type EntryId, entryId } from '../../model/ids.ts';
import { childElements, textOf, type XmlElement } from '../requests/xml.ts';
import { type Attributes, tagAttributes, tagPairs, tagsAttribute } from './object-facts.ts';
import { entryOfKey } from './objects.ts';
import { s3Error } from './s3-errors.ts';
import { type Fields, readXml, type S3Request, sendEmpty, sendS3Xml } from './s3-request.ts';
import { noSuchKey, requireBucket } from './s3-target.ts';

export async function getTags(s3: S3Request): Promise<FastifyReply> {
  const { content } = await objectOf(s3);
  const tags: Fields = tagPairs(content.attributes).map(
    ([key, value]) =>
      [
        'Tag',
        [
          ['Key', key],
          ['Value', value],
        ],
      ] as const,
  );
  return sendS3Xml(s3.reply, 'Tagging', [['TagSet', tags]]);
}

/** @throws `bad-request` as `MalformedXML` or `InvalidTag` */
export async function putTags(s3: S3Request): Promise<FastifyReply> {
  const { id, content } = await objectOf(s3);
  const root = await readXml(s3);
  const set = root.name === 'Tagging' ? childElements(root).find(({ name }) => name === 'TagSet') : undefined;
  if (set === undefined) throw s3Error('bad-request', 'MalformedXML', 'The body must be a set of tags.');
  const tags = childElements(set).filter(({ name }) => name === 'Tag');
  const pairs = tags.map((tag) => [partOf(tag, 'Key'), partOf(tag, 'Value')] as [string, string]);
  await retag(s3.drive, id, content, tagAttributes(pairs));
  return sendEmpty(s3.reply, 200);
}

export async function deleteTags(s3: S3Request): Promise<FastifyReply> {
  const { id, content } = await objectOf(s3);
  await retag(s3.drive, id, content, {});
  return sendEmpty(s3.reply, 204);
}

async function retag(
  drive: Drive,
  id: EntryId,
  { attributes = {} }: OpenContent,
  tags: Attributes,
): Promise<void> {
  const { [tagsAttribute]: _before, ...others } = attributes;
  await drive.touch(id, { attributes: { ...others, ...tags } });
}

async function objectOf({ drive, target }: S3Request): Promise<{ id: EntryId; content: OpenContent }> {
  const bucket = await requireBucket(drive, target.bucket);
  const entry = await entryOfKey(drive, bucket, target.key);
  if (entry?.kind !== 'file') throw noSuchKey();
  const id = entryId(entry.id);
  return { id, content: await drive.open(id) };
}

function partOf(tag: XmlElement, name: string): string {
  const part = childElements(tag).find((child) => child.name === name);
  return part === undefined ? '' : textOf(part);
}
