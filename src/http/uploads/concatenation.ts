/** `Upload-Concat` of tus: uploads that become one file together. */
import type { FastifyRequest } from 'fastify';
import type { UploadProgress } from '../../model/contracts/uploads.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type UploadId, uploadId } from '../../model/ids.ts';

const header = 'upload-concat';
/** Stands in for the file name of a partial upload, which never becomes a file by itself. */
export const nameOfParts = 'part';

/** `partial`, the parts of a file in order, or undefined for an upload by itself. @throws `bad-request`, `bad-id` */
export function concatOf({ headers }: FastifyRequest): 'partial' | UploadId[] | undefined {
  const text = headers[header];
  if (text === undefined || text === 'partial') return text;
  const [, list] = /^final;\s*(.+)$/.exec(String(text)) ?? [];
  if (list === undefined) {
    throw new PeerstorError(
      'bad-request',
      `The header "${header}" must be "partial" or "final;" and addresses.`,
    );
  }
  // Whole addresses, or their paths: the last step is the id, and only own ones are found by it.
  return list
    .trim()
    .split(/\s+/)
    .map((address) => uploadId(address.slice(address.lastIndexOf('/') + 1)));
}

/** The same header for an upload. @param base of the addresses of uploads */
export function concatText({ isPartial, joinedOf }: UploadProgress, base: string): string | undefined {
  if (isPartial) return 'partial';
  return joinedOf ? `final;${joinedOf.map((id) => `${base}/${id}`).join(' ')}` : undefined;
}
