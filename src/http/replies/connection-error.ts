/** What to say to a connection that does not speak HTTP well enough to become a request. */
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PeerstorError } from '../../model/errors.ts';
import { problemOf, problemType } from './error-reply.ts';

/** Connections with a reply under way: nothing may be written between its bytes. */
const answering = new WeakSet<Socket>();

export function noteReplies(server: Server): void {
  server.on('request', (request, response: ServerResponse) => {
    answering.add(request.socket);
    response.once('close', () => answering.delete(request.socket));
  });
}

/** Handler of node's 'clientError'. */
export function answerConnectionError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || answering.has(socket)) {
    socket.destroy();
    return;
  }
  const { status, problem } = reply(error.code);
  const text = JSON.stringify({ ...problem, status, title: STATUS_CODES[status] });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${problemType}\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

function reply(code: string | undefined) {
  const say = (error: PeerstorError, status = error.status) => ({ status, problem: problemOf(error) });
  if (code === 'HPE_HEADER_OVERFLOW') {
    // 431 is what the standard has for it (RFC 6585); the code is the one for anything too large.
    return say(
      new PeerstorError('too-large', 'The address or the headers of the request are too long.'),
      431,
    );
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return say(new PeerstorError('request-timeout', 'The request took too long to arrive.'));
  }
  return say(new PeerstorError('bad-request', 'This is not a valid HTTP request.'));
}
