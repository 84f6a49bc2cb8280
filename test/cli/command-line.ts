/** The command line in this process, against a gateway over a fake device: one line makes the world. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { run } from '../../src/cli/run.ts';
import { GatewayFixture } from '../http/gateway-fixture.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface RunSettings {
  /** What standard input gives; it is no terminal. */
  stdin?: string | Uint8Array | Readable;
  home?: string;
  platform?: NodeJS.Platform;
  env?: Record<string, string>;
  /** Aborted, it is Ctrl+C. */
  interrupted?: AbortSignal;
  /** True where standard error is a terminal. */
  isTTY?: boolean;
  /** Lines that a person types, each when it is asked for; standard input is a terminal then. */
  typed?: readonly string[];
}

/** A gateway with the user "anna", signed in through the command line, and folders that go at the end. */
export class CommandLine {
  readonly gateway: GatewayFixture;
  /** Home of the person who types. */
  readonly home: string;
  /** Where commands read and write files. */
  readonly folder: string;
  readonly #top: string;

  private constructor(gateway: GatewayFixture, top: string) {
    this.gateway = gateway;
    this.#top = top;
    this.home = join(top, 'home');
    this.folder = join(top, 'files');
  }

  static async start(): Promise<CommandLine> {
    const top = await mkdtemp(join(tmpdir(), 'peerstor-cli-'));
    const line = new CommandLine(await GatewayFixture.start(), top);
    const signedIn = await line.run(['login', '--user', 'anna', '--password-stdin'], {
      stdin: 'correct horse\n',
    });
    assert.equal(signedIn.code, 0, signedIn.err);
    return line;
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await rm(this.#top, { recursive: true, force: true });
  }

  get url(): string {
    return `http://127.0.0.1:${this.gateway.port}`;
  }

  /** A path below the folder of this test's files. */
  at(...names: string[]): string {
    return join(this.folder, ...names);
  }

  run(words: readonly string[], settings: RunSettings = {}): Promise<Ran> {
    return this.runBare(['--home', settings.home ?? this.home, '--url', this.url, ...words], settings);
  }

  /** Without `--home` and `--url`. */
  runBare(words: readonly string[], settings: RunSettings = {}): Promise<Ran> {
    return CommandLine.runAlone(words, settings);
  }

  /** Without a device. */
  static async runAlone(words: readonly string[], settings: RunSettings = {}): Promise<Ran> {
    const { stdin = '', typed, platform = process.platform, env = {}, isTTY = false } = settings;
    const keyboard: PassThrough & { isTTY?: boolean } = new PassThrough();
    keyboard.isTTY = true;
    const answers = [...(typed ?? [])];
    const type = (shown: string) => {
      const answer = /: $/.test(shown) ? answers.shift() : undefined;
      if (answer !== undefined) keyboard.write(`${answer}\n`);
    };
    const given = stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]);
    const input = typed === undefined ? given : keyboard;
    const [stdout, stderr] = [new Collected(), new Collected(isTTY || typed !== undefined, type)];
    const interrupted = settings.interrupted ?? new AbortController().signal;
    const code = await run(words, {
      stdin: input,
      stdout,
      stderr,
      env,
      platform,
      interrupted: () => interrupted,
    });
    return { code, out: stdout.text, err: stderr.text };
  }

  /** The JSON value that a command prints; the command must succeed. */
  async json<Shape>(words: readonly string[], settings: RunSettings = {}): Promise<Shape> {
    const ran = await this.run(['--json', ...words], settings);
    assert.equal(ran.code, 0, ran.err);
    return JSON.parse(ran.out) as Shape;
  }

  /** Asserts that a command fails with this code and says one line and nothing else. */
  async fails(words: readonly string[], code: number, sentence: RegExp, settings: RunSettings = {}) {
    const ran = await this.run(words, settings);
    assert.deepEqual([ran.code, ran.out], [code, ''], ran.err);
    assert.match(ran.err, /^peerstor: [^\n]+\n$/);
    assert.match(ran.err, sentence);
  }
}

/** Keeps what is written to it. */
class Collected extends Writable {
  readonly isTTY: boolean;
  readonly #pieces: Buffer[] = [];
  readonly #onText: (text: string) => void;

  constructor(isTTY = false, onText: (text: string) => void = () => undefined) {
    super();
    this.isTTY = isTTY;
    this.#onText = onText;
  }

  get text(): string {
    return Buffer.concat(this.#pieces).toString('utf8');
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#pieces.push(piece);
    this.#onText(stripVTControlCharacters(piece.toString('utf8')));
    done();
  }
}
