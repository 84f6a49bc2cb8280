/**
 * Files in HOME/search, which rooms seal and can make anew. They are not synced: after a power cut the old file, the
 * new one, or none that opens is there.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { assert } from '../../model/assert.ts';
import type { SealedFiles } from '../../model/contracts/files/sealed-files.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';

/** In the home. */
export const searchFolder = 'search';

const nameShape = /^[0-9a-z]{1,64}$/;
const besideEnd = '.new';
/** Of users who have not been here for so long nothing is kept. */
const keptForMs = 90 * 24 * 3_600_000;

/**
 * @param folder made when something is written
 * @param mustHaveRoom throws `disk-full`
 */
export function createSealedFiles(folder: string, mustHaveRoom: () => void): SealedFiles {
  const pathOf = (name: string): string => {
    assert(nameShape.test(name), 'the name of a sealed file is letters and digits');
    return join(folder, name);
  };

  async function* whileRoom(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const piece of pieces) {
      mustHaveRoom();
      yield piece;
    }
  }

  return {
    async write(name, pieces) {
      const path = pathOf(name);
      const beside = path + besideEnd;
      try {
        await mkdir(folder, { mode: 0o700 }).catch(unlessThere);
        await chmod(folder, 0o700);
        await pipeline(whileRoom(pieces), createWriteStream(beside, { mode: 0o600 }));
        await rename(beside, path);
        await removeOld(folder);
      } catch (cause) {
        await rm(beside, { force: true });
        throw failed(path, cause);
      }
    },

    async *read(name) {
      const path = pathOf(name);
      try {
        for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024 })) yield bytes;
      } catch (cause) {
        if (codeOf(cause) !== 'ENOENT') throw failed(path, cause);
      }
    },
  };
}

async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const { mtimeMs } = await stat(join(folder, name));
    if (Date.now() - mtimeMs > keptForMs) await rm(join(folder, name), { force: true });
  }
}

function unlessThere(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

function failed(path: string, cause: unknown): PeerstorError {
  const code = codeOf(cause);
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'disk-full';
  const sentence = `${path} could not be read or written (${sentenceOf(cause)}); it is made anew later.`;
  return new PeerstorError(isFull ? 'disk-full' : 'storage-failed', sentence, { cause });
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
