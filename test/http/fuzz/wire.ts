/** A connection that sends bytes as they are and reads no more of answers than it must. */
import { connect, type Socket } from 'node:net';
import type { Shot } from './shot.ts';

/** Beyond it a request counts as one that is never answered. */
const answerMs = 20_000;
/** Of no server: nothing came. */
export const unanswered = 599;

interface Waiting {
  socket: Socket;
  isHead: boolean;
  answered(status: number): void;
}

export class FuzzWire {
  readonly #port: number;
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #waiting: Waiting | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** @returns the status; 0 where the connection was closed without an answer, which is one */
  send({ method, path, headers, body, cutAt }: Shot): Promise<number> {
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const lines = Object.entries({ host: '127.0.0.1', ...headers, ...length });
    const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    const bytes = Buffer.concat([Buffer.from(head, 'latin1'), (body ?? Buffer.alloc(0)).subarray(0, cutAt)]);
    return this.sendBytes(bytes, { isHead: method === 'HEAD', ends: cutAt !== undefined });
  }

  sendBytes(bytes: Buffer, { isHead, ends }: { isHead: boolean; ends: boolean }): Promise<number> {
    const socket = this.#open();
    const answer = new Promise<number>((resolve) => {
      const timer = setTimeout(() => this.#answer(socket, unanswered), answerMs);
      const answered = (status: number) => {
        clearTimeout(timer);
        resolve(status);
      };
      this.#waiting = { socket, isHead, answered };
    });
    socket.write(bytes);
    if (ends) socket.destroySoon();
    return answer;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    if (this.#socket?.writable) return this.#socket;
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      if (this.#socket !== socket) return;
      this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
      this.#look(socket);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
      this.#answer(socket, 0);
    });
    return socket;
  }

  #answer(socket: Socket, status: number): void {
    const waiting = this.#waiting;
    if (waiting?.socket !== socket) return;
    this.#waiting = undefined;
    waiting.answered(status);
  }

  #look(socket: Socket): void {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.#received.toString('latin1', 0, end).toLowerCase();
    const status = Number(head.slice(9, 12));
    if (status >= 102 && status < 200) {
      this.#received = this.#received.subarray(end + 4);
      return this.#look(socket);
    }
    const length = bodyLength(head, this.#received, end + 4, this.#waiting?.isHead === true || status < 200);
    if (length === undefined || this.#received.length < end + 4 + length) return;
    this.#received = this.#received.subarray(end + 4 + length);
    // An upgraded connection, or one that the server ends, serves no other request.
    if (status === 101 || head.includes('\r\nconnection: close')) {
      this.#socket = undefined;
      socket.destroySoon();
    }
    this.#answer(socket, status);
  }
}

/** undefined while not all of it is known. */
function bodyLength(head: string, bytes: Buffer, from: number, isEmpty: boolean): number | undefined {
  const status = Number(head.slice(9, 12));
  if (isEmpty || status === 204 || status === 304) return 0;
  const declared = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
  if (declared !== undefined) return Number(declared);
  if (!head.includes('\r\ntransfer-encoding: chunked')) return 0;
  for (let at = from; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    at = line + 2 + size + 2;
    if (at > bytes.length) return undefined;
    if (size === 0) return at - from;
  }
}
