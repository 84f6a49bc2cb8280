import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2';

/** The stream of a request that came by HTTP/2, where one connection carries many; undefined for HTTP/1.1. */
export function http2StreamOf(request: IncomingMessage | Http2ServerRequest): ServerHttp2Stream | undefined {
  return 'stream' in request ? request.stream : undefined;
}
