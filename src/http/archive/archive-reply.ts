import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EntryView } from '../../model/api.ts';
import type { Clock } from '../../model/clock.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import type { Log } from '../../model/log.ts';
import { contentDisposition } from '../content/content-disposition.ts';
import { userContentHeaders } from '../replies/security-headers.ts';
import { type EndWatch, sendStream } from '../replies/streamed-reply.ts';
import { archiveItems } from './archive-items.ts';
import { zipStream } from './zip-stream.ts';

/**
 * Answers with a ZIP file of these entries and all that is in them, made while it is sent.
 * @param options.headers beside those of stored content, or instead
 * @param options.beforeFirstByte awaited when the first file was opened and nothing is sent
 * @param options.watch ends what is being sent when its reader may not read on
 * @param options.takeSlot takes what a download under way needs. @throws `too-many-tries` @returns gives it back
 */
export async function sendArchive(
  request: FastifyRequest,
  reply: FastifyReply,
  { drive, entries, name }: { drive: Drive; entries: readonly EntryView[]; name: string },
  options: {
    clock: Clock;
    log: Log;
    headers?: Readonly<Record<string, string>>;
    beforeFirstByte?: () => Promise<void>;
    watch?: EndWatch;
    takeSlot: () => () => void;
  },
): Promise<FastifyReply> {
  const headers = {
    ...userContentHeaders,
    ...options.headers,
    'content-type': 'application/zip',
    'content-disposition': contentDisposition('attachment', `${name}.zip`),
  };
  if (request.method === 'HEAD') return reply.code(200).headers(headers).send();
  async function* open(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let isFirst = true;
    for await (const piece of zipStream(archiveItems(drive, entries, signal))) {
      if (isFirst) await options.beforeFirstByte?.();
      isFirst = false;
      yield piece;
    }
  }
  const free = options.takeSlot();
  try {
    await sendStream(reply, { status: 200, headers, length: undefined, open }, options);
  } finally {
    free();
  }
  return reply;
}

/** What an archive of these entries is called, without the ending. */
export function archiveName(entries: readonly EntryView[]): string {
  const [only, ...more] = entries;
  if (only === undefined || more.length > 0) return `${entries.length} files`;
  return only.name === '' ? 'drive' : only.name;
}
