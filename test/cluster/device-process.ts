/** Real peerstor processes on loopback, each with its own home, driven over HTTP as a person would drive them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { EntryView, HealthView, Page, SignedInView } from '../../src/model/api.ts';
import { until } from '../support/until.ts';

const bin = new URL('../../bin/peerstor.js', import.meta.url).pathname;
export const password = 'correct horse battery';
export const username = 'anna';

export interface Ready {
  urls: string[];
  port: number;
  p2p: string[];
  deviceId: string;
  setupCode: string | null;
}

export interface ApiAnswer<Body = unknown> {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Body;
}

export interface StartSettings {
  name: string;
  home?: string;
  args?: string[];
  tune?: Record<string, number>;
  /** Environment besides this process's own. */
  env?: Record<string, string>;
  /** Words put before the command, such as `ip netns exec NAME`. */
  prefix?: string[];
  /** Address under which tests reach it. */
  host?: string;
  /** The program as words, where it is not that of this checkout. */
  program?: string[];
}

export class DeviceProcess {
  readonly name: string;
  readonly home: string;
  readonly settings: StartSettings;
  ready!: Ready;
  stderr = '';
  /** Cookie and proof of the last login or setup. */
  session: { cookie: string; 'x-peerstor': string } | undefined;
  #child!: ChildProcess;
  #exited!: Promise<number | null>;

  private constructor(settings: StartSettings, home: string) {
    this.settings = settings;
    this.name = settings.name;
    this.home = home;
  }

  static async start(settings: StartSettings): Promise<DeviceProcess> {
    const home = settings.home ?? (await mkdtemp(join(tmpdir(), `peerstor-${settings.name}-`)));
    const device = new DeviceProcess(settings, home);
    await device.start();
    return device;
  }

