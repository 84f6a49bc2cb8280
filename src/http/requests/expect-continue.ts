import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** Requests whose client waits for leave to send the body, and where to give it. */
const waiting = new WeakMap<IncomingMessage, ServerResponse>();

/**
 * By default node answers `Expect: 100-continue` (curl sends it) before anyone has looked at the
 * request. This holds the answer back, so that a refused upload is not sent at all
 * (RFC 9110 section 10.1.1).
 */
export function holdContinue(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.set(request, response);
    server.emit('request', request, response);
  });
}

/** True while the client has not been told to send its body. */
export function awaitsContinue(request: IncomingMessage): boolean {
  return waiting.has(request);
}

/** Lets the client send its body, if it waits for that. */
export function sayContinue(request: IncomingMessage): void {
  waiting.get(request)?.writeContinue();
  waiting.delete(request);
}
