/**
 * HTTP/2 for clients that choose it in their TLS handshake (ALPN, RFC 7301). Requests become those of the server of
 * node:http, so every route answers both. WebSocket stays on HTTP/1.1: without RFC 8441 browsers open a connection of
 * their own for it.
 */

import type { Server } from 'node:http';
import {
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../model/clock.ts';
import {
  headerBytesMax,
  http2CloseMs,
  http2HeadersMax,
  http2IdleMs,
  http2ResetsAtOnce,
  http2ResetsPerSecond,
  http2SessionMiB,
  http2StreamsMax,
  http2WindowBytes,
} from './limits/http-limits.ts';

/** Names of protocols, the wanted one first. */
export const spokenOverTls = ['h2', 'http/1.1'];

declare module 'fastify' {
  interface FastifyInstance {
    http2: Http2Sessions;
  }
}

export interface Http2Sessions {
  /** Speaks HTTP/2 on a connection whose handshake chose it. */
  serve(socket: TLSSocket): void;
  /** Takes no more requests; those under way go on. */
  close(): void;
  /** Ends every connection at once. */
  cut(): void;
}

export function createHttp2Sessions(server: Server, clock: Clock): Http2Sessions {
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<TLSSocket>();
  let isClosing = false;
  const http2 = createServer({
    maxHeaderListPairs: http2HeadersMax,
    maxSessionMemory: http2SessionMiB,
    // A client that opens streams only to reset them costs a request each (CVE-2023-44487).
    streamResetBurst: http2ResetsAtOnce,
    streamResetRate: http2ResetsPerSecond,
    maxSessionInvalidFrames: 100,
    settings: {
      enablePush: false,
      maxConcurrentStreams: http2StreamsMax,
      maxHeaderListSize: headerBytesMax,
      initialWindowSize: http2WindowBytes,
    },
  });
  http2.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    // What a client does wrong ends its own connection.
    session.on('error', () => session.destroy());
    session.setLocalWindowSize(http2WindowBytes);
    if (isClosing) session.close();
  });
  const pass = (event: string) => (request: Http2ServerRequest, response: Http2ServerResponse) => {
    if (nameHost(request, response)) server.emit(event, request, response);
  };
  http2.on('request', pass('request'));
  http2.on('checkContinue', pass('checkContinue'));
  http2.on('sessionError', (_error, session) => session.destroy());

  return {
    serve(socket) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      // Servers of node:http leave the end of a client to its requests; here nobody would notice it.
      socket.once('end', () => socket.destroy());
      http2.once('session', (session) => endWhenIdle(session, socket, clock));
      http2.emit('connection', socket);
    },
    close() {
      isClosing = true;
      for (const session of sessions) session.close();
    },
    cut() {
      // Not the sessions: one that is closing would wait for its client to close the connection.
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * What is called `:authority` here is the Host everywhere else (RFC 9113 section 8.3.1).
 * @returns false where both are there and differ: the request was refused
 */
function nameHost(request: Http2ServerRequest, response: Http2ServerResponse): boolean {
  const { headers, rawHeaders } = request;
  const authority = headers[':authority'];
  if (authority !== undefined && headers.host !== undefined && headers.host !== authority) {
    response.writeHead(400).end();
    return false;
  }
  if (authority !== undefined && headers.host === undefined) {
    headers.host = authority;
    rawHeaders.push('host', authority);
  }
  return true;
}

/**
 * A connection without a request is ended after a while, whatever its client sends on it meanwhile. First the client is
 * told (GOAWAY), so that it begins no request there.
 */
function endWhenIdle(session: ServerHttp2Session, socket: TLSSocket, clock: Clock): void {
  let open = 0;
  const end = () => {
    session.close();
    timer = clock.after(http2CloseMs, () => socket.destroy());
  };
  const wait = () => clock.after(http2IdleMs, end);
  let timer = wait();
  session.on('stream', (stream) => {
    open += 1;
    timer.cancel();
    stream.once('close', () => {
      open -= 1;
      if (open > 0 || socket.destroyed) return;
      timer.cancel();
      timer = wait();
    });
  });
  socket.once('close', () => timer.cancel());
}
