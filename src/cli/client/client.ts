/** Speaks to a running device over its HTTP interface, as the person whose credentials are in the home. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { isErrorCode, PeerstorError, sentenceOf } from '../../model/errors.ts';
import { homeFolder, readRunFacts } from '../../node/index.ts';
import { readCredentials, writeCredentials } from './credentials.ts';

export interface GlobalOptions {
  home?: string;
  url?: string;
  json?: boolean;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Readable;
}

export interface Ask {
  method?: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: AsyncIterable<Uint8Array>;
  bodyBytes?: number;
  headers?: Record<string, string>;
  /** `local` proves that the caller can read the home; `none` for login. Default: the stored session. */
  as?: 'user' | 'local' | 'none';
  /** Breaks the request off. */
  signal?: AbortSignal;
}

/** What a device shows in the list of sessions. */
const programName = 'peerstor';

export class Client {
  readonly home: string;
  readonly url: string;
  /** Origin of `--url`; undefined for the device of the home. */
  readonly #origin: string | undefined;
  readonly #localSecret: string | undefined;

  private constructor(home: string, url: string, origin: string | undefined, localSecret?: string) {
    this.home = home;
    this.url = url;
    this.#origin = origin;
    this.#localSecret = localSecret;
  }

  /**
   * @throws `peer-unreachable` when no device runs in this home and no `--url` is given, `bad-input` for a
   * `--url` that is no address
   */
  static async connect(options: GlobalOptions): Promise<Client> {
    const home = homeFolder(options.home);
    const facts = await readRunFacts(home);
    if (options.url !== undefined) {
      const { origin } = addressOf(options.url);
      // The device of this home, under its own address, is not another one.
      if (facts === undefined || addressOf(facts.url).origin !== origin) {
        return new Client(home, options.url.replace(/\/+$/, ''), origin);
      }
    }
    if (facts) return new Client(home, facts.url, undefined, facts.localSecret);
    throw new PeerstorError(
      'peer-unreachable',
      `No device is running in ${home}. Start it with "peerstor start", or name one with --url.`,
    );
  }

