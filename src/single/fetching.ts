/** Brings what lies at an address: a folder of this machine, https, or plain http on this machine alone. */
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { PeerstorError } from '../model/errors.ts';

/** A server that says nothing for so long is given up. */
const silenceMs = 60_000;

/** @returns the address of `name` in a folder, which is a path or an URL */
export function addressIn(folder: string, name: string): string {
  if (!/^[a-z]+:\/\//i.test(folder)) return resolve(folder, name);
  return new URL(name, folder.endsWith('/') ? folder : `${folder}/`).href;
}

/**
 * The bytes at an address, in pieces.
 * @throws `bad-input` for an address that is not asked, `not-found`, `peer-unreachable`, `too-large` as soon as there are more bytes than `bytesMax`
 */
export async function* bytesAt(
  address: string,
  bytesMax: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    for await (const piece of await open(address, AbortSignal.any([signal, silence.signal]))) {
      timer.refresh();
      bytes += piece.length;
      if (bytes > bytesMax)
        throw new PeerstorError(
          'too-large',
          `${address} is larger than the release says. Nothing was changed.`,
        );
      yield piece;
    }
  } catch (error) {
    throw told(error, address, signal);
  } finally {
    clearTimeout(timer);
  }
}

async function open(address: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  if (!/^[a-z]+:\/\//i.test(address)) return createReadStream(address, { signal });
  const url = new URL(address);
  if (url.protocol === 'file:') return createReadStream(fileURLToPath(url), { signal });
  checkServer(url);
  const answer = await fetch(url, { signal });
  // Where it was sent on to must be as good.
  checkServer(new URL(answer.url));
  if (answer.status !== 200 || answer.body === null) {
    throw new PeerstorError('not-found', `${address} answered ${answer.status}. Check the address.`);
  }
  return Readable.fromWeb(answer.body);
}

function checkServer({ protocol, hostname }: URL): void {
  const isHere = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && isHere)) return;
  throw new PeerstorError(
    'bad-input',
    'Releases come from a folder or by https; plain http is for this machine only.',
  );
}

function told(error: unknown, address: string, signal: AbortSignal): unknown {
  if (error instanceof PeerstorError) return error;
  if (signal.aborted) return new PeerstorError('aborted', 'The update was stopped. Nothing was changed.');
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new PeerstorError('not-found', `There is no ${address}.`, { cause: error });
  return new PeerstorError(
    'peer-unreachable',
    `${address} could not be read: ${message}. Nothing was changed; try again.`,
    {
      cause: error,
    },
  );
}
