/** Speaks to a running device over its HTTP interface, as the person whose credentials are in the home. */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { isErrorCode, PeerstorError, sentenceOf } from '../model/errors.ts';
import { homeFolder, readRunFacts } from '../node/index.ts';

export interface GlobalOptions {
  home?: string;
  url?: string;
  json?: boolean;
}

interface Credentials {
  username: string;
  secret: string;
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
}

export class Client {
  readonly home: string;
  readonly url: string;
  readonly #localSecret: string | undefined;

  private constructor(home: string, url: string, localSecret: string | undefined) {
    this.home = home;
    this.url = url;
    this.#localSecret = localSecret;
  }

  /** @throws `peer-unreachable` when no device runs in this home and no `--url` is given */
  static async connect(options: GlobalOptions): Promise<Client> {
    const home = homeFolder(options.home);
    const facts = await readRunFacts(home);
    if (options.url) return new Client(home, options.url.replace(/\/+$/, ''), undefined);
    if (!facts) {
      throw new PeerstorError(
        'peer-unreachable',
        `No device is running in ${home}. Start it with "peerstor start", or name one with --url.`,
      );
    }
    return new Client(home, facts.url, facts.localSecret);
  }

  /** Sends a request; an error answer is thrown as the PeerstorError that it names. */
  async send(path: string, ask: Ask = {}): Promise<Answer> {
    const headers: Record<string, string> = { accept: 'application/json', ...ask.headers };
    const as = ask.as ?? 'user';
    if (as === 'local' && this.#localSecret) headers.authorization = `Local ${this.#localSecret}`;
    if (as === 'user') headers.authorization = `Bearer ${(await this.#credentials()).secret}`;
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

  /** Keeps the session that an answer's cookie carries. */
  async keepSession(answer: Answer, username: string): Promise<void> {
    const cookies = ([] as string[]).concat(answer.headers['set-cookie'] ?? []);
    const secret = cookies.map((cookie) => /^peerstor_session=([^;]+)/.exec(cookie)?.[1]).find(Boolean);
    if (!secret) throw new PeerstorError('internal', 'The device answered without a session.');
    const file = join(this.home, 'credentials.json');
    // With --url there may be no device here, and so no home yet.
    await mkdir(this.home, { recursive: true, mode: 0o700 });
    await writeFile(file, `${JSON.stringify({ username, secret: decodeURIComponent(secret) })}\n`, {
      mode: 0o600,
    });
    await chmod(file, 0o600);
  }

  async forgetSession(): Promise<void> {
    await rm(join(this.home, 'credentials.json'), { force: true });
  }

  async #credentials(): Promise<Credentials> {
    try {
      return JSON.parse(await readFile(join(this.home, 'credentials.json'), 'utf8')) as Credentials;
    } catch {
      throw new PeerstorError(
        'not-signed-in',
        'You are not signed in here. Run "peerstor login --user NAME" first.',
      );
    }
  }

  #exchange(path: string, ask: Ask, headers: Record<string, string>): Promise<Answer> {
    const url = new URL(`${this.url}${path}`);
    const text = ask.json === undefined ? undefined : JSON.stringify(ask.json);
    if (text !== undefined) headers['content-type'] = 'application/json';
    if (ask.bodyBytes !== undefined) headers['content-length'] = String(ask.bodyBytes);
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(url, { method: ask.method ?? 'GET', headers });
      let answered = false;
      request.on('response', (response) => {
        answered = true;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response });
      });
      request.on('error', (cause) => {
        // After an early answer (disk full, signed out) the device closes while we still send.
        if (answered) return;
        reject(
          new PeerstorError(
            'peer-unreachable',
            `No device answers at ${this.url} (${sentenceOf(cause)}). Is it running?`,
            { cause },
          ),
        );
      });
      if (!ask.body) {
        request.end(text);
        return;
      }
      pump(ask.body, request, () => answered).catch((cause) => {
        request.destroy();
        if (!answered) reject(cause);
      });
    });
  }
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
    const problem = JSON.parse(text) as { code?: string; detail?: string };
    if (problem.code && problem.detail && isErrorCode(problem.code)) {
      return new PeerstorError(problem.code, problem.detail);
    }
  } catch {
    // not a problem document: said below
  }
  return new PeerstorError(
    'peer-failed',
    `The device answered ${answer.status}. Is that address a peerstor?`,
  );
}

/** "/a/b c" → "/api/v1/path/a/b%20c". @throws `bad-input` when the path does not start with "/" */
export function drivePathRoute(path: string): string {
  return `/api/v1/path${splitDrivePath(path)
    .map((name) => `/${encodeURIComponent(name)}`)
    .join('')}`;
}

/** The names of a drive path; none for the root. */
export function splitDrivePath(path: string): string[] {
  if (!path.startsWith('/')) {
    throw new PeerstorError('bad-input', `"${path}" is not a path of the drive; those start with "/".`);
  }
  return path.split('/').filter((name) => name !== '');
}
