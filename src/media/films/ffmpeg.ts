/** The program ffmpeg of the system, where there is one: started with limits, fed by a pipe, heard by a pipe. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Ffmpeg {
  path: string;
  /** Can it make H.264 with sound as AAC? */
  encodes: boolean;
}

/** It failed, or took more than it may. The sentence is its own last one. */
export class FfmpegFailed extends Error {}

/** Address space, and processor seconds (`ulimit` of POSIX). */
const addressSpaceKiB = 3_000_000;
const messageBytesMax = 4096;
const lookMs = 10_000;

/** @returns undefined where there is none */
export async function findFfmpeg(path = 'ffmpeg'): Promise<Ffmpeg | undefined> {
  try {
    const pieces: Uint8Array[] = [];
    const signal = AbortSignal.timeout(lookMs);
    const asked = { args: ['-hide_banner', '-encoders'], seconds: 10, signal };
    for await (const piece of runFfmpeg({ path, encodes: false }, asked)) pieces.push(piece);
    const listed = Buffer.concat(pieces).toString('latin1');
    return { path, encodes: / libx264 /.test(listed) && / aac /.test(listed) };
  } catch {
    return undefined;
  }
}

export interface FfmpegRun {
  args: readonly string[];
  /** Written to its standard input. */
  input?: string;
  /** Of processor time; on Windows of the clock. */
  seconds: number;
  signal: AbortSignal;
  /** Hears seconds of the film that are done. */
  onProgress?(seconds: number): void;
}

/**
 * Runs it and gives what it writes. The program ends when the reader leaves.
 * @throws `FfmpegFailed`; the signal's reason
 */
export async function* runFfmpeg(
  { path }: Ffmpeg,
  { args, input = '', seconds, signal, onProgress }: FfmpegRun,
): AsyncGenerator<Uint8Array> {
  const isPosix = process.platform !== 'win32';
  const limits = `ulimit -v ${addressSpaceKiB}; ulimit -t ${seconds}; ulimit -c 0; exec nice -n 10 "$0" "$@"`;
  const [program, words] = isPosix ? ['/bin/sh', ['-c', limits, path, ...args]] : [path, [...args]];
  const child = spawn(program, words, {
    // Secrets may be among the variables of the device.
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const ended = once(child, 'close');
  // Heard below; an error to start comes as `error` and no exit code.
  ended.catch(() => undefined);
  const stop = () => child.kill('SIGKILL');
  const late = isPosix ? undefined : setTimeout(stop, seconds * 1000);
  signal.addEventListener('abort', stop, { once: true });
  let message = '';
  child.stderr?.on('data', (piece: Buffer) => {
    message = (message + piece.toString()).slice(-messageBytesMax);
  });
  child.stdio[3]?.on('data', (piece: Buffer) => {
    const micros = [...piece.toString().matchAll(/out_time_us=(\d+)/g)].at(-1)?.[1];
    if (micros !== undefined) onProgress?.(Number(micros) / 1e6);
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  try {
    signal.throwIfAborted();
    if (child.stdout) yield* child.stdout;
    const [code] = await ended;
    signal.throwIfAborted();
    if (code !== 0) throw new FfmpegFailed(message.trim().split('\n').at(-1) ?? '');
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof FfmpegFailed ? error : new FfmpegFailed('ffmpeg could not be started.');
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', stop);
    stop();
  }
}