  /** Starts (again) on the same home. */
  async start(): Promise<void> {
    const { name, args = [], tune = {}, prefix = [], program = [process.execPath, bin] } = this.settings;
    const port = this.ready ? String(this.ready.port) : '0';
    const words = [
      ...prefix,
      ...program,
      'start',
      '--json',
      '--home',
      this.home,
      '--port',
      port,
      '--host',
      this.settings.host ?? '127.0.0.1',
      '--name',
      name,
      ...(args.includes('--mdns') ? [] : ['--no-mdns']),
      ...args.filter((arg) => arg !== '--mdns'),
    ];
    const [command = '', ...rest] = words;
    this.#child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...this.settings.env,
        PEERSTOR_TUNE: JSON.stringify({ redialMinMs: 200, redialMaxMs: 2000, ...tune }),
      },
    });
    const child = this.#child;
    this.#exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-20_000);
    });
    this.ready = await new Promise<Ready>((resolve, reject) => {
      const lines = createInterface({ input: child.stdout as Readable });
      lines.on('line', (line) => {
        const event = JSON.parse(line) as Ready & { event: string };
        if (event.event === 'ready') resolve(event);
      });
      child.once('error', reject);
      child.once('exit', (code) =>
        reject(new Error(`${name} exited with ${code} before it was ready:\n${this.stderr}`)),
      );
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get host(): string {
    return this.settings.host ?? '127.0.0.1';
  }

  get address(): string {
    return `${this.host}:${this.ready.port}`;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends the process; resolves with its exit code (null after a signal). */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.isRunning) this.#child.kill(signal);
    return this.#exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    await rm(this.home, { recursive: true, force: true });
  }

  /** One request; JSON answers are parsed. */
  async api<Body = unknown>(
    method: string,
    path: string,
    options: {
      json?: unknown;
      body?: Uint8Array | AsyncIterable<Uint8Array>;
      headers?: Record<string, string>;
      anonymous?: boolean;
    } = {},
  ): Promise<ApiAnswer<Body>> {
    const answer = await this.raw(method, path, options);
    const pieces: Buffer[] = [];
    for await (const piece of answer.stream) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString('utf8');
    const isJson = String(answer.headers['content-type'] ?? '').includes('json');
    return {
      status: answer.status,
      headers: answer.headers,
      body: (isJson ? JSON.parse(text) : text) as Body,
    };
  }

  raw(
    method: string,
    path: string,
    options: {
      json?: unknown;
      body?: Uint8Array | AsyncIterable<Uint8Array>;
      headers?: Record<string, string>;
      anonymous?: boolean;
      signal?: AbortSignal;
    } = {},
  ): Promise<{ status: number; headers: ApiAnswer['headers']; stream: Readable }> {
    const session = options.anonymous ? undefined : this.session;
    const headers: Record<string, string> = { ...options.headers, ...session };
    let body: Uint8Array | AsyncIterable<Uint8Array> | undefined = options.body;
    if (options.json !== undefined) {
      body = Buffer.from(JSON.stringify(options.json));
      headers['content-type'] = 'application/json';
    }
    if (body instanceof Uint8Array) headers['content-length'] = String(body.length);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: this.host,
          port: this.ready.port,
          method,
          path,
          headers,
          ...(options.signal ? { signal: options.signal } : {}),
        },
        (response) =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, stream: response }),
      );
      outgoing.on('error', reject);
      if (body === undefined || body instanceof Uint8Array) {
        outgoing.end(body);
        return;
      }
      const source = body;
      (async () => {
        let drained = () => undefined as unknown;
        outgoing.on('drain', () => drained());
        outgoing.on('close', () => drained());
        for await (const piece of source) {
          if (outgoing.destroyed) return;
          if (!outgoing.write(piece)) await new Promise((resolve) => (drained = () => resolve(undefined)));
        }
        outgoing.end();
      })().catch((error: Error) => outgoing.destroy(error));
    });
  }

  /** Like `api`, but an answer other than success fails the test, with the answer in the message. */
  async must<Body>(
    method: string,
    path: string,
    options: Parameters<DeviceProcess['api']>[2] = {},
  ): Promise<Body> {
    const answer = await this.api<Body>(method, path, options);
    if (answer.status >= 400) {
      throw new Error(
        `${this.name}: ${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}\n${this.stderr}`,
      );
    }
    return answer.body;
  }

  async setup(): Promise<{ recoveryCode: string }> {
    const answer = await this.api<{ recoveryCode: string }>('POST', '/api/v1/setup', {
      json: { setupCode: this.ready.setupCode, username, password },
    });
    if (answer.status !== 201)
      throw new Error(`setup answered ${answer.status}: ${JSON.stringify(answer.body)}\n${this.stderr}`);
    this.session = sessionOf(answer);
    return answer.body;
  }

  async login(as = { username, password }): Promise<ApiAnswer> {
    const answer = await this.api('POST', '/api/v1/auth/login', { json: as, anonymous: true });
    if (answer.status === 200) this.session = sessionOf(answer);
    return answer;
  }

  put(path: string, body: Uint8Array | AsyncIterable<Uint8Array>, query = ''): Promise<EntryView> {
    return this.must('PUT', `/api/v1/path${encodePath(path)}${query}`, { body });
  }

  entryAt(path: string): Promise<EntryView> {
    return this.must('GET', `/api/v1/path${encodePath(path)}`);
  }

  async children(id: string): Promise<EntryView[]> {
    const items: EntryView[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<EntryView> = await this.must(
        'GET',
        `/api/v1/entries/${id}/children?limit=1000${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return items;
  }

  /** SHA-256 of the content at a path, and its length. */
  async hashAt(path: string): Promise<{ sha256: string; size: number }> {
    const entry = await this.entryAt(path);
    const answer = await this.raw('GET', `/api/v1/entries/${entry.id}/content`);
    const hash = createHash('sha256');
    let size = 0;
    for await (const piece of answer.stream) {
      hash.update(piece as Buffer);
      size += (piece as Buffer).length;
    }
    if (answer.status !== 200)
      throw new Error(`${this.name}: content of ${path} answered ${answer.status}\n${this.stderr}`);
    return { sha256: hash.digest('hex'), size };
  }

  health(): Promise<HealthView> {
    return this.must('GET', '/api/v1/health');
  }
}

function sessionOf({ headers, body }: ApiAnswer): NonNullable<DeviceProcess['session']> {
  const cookies = ([] as string[]).concat(headers['set-cookie'] ?? []);
  const cookie = cookies.map((text) => /^peerstor_[0-9a-f]+=[^;]+/.exec(text)?.[0]).find(Boolean);
  if (!cookie) throw new Error('no session cookie');
  return { cookie, 'x-peerstor': (body as SignedInView).proof };
}

export function encodePath(path: string): string {
  return path
    .split('/')
    .map((name) => encodeURIComponent(name))
    .join('/');
}

/** Pairs `newcomer` into the network of `member` by code. */
export async function pair(
  member: DeviceProcess,
  newcomer: DeviceProcess,
  address: string | undefined = member.address,
): Promise<void> {
  const { code } = await member.must<{ code: string }>('POST', '/api/v1/pairing', { json: {} });
  await newcomer.must('POST', '/api/v1/pairing/join', {
    json: { setupCode: newcomer.ready.setupCode, code, ...(address === undefined ? {} : { address }) },
  });
}

/** Three devices of one network, named a, b, c; the first is set up and signed in, the others signed in. */
export async function startThree(tune: Record<string, number> = {}): Promise<DeviceProcess[]> {
  const devices: DeviceProcess[] = [];
  try {
    for (const name of ['a', 'b', 'c']) devices.push(await DeviceProcess.start({ name, tune }));
    const [first, ...others] = devices as [DeviceProcess, ...DeviceProcess[]];
    await first.setup();
    for (const other of others) await pair(first, other);
    for (const other of others) {
      await until(`${other.name} can sign in`, async () => {
        const answer = await other.login();
        return answer.status === 200 || `${answer.status} ${JSON.stringify(answer.body)}`;
      });
    }
    await allConnected(devices);
    return devices;
  } catch (error) {
    await Promise.all(devices.map((device) => device.remove()));
    throw error;
  }
}

export async function allConnected(devices: DeviceProcess[]): Promise<void> {
  await until('all devices see each other', async () => {
    for (const device of devices) {
      const { devices: seen } = await device.health();
      const online = seen.filter((other) => other.online).length;
      if (online !== devices.length) return `${device.name} sees ${online} of ${devices.length}`;
    }
    return true;
  });
}

/** Fast pseudorandom bytes, the same for the same seed. */
export async function* randomStream(bytes: number, seed: string): AsyncGenerator<Uint8Array> {
  const key = createHash('sha256').update(seed).digest();
  const { createCipheriv } = await import('node:crypto');
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(256 * 1024);
  for (let left = bytes; left > 0; left -= zeros.length) {
    yield cipher.update(left >= zeros.length ? zeros : zeros.subarray(0, left));
  }
}

export async function hashOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
