/** A gateway on a loopback port over a fake device, and a client that sends exactly what it is told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/http/index.ts';
import type { EntryView, ProblemView, SignedInView } from '../../src/model/api.ts';
import { systemClock } from '../../src/model/clock.ts';
import { type ErrorCode, errorStatus } from '../../src/model/errors.ts';
import { silentLog } from '../../src/model/log.ts';
import { FakeDeviceFront } from '../support/fake-device-front.ts';
import { checkReply } from './recorded-replies.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
  /** The parsed body; throws when it is no JSON. */
  json<Shape>(): Shape;
}

export interface Ask {
  headers?: OutgoingHttpHeaders;
  json?: unknown;
  body?: Uint8Array | string | AsyncIterable<Uint8Array>;
  /** Without the session of the fixture. */
  anonymous?: boolean;
}

/** Of the fake device, on plain http. */
export const cookieName = `peerstor_${'a'.repeat(12)}`;

/** The headers of a page whose session has this secret. */
export function sessionHeaders(secret: string): { cookie: string; 'x-peerstor': string } {
  const [cookie = '', proof = ''] = secret.split('.');
  return { cookie: `${cookieName}=${cookie}`, 'x-peerstor': proof };
}

/** The headers of a page after an answer that signed it in. */
export function headersAfter(answer: Answer): { cookie: string; 'x-peerstor': string } {
  const cookie = answer.headers['set-cookie']?.[0]?.split('; ')[0] ?? '';
  return { cookie, 'x-peerstor': answer.json<SignedInView>().proof };
}

export class GatewayFixture {
  readonly front: FakeDeviceFront;
  readonly gateway: Gateway;
  port = 0;
  /** Session of the admin "anna". */
  secret = '';

  private constructor(options: Partial<GatewayOptions>) {
    this.front = new FakeDeviceFront();
    this.gateway = createGateway({
      front: this.front,
      webRoot: undefined,
      host: '127.0.0.1',
      port: 0,
      log: silentLog,
      clock: systemClock,
      ...options,
    });
  }

  /** A running gateway; `fresh` leaves out the first account. */
  static async start(options: Partial<GatewayOptions> & { fresh?: boolean } = {}): Promise<GatewayFixture> {
    const { fresh, ...gatewayOptions } = options;
    const fixture = new GatewayFixture(gatewayOptions);
    fixture.port = (await fixture.gateway.start()).port;
    if (!fresh) {
      const { session } = await fixture.front.accounts.setup('anna', 'correct horse');
      fixture.secret = session.secret;
    }
    return fixture;
  }

  /** The headers that prove the fixture's session. */
  get signedIn() {
    return sessionHeaders(this.secret);
  }

  get drive() {
    return this.front.drive;
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
  }

  /** Asks, and holds the answer against the document of the API. */
  async ask(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    const answer = await this.#send(method, path, ask);
    const { status, headers, text } = answer;
    await checkReply({ method, path, status, contentType: headers['content-type'], text });
    return answer;
  }

  #send(method: string, path: string, ask: Ask): Promise<Answer> {
    const headers: OutgoingHttpHeaders = { connection: 'close', ...ask.headers };
    const signsIn =
      this.secret !== '' &&
      !ask.anonymous &&
      headers.authorization === undefined &&
      headers.cookie === undefined;
    if (signsIn) Object.assign(headers, this.signedIn);
    let { body } = ask;
    if (ask.json !== undefined) {
      body = JSON.stringify(ask.json);
      headers['content-type'] = 'application/json';
    }
    if (typeof body === 'string') body = Buffer.from(body);
    if (body instanceof Uint8Array) headers['content-length'] ??= body.length;
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        { host: '127.0.0.1', port: this.port, method, path, headers },
        (incoming) => {
          const pieces: Buffer[] = [];
          incoming.on('data', (piece: Buffer) => pieces.push(piece));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const bytes = Buffer.concat(pieces);
            const text = bytes.toString('utf8');
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              bytes,
              text,
              json: () => JSON.parse(text),
            });
          });
        },
      );
      outgoing.on('error', reject);
      if (body === undefined || body instanceof Uint8Array) outgoing.end(body);
      else send(body, outgoing).catch(reject);
    });
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.ask('GET', path, { headers });
  }

  /** Uploads and returns the entry. */
  async put(path: string, body: Uint8Array | string, headers: OutgoingHttpHeaders = {}): Promise<EntryView> {
    const answer = await this.ask('PUT', `/api/v1/path${path}`, { body, headers });
    assert.ok(answer.status < 300, answer.text);
    return answer.json<EntryView>();
  }

  /** A bare connection, for what no HTTP client would send. */
  connect(): Socket {
    return connect(this.port, '127.0.0.1');
  }

  /** Sends raw text on a connection of its own and gives everything that came until it was closed. */
  async sendRaw(text: string): Promise<string> {
    const socket = this.connect();
    socket.write(text);
    return readAll(socket);
  }

  /** The head of a raw request with the session in it. */
  head(line: string, ...headers: string[]): string {
    const { cookie, 'x-peerstor': proof } = this.signedIn;
    const own = [`${line} HTTP/1.1`, 'Host: x', `Cookie: ${cookie}`, `X-Peerstor: ${proof}`];
    return [...own, ...headers, '', ''].join('\r\n');
  }
}

export async function readAll(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  await new Promise<void>((resolve) => socket.on('close', () => resolve()).on('error', () => resolve()));
  return Buffer.concat(pieces).toString('latin1');
}

async function send(source: AsyncIterable<Uint8Array>, outgoing: ClientRequest): Promise<void> {
  let over = false;
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      over = true;
      resolve();
    };
    outgoing.once('response', end).once('close', end);
  });
  for await (const piece of source) {
    if (over) return;
    if (!outgoing.write(piece)) await Promise.race([once(outgoing, 'drain'), ended]);
  }
  outgoing.end();
}

/** Asserts the shape of RFC 9457 and the code. */
export function assertProblem(answer: Answer, code: ErrorCode): ProblemView & Record<string, unknown> {
  assert.equal(answer.headers['content-type'], 'application/problem+json', answer.text);
  const problem = answer.json<ProblemView & Record<string, unknown>>();
  assert.equal(problem.code, code, answer.text);
  assert.equal(problem.status, errorStatus[code]);
  assert.equal(answer.status, errorStatus[code]);
  assert.equal(problem.type, 'about:blank');
  assert.equal(typeof problem.title, 'string');
  assert.ok(problem.detail.length > 10);
  assert.doesNotMatch(answer.text, /node_modules|\.ts:|\.js:|\\n +at /);
  return problem;
}
