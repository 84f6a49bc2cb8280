/** One request of S3: who asks, what it names, and how answers are written. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Drive } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { jsonBodyWaitMs, s3XmlBodyBytesMax, s3XmlElementsMax } from '../limits/http-limits.ts';
import { escapeXml, parseXml, type XmlElement, xmlHead } from '../requests/xml.ts';
import type { RouteContext } from '../sessions/route-context.ts';
import { openObjectBody } from './object-body.ts';
import { s3Error } from './s3-errors.ts';
import type { S3Target } from './s3-target.ts';
import type { SignedRequest } from './signature.ts';
import type { WalkCache } from './walk.ts';

export interface S3Request {
  request: FastifyRequest;
  reply: FastifyReply;
  context: RouteContext;
  signed: SignedRequest;
  drive: Drive;
  target: S3Target;
  query: URLSearchParams;
  walks: WalkCache;
}

export const s3Namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** XML of one element, or of several that follow each other. */
export type Fields = readonly (readonly [name: string, value: string | number | boolean | Fields])[];

export function xmlOf(fields: Fields): string {
  return fields
    .map(
      ([name, value]) =>
        `<${name}>${typeof value === 'object' ? xmlOf(value) : escapeXml(String(value))}</${name}>`,
    )
    .join('');
}

export function sendS3Xml(reply: FastifyReply, root: string, fields: Fields, status = 200): FastifyReply {
  const text = `${xmlHead}<${root} xmlns="${s3Namespace}">${xmlOf(fields)}</${root}>`;
  return reply.code(status).header('content-type', 'application/xml').send(Buffer.from(text));
}

export function sendEmpty(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).header('content-length', 0).send();
}

/** A document of XML that a request brings. @throws `bad-request` as `MalformedXML` */
export async function readXml({ request, signed, context }: S3Request): Promise<XmlElement> {
  const body = openObjectBody(request, signed, { ...context, maxUploadBytes: s3XmlBodyBytesMax });
  const { clock } = context;
  const late = new AbortController();
  const deadline = clock.after(jsonBodyWaitMs, () => late.abort());
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of body.content) {
      if (late.signal.aborted)
        throw new PeerstorError('request-timeout', 'The request took too long to arrive.');
      pieces.push(piece);
    }
    const root = parseXml(
      new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)),
      s3XmlElementsMax,
    );
    if (root !== undefined) return root;
    throw s3Error('bad-request', 'MalformedXML', 'The body must be a document of XML.');
  } catch (error) {
    if (error instanceof TypeError) throw s3Error('bad-request', 'MalformedXML', 'The body is not UTF-8.');
    throw error;
  } finally {
    deadline.cancel();
    body.close();
  }
}
