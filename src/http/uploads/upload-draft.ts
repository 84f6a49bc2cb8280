/**
 * Resumable uploads as the draft of the IETF has them (draft-ietf-httpbis-resumable-upload), at the interop versions that
 * clients speak: 5 (draft 03) and 6 (draft 05). Everything else is as with tus.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { UploadProgress } from '../../model/contracts/uploads.ts';
import { PeerstorError } from '../../model/errors.ts';
import { essence } from '../content/content-type.ts';
import { declaredLength } from '../requests/request-body.ts';

export interface DraftRequest {
  version: 5 | 6;
  /** The file ends with the body of this request. */
  isComplete: boolean;
}

const versionHeader = 'upload-draft-interop-version';
const partType = 'application/partial-upload';

/** undefined for a request that speaks tus, or neither. @throws `bad-request` */
export function draftOf({ headers }: FastifyRequest): DraftRequest | undefined {
  const version = headers[versionHeader];
  if (version !== '5' && version !== '6') return undefined;
  const complete = headers['upload-complete'];
  if (complete !== undefined && complete !== '?1' && complete !== '?0') {
    throw new PeerstorError('bad-request', 'The header "upload-complete" must be ?1 or ?0.');
  }
  return { version: version === '5' ? 5 : 6, isComplete: complete === '?1' };
}

export function bringsBody({ raw }: FastifyRequest): boolean {
  return raw.headers['transfer-encoding'] !== undefined || (declaredLength(raw) ?? 0) > 0;
}

/** Bytes in all, as far as this request tells: it brings the last ones from `offset` on. */
export function lengthByEnd(
  { raw }: FastifyRequest,
  { isComplete }: DraftRequest,
  offset: number,
): number | undefined {
  if (!isComplete) return undefined;
  if (raw.headers['transfer-encoding'] !== undefined) return undefined;
  return offset + (declaredLength(raw) ?? 0);
}

/** @throws `unsupported-media-type` */
export function requirePart({ headers }: FastifyRequest, { version }: DraftRequest): void {
  if (version === 5 || essence(headers['content-type'] ?? '') === partType) return;
  throw new PeerstorError('unsupported-media-type', `Send the bytes as "Content-Type: ${partType}".`);
}

export function tellDraft(reply: FastifyReply, { version }: DraftRequest, upload?: UploadProgress): void {
  reply.header(versionHeader, String(version));
  if (upload) reply.header('upload-complete', upload.finished ? '?1' : '?0');
}

/** Tells the address before the body comes (104), so that a client that is cut off in it can go on. */
export function announce({ raw }: FastifyReply, { version }: DraftRequest, location: string): void {
  const response: ServerResponse & Partial<InformationWriter> = raw;
  response.writeInformation?.(104, { location, [versionHeader]: String(version) });
}

/** Newer than its type. */
interface InformationWriter {
  writeInformation(status: number, headers: Record<string, string>): void;
}
