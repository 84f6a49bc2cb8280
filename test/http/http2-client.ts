/** A client of HTTP/2 that trusts one authority. */
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';

export interface Http2Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export async function connectHttp2(port: number, ca: string): Promise<ClientHttp2Session> {
  const session = connect(`https://localhost:${port}`, { ca, maxSessionMemory: 1000, host: '127.0.0.1' });
  session.on('error', () => undefined);
  await once(session, 'connect');
  return session;
}

export async function askHttp2(
  session: ClientHttp2Session,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
  body?: string | Buffer,
): Promise<Http2Answer> {
  const hasBody = body !== undefined;
  const stream = session.request(
    {
      ':method': method,
      ':path': path,
      ...headers,
      ...(hasBody ? { 'content-length': Buffer.byteLength(body) } : {}),
    },
    { endStream: !hasBody },
  );
  if (hasBody) stream.end(body);
  return answerOf(stream);
}

export async function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  let headers: IncomingHttpHeaders = {};
  let status = 0;
  stream.on('response', (head) => {
    headers = head;
    status = Number(head[':status']);
  });
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await new Promise<void>((resolve) => stream.on('close', resolve).on('error', () => resolve()));
  return { status, headers, text: Buffer.concat(pieces).toString() };
}

/** A connection that chose HTTP/2 and sent its preface, for frames that no client would send. */
export async function connectRaw(port: number, ca: string): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port, servername: 'localhost', ca, ALPNProtocols: ['h2'] });
  await once(socket, 'secureConnect');
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(frame(4, 0, 0));
  socket.resume();
  return socket;
}

/** RFC 9113 section 4.1. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/**
 * Sends what `next` gives until the server ends the connection.
 * @returns how many times it was sent, at most `timesMax`
 */
export async function flood(
  socket: TLSSocket,
  timesMax: number,
  next: (time: number) => Buffer,
): Promise<number> {
  let times = 0;
  while (!socket.destroyed && socket.writable && times < timesMax) {
    socket.write(next(times), () => undefined);
    times += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return times;
}

/** Header fields as they stand, without a table (RFC 7541 section 6.2.2); texts of at most 126 bytes. */
export function fields(named: Readonly<Record<string, string>>): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  return Buffer.concat(
    Object.entries(named).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]),
  );
}
