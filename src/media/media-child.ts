/** A child process that decodes one content at a time, and what ends it. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setPriority } from 'node:os';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '../model/clock.ts';
import type { MadeMedia, MediaContent } from '../model/contracts/media/media-maker.ts';
import { type ChildLimits, type FromChild, isFromChild, type ToChild } from './channel.ts';
import { childHeapMiB, childPriority, childWatchMs } from './limits.ts';

/** What the child may: read its own code and load sharp; read nothing else, write nothing, start no process and no worker. */
export function childFlags(): string[] {
  return [
    `--max-old-space-size=${childHeapMiB}`,
    '--permission',
    ...readable().map((folder) => `--allow-fs-read=${folder}`),
    '--allow-addons',
    '--allow-fs-write=/proc/self/oom_score_adj',
    '--disable-warning=ExperimentalWarning',
  ];
}

/**
 * Folders with the code of the child: this package (or checkout), and where npm put what is not bundled. Nothing of a user lies there.
 */
function readable(): string[] {
  const folders = new Set([fileURLToPath(new URL('../..', import.meta.url))]);
  const require = createRequire(import.meta.url);
  for (const name of ['sharp', 'libheif-js/wasm-bundle.js']) {
    try {
      const [above = ''] = require.resolve(name).split(/(?<=[\\/]node_modules[\\/])/);
      folders.add(above);
    } catch {
      // It is optional.
    }
  }
  // libvips asks whether the system's C library is musl.
  return [...folders, '/usr/bin/ldd', '/proc/self/'];
}

/** The single executable takes no options of Node as words (`src/single/main.ts`), but these. */
function singleEnvironment(): Record<string, string> {
  const quoted = childFlags().map((flag) => `"${flag.replace(/[\\"]/g, '\\$&')}"`);
  return {
    NODE_OPTIONS: quoted.join(' '),
    PEERSTOR_CHILD_OF: fileURLToPath(new URL('../..', import.meta.url)),
  };
}

/** Of /proc on most machines; where pages are larger, the bound is higher. */
const pageBytes = 4096;

/** The child ended, hung, or said what it may not, before it answered. */
export class ChildEnded extends Error {}

export interface MediaChildOptions {
  limits: ChildLimits;
  answerWaitMs: number;
  clock: Clock;
}

export class MediaChild {
  readonly #options: MediaChildOptions;
  readonly #process: ChildProcess;
  /** What waits for the next message; the channel has one question under way. */
  #waiting: PromiseWithResolvers<FromChild> | undefined;
  readonly #early: FromChild[] = [];
  #ended: ChildEnded | undefined;
  /** The sentence that says why it decodes no pictures. Known once `ready` resolved. */
  lack: string | null = null;

  constructor(options: MediaChildOptions) {
    this.#options = options;
    const isBuilt = process.env.PEERSTOR_BUILT === '1';
    const file = isBuilt ? './media-child.js' : './child/main.ts';
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: isSea() ? [] : childFlags(),
      // Secrets may be among the variables of the device.
      env: {
        PATH: process.env.PATH,
        UV_THREADPOOL_SIZE: '2',
        VIPS_CONCURRENCY: '1',
        ...(isSea() && singleEnvironment()),
      },
    });
    this.#process.on('message', (message: unknown) => this.#heard(message));
    this.#process.on('error', (error) => this.#end(`could not be started: ${error.message}`));
    this.#process.on('exit', (code, signal) => this.#end(`ended (${signal ?? code})`));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** @throws `ChildEnded` */
  async ready(): Promise<void> {
    const message = await this.#next();
    if (message.kind !== 'ready') throw this.#refuse();
    this.lack = message.lack;
    if (this.pid !== undefined) {
      try {
        setPriority(this.pid, childPriority);
      } catch {
        // It ended meanwhile, which the next question finds out.
      }
    }
  }

  /**
   * @throws `ChildEnded`; what `content.read` throws, after which this child is ended, because it waits for bytes that
   * do not come
   */
  async make(content: MediaContent, signal: AbortSignal): Promise<MadeMedia | null> {
    this.#say({ kind: 'make', size: content.size, limits: this.#options.limits });
    const watch = setInterval(() => this.#weigh(), childWatchMs);
    try {
      return await this.#answer(content, signal);
    } finally {
      clearInterval(watch);
    }
  }

  async #answer(content: MediaContent, signal: AbortSignal): Promise<MadeMedia | null> {
    const { size } = content;
    for (;;) {
      const message = await this.#next();
      if (message.kind === 'made') return message.made;
      if (message.kind !== 'read') throw this.#refuse();
      const { start } = message;
      // Reading may take long, because other devices have the bytes: it does not count as the child's time.
      const bytes = await this.#read(content, { start, end: Math.min(message.end, size) }, signal);
      this.#say({ kind: 'bytes', bytes });
    }
  }

  async #read(
    content: MediaContent,
    { start, end }: { start: number; end: number },
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    if (start >= end) return new Uint8Array(0);
    try {
      for await (const piece of content.read({ start, end }, signal)) pieces.push(piece);
    } catch (error) {
      this.kill();
      throw error;
    }
    return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  }

  /** It watches itself, but not while WebAssembly decodes. Where there is no /proc, libheif's own 2 GiB bound it. */
  #weigh(): void {
    try {
      const [, pages = '0'] = readFileSync(`/proc/${this.pid}/statm`, 'latin1').split(' ');
      if (Number(pages) * pageBytes <= this.#options.limits.childBytesMax) return;
      this.#end('took too much memory');
      this.#process.kill('SIGKILL');
    } catch {
      // It ended, or this is not Linux.
    }
  }

  /** Ends it at once. */
  kill(): void {
    this.#end('was ended');
    this.#process.kill('SIGKILL');
  }

  #say(message: ToChild): void {
    if (this.#ended) throw this.#ended;
    this.#process.send(message, (error) => error && this.#end(error.message));
  }

  async #next(): Promise<FromChild> {
    const early = this.#early.shift();
    if (early) return early;
    if (this.#ended) throw this.#ended;
    const waiting = Promise.withResolvers<FromChild>();
    this.#waiting = waiting;
    const late: Timer = this.#options.clock.after(this.#options.answerWaitMs, () => {
      this.#end('did not answer in time');
      this.#process.kill('SIGKILL');
    });
    try {
      return await waiting.promise;
    } finally {
      late.cancel();
      this.#waiting = undefined;
    }
  }

  #heard(message: unknown): void {
    if (!isFromChild(message)) {
      this.kill();
      return;
    }
    if (this.#waiting) this.#waiting.resolve(message);
    // A right one asks and waits; what says more without being asked is broken.
    else if (this.#early.length < 2) this.#early.push(message);
    else this.kill();
  }

  #refuse(): ChildEnded {
    this.kill();
    return this.#ended ?? new ChildEnded('The process that decodes answered out of turn.');
  }

  #end(how: string): void {
    this.#ended ??= new ChildEnded(`The process that decodes pictures ${how}.`);
    this.#waiting?.reject(this.#ended);
  }
}