  /** Sends a request; an error answer is thrown as the PeerstorError that it names. */
  async send(path: string, ask: Ask = {}): Promise<Answer> {
    const headers: Record<string, string> = {
      accept: 'application/json',
      'user-agent': programName,
      ...ask.headers,
    };
    const as = ask.as ?? 'user';
    if (as === 'local' && this.#localSecret) headers.authorization = `Local ${this.#localSecret}`;
    if (as === 'user') Object.assign(headers, await this.#sessionHeaders());
    const answer = await this.#exchange(path, ask, headers);
    if (answer.status < 400) return answer;
    throw await problemOf(answer);
  }

  /** Sends a request and reads its JSON answer. */
  async json<Shape>(path: string, ask: Ask = {}): Promise<Shape> {
    const answer = await this.send(path, ask);
    const text = await readText(answer.body);
    return (text === '' ? undefined : JSON.parse(text)) as Shape;
  }

  /** Sends a request whose answer says no more than that it was done. */
  async done(path: string, ask: Ask): Promise<void> {
    (await this.send(path, ask)).body.resume();
  }

  /** Keeps the session that an answer's cookie carries. @param proof that its body carries, if any */
  async keepSession(answer: Answer, username: string, proof?: string): Promise<void> {
    const cookies = ([] as string[]).concat(answer.headers['set-cookie'] ?? []);
    const [, value] =
      cookies.map((each) => /^(?:__Host-)?peerstor[\w-]*=([^;]+)/.exec(each)).find((each) => each !== null) ??
      [];
    if (value === undefined) {
      throw new PeerstorError('internal', 'The device answered without a session.');
    }
    // A program has no page to keep the two halves apart: it keeps the whole secret, in a file of mode 0600.
    const half = decodeURIComponent(value);
    const secret = proof === undefined ? half : `${half}.${proof}`;
    await writeCredentials(this.home, this.#origin, { username, secret });
  }

  async forgetSession(): Promise<void> {
    await writeCredentials(this.home, this.#origin, undefined);
  }

  async #sessionHeaders(): Promise<Record<string, string>> {
    const kept = await readCredentials(this.home, this.#origin);
    if (kept !== undefined) return { authorization: `Bearer ${kept.secret}` };
    // A dead address is the reason that matters more.
    const alive = await this.#exchange('/healthz', {}, { accept: 'application/json' });
    alive.body.resume();
    const [where, flag] =
      this.#origin === undefined ? ['here', ''] : [`at ${this.url}`, `--url ${this.url} `];
    throw new PeerstorError(
      'not-signed-in',
      `You are not signed in ${where}. Run "peerstor ${flag}login --user NAME" first.`,
    );
  }

  #exchange(path: string, ask: Ask, headers: Record<string, string>): Promise<Answer> {
    const url = new URL(`${this.url}${path}`);
    const text = ask.json === undefined ? undefined : JSON.stringify(ask.json);
    if (text !== undefined) {
      headers['content-type'] = 'application/json';
      // Node sends the body of a DELETE without any length, which servers take for a second request.
      headers['content-length'] = String(Buffer.byteLength(text));
    }
    if (ask.bodyBytes !== undefined) headers['content-length'] = String(ask.bodyBytes);
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const { signal } = ask;
      const request = send(url, { method: ask.method ?? 'GET', headers, ...(signal ? { signal } : {}) });
      let answered = false;
      let connected = false;
      request.on('socket', (socket) => {
        connected = !socket.connecting;
        if (connected) return;
        socket.once('connect', () => {
          connected = true;
        });
      });
      request.on('response', (response) => {
        answered = true;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response });
      });
      request.on('error', (cause) => {
        // After an early answer (disk full, signed out) the device closes while we still send.
        if (!answered) reject(signal?.aborted ? abortedError() : this.#lostConnection(cause, connected));
      });
      if (!ask.body) {
        request.end(text);
        return;
      }
      pump(ask.body, request, () => answered).catch((cause) => {
        // First the reason, then the end: what the source threw says more than a cut connection.
        if (!answered) reject(cause);
        request.destroy();
      });
    });
  }

  #lostConnection(cause: Error, connected: boolean): PeerstorError {
    const reason = sentenceOf(cause);
    const sentence = connected
      ? `The device at ${this.url} closed the connection (${reason}). Try again.`
      : `No device answers at ${this.url} (${reason}). Is it running?`;
    return new PeerstorError('peer-unreachable', sentence, { cause });
  }
}

function abortedError(): PeerstorError {
  return new PeerstorError('aborted', 'Stopped before it was complete.');
}

function addressOf(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return parsed;
  throw new PeerstorError('bad-input', `"${url}" is no address; write one such as http://nas.lan:8080.`);
}

async function pump(
  body: AsyncIterable<Uint8Array>,
  request: ReturnType<typeof httpRequest>,
  answered: () => boolean,
): Promise<void> {
  let wake = () => undefined as unknown;
  request.on('drain', () => wake());
  request.on('close', () => wake());
  for await (const piece of body) {
    if (answered() || request.destroyed) return;
    if (!request.write(piece)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  request.end();
}

async function readText(body: Readable): Promise<string> {
  let text = '';
  body.setEncoding('utf8');
  for await (const piece of body) text += piece;
  return text;
}

async function problemOf(answer: Answer): Promise<PeerstorError> {
  const text = await readText(answer.body).catch(() => '');
  try {
    const { code, detail, ...details } = JSON.parse(text) as { code?: string; detail?: string };
    if (code && detail && isErrorCode(code)) return new PeerstorError(code, detail, { details });
  } catch {
    // not a problem document: said below
  }
  return new PeerstorError(
    'peer-failed',
    `The device answered ${answer.status}. Is that address a peerstor?`,
  );
}
