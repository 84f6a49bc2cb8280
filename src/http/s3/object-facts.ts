/** What S3 says of an object beside its bytes, and where the drive keeps it: as attributes of the file's version. */
import type { FastifyRequest } from 'fastify';
import type { OpenContent } from '../../model/contracts/drive.ts';
import { objectMetadataBytesMax } from '../limits/http-limits.ts';
import { s3Error } from './s3-errors.ts';

const etagAttribute = 's3-etag';
const metaPrefix = 'x-amz-meta-';
/** Kept and given back as they came. */
const keptHeaders = ['cache-control', 'content-encoding', 'content-language', 'expires'];

export const tagsAttribute = 's3-tags';
const tagsMax = 10;
const keyCharsMax = 128;
const valueCharsMax = 256;

export type Attributes = Readonly<Record<string, string>>;

/** The MD5 of an object that came by S3; of others something that no client takes for one. */
export function etagOf({ attributes = {}, etag }: Pick<OpenContent, 'attributes' | 'etag'>): string {
  return attributes[etagAttribute] ?? `${etag}-1`;
}

export function withEtag(attributes: Attributes, etag: string): Attributes {
  return { ...attributes, [etagAttribute]: etag };
}

/** Metadata and headers that a request gives to an object. @throws `bad-request` as `MetadataTooLarge` */
export function factsOf({ headers }: FastifyRequest): Attributes {
  const facts: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    const isKept = name.startsWith(metaPrefix) || keptHeaders.includes(name);
    if (!isKept || value === undefined) continue;
    const text = name === 'content-encoding' ? withoutPieces(String(value)) : [value].flat().join(',');
    if (text === '') continue;
    facts[name] = text;
    bytes += name.length + text.length;
  }
  if (bytes <= objectMetadataBytesMax) return facts;
  throw s3Error('bad-request', 'MetadataTooLarge', `Metadata has at most ${objectMetadataBytesMax} bytes.`);
}

/** Headers of an answer. */
export function headersOfFacts(attributes: Attributes = {}): Record<string, string> {
  const given = Object.entries(attributes).filter(
    ([name]) => name.startsWith(metaPrefix) || keptHeaders.includes(name),
  );
  return Object.fromEntries(given);
}

/** The date that rclone tells of a file, in Unix seconds with a fraction. */
export function dateOfFacts(attributes: Attributes): number | undefined {
  const seconds = /^(\d{1,11}(?:\.\d{1,9})?)$/.exec(attributes[`${metaPrefix}mtime`] ?? '')?.[1];
  return seconds === undefined ? undefined : Math.floor(Number(seconds) * 1000);
}

/** How the body came says nothing of the object. */
function withoutPieces(encoding: string): string {
  const parts = encoding.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '' && part !== 'aws-chunked' && part !== 'identity').join(',');
}

/** Of the header `x-amz-tagging`. @throws `bad-request` as `InvalidTag` */
export function tagsOfRequest({ headers }: FastifyRequest): Attributes {
  const text = headers['x-amz-tagging'];
  return typeof text === 'string' ? tagAttributes([...new URLSearchParams(text)]) : {};
}

/** Those of an object, to be kept with a copy of it. */
export function tagsOf(attributes: Attributes = {}): Attributes {
  const kept = attributes[tagsAttribute];
  return kept === undefined ? {} : { [tagsAttribute]: kept };
}

/** What an answer says of them. */
export function tagHeaders(attributes: Attributes | undefined): Record<string, string> {
  const count = tagPairs(attributes).length;
  return count === 0 ? {} : { 'x-amz-tagging-count': String(count) };
}

export function tagPairs(attributes: Attributes = {}): [string, string][] {
  return [...new URLSearchParams(attributes[tagsAttribute] ?? '')];
}

/** @throws `bad-request` as `InvalidTag` */
export function tagAttributes(pairs: readonly [string, string][]): Attributes {
  const isWrong = pairs.some(
    ([key, value]) => key === '' || key.length > keyCharsMax || value.length > valueCharsMax,
  );
  if (isWrong || pairs.length > tagsMax || new Set(pairs.map(([key]) => key)).size < pairs.length) {
    const rule = `An object has at most ${tagsMax} tags, each key once and of at most ${keyCharsMax} characters, each value of at most ${valueCharsMax}.`;
    throw s3Error('bad-request', 'InvalidTag', rule);
  }
  return pairs.length === 0 ? {} : { [tagsAttribute]: new URLSearchParams([...pairs]).toString() };
}
