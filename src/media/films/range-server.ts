/**
 * Gives one content to a program on this machine that must jump in it: over HTTP, by ranges (RFC 9110, section 14), at an address that
 * only this process and that program know, for as long as the program runs. So nothing plain is written to a disk.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Random } from '../../model/clock.ts';
import type { MediaContent } from '../../model/contracts/media/media-maker.ts';

export interface ServedContent {
  /** Secret: whoever has it reads the content. It must not become an argument of a program, which others can list. */
  readonly address: string;
  /** What reading the content threw, if it did: no property of the content. */
  readonly fault: unknown;
  close(): void;
}

const connectionsMax = 8;

export async function serveContent(
  content: MediaContent,
  random: Random,
  signal: AbortSignal,
): Promise<ServedContent> {
  const path = `/${Buffer.from(random.bytes(24)).toString('base64url')}`;
  let fault: unknown;
  const server = createServer((request, response) => {
    if (request.url !== path || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end();
      return;
    }
    answer(content, request, response, signal).catch((error: unknown) => {
      // A program that has enough closes its connection.
      if (!response.destroyed) fault ??= error;
      response.destroy();
    });
  });
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    address: `http://127.0.0.1:${port}${path}`,
    get fault() {
      return fault;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(
  { size, read }: MediaContent,
  { headers, method }: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const [, from = '0', to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const start = Number(from);
  const end = to ? Math.min(Number(to) + 1, size) : size;
  if (start >= end) {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  const common = { 'accept-ranges': 'bytes', 'content-length': end - start };
  if (headers.range === undefined) response.writeHead(200, common);
  else response.writeHead(206, { ...common, 'content-range': `bytes ${start}-${end - 1}/${size}` });
  if (method === 'HEAD') {
    response.end();
    return;
  }
  const leaving = new AbortController();
  response.once('close', () => leaving.abort(new Error('The reader left.')));
  await pipeline(read({ start, end }, AbortSignal.any([signal, leaving.signal])), response);
}
