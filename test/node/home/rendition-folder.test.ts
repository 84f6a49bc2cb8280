import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PeerstorError } from '../../../src/model/errors.ts';
import { openRenditionFiles } from '../../../src/node/home/rendition-folder.ts';

const MiB = 1024 * 1024;

const id = (digit: string) => digit.repeat(32);
async function* pieces(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size).fill(7);
}

describe('the folder of renditions', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-renditions-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('keeps what was written whole, and nothing of what broke off or of a device that was killed', async () => {
    const here = join(folder, 'whole');
    const files = await openRenditionFiles(here);
    await files.write(id('a'), pieces(1000, 500));
    assert.equal(await files.sizeOf(id('a')), 1500);
    assert.deepEqual([...(await files.read(id('a'), 1499, 1500))], [7]);
    const broken = async function* () {
      yield* pieces(10);
      throw new PeerstorError('peer-unreachable', 'off');
    };
    await assert.rejects(files.write(id('b'), broken()), /off/);
    assert.equal(await files.sizeOf(id('b')), undefined);
    await writeFile(join(here, `${id('c')}.part`), 'half');
    const again = await openRenditionFiles(here);
    assert.deepEqual(await readdir(here), [id('a')]);
    assert.deepEqual([again.usedBytes(), await again.sizeOf(id('a'))], [1500, 1500]);
    await assert.rejects(files.read(id('d'), 0, 1), (error: PeerstorError) => error.code === 'chunk-missing');
    await assert.rejects(
      files.write('../evil', pieces(1)),
      (error: PeerstorError) => error.code === 'bad-input',
    );
  });

  it('gives up what was used longest ago when it is full, or the disk is', async () => {
    let freeBytes = 100 * 1024 * MiB;
    const space = () => ({ freeBytes, totalBytes: 200 * 1024 * MiB });
    const files = await openRenditionFiles(join(folder, 'bound'), { bytesMax: 16 * MiB, space });
    await files.write(id('a'), pieces(5 * MiB));
    await files.write(id('b'), pieces(5 * MiB));
    assert.equal(await files.sizeOf(id('a')), 5 * MiB);
    await files.write(id('c'), pieces(4 * MiB, 4 * MiB));
    const kept = async () =>
      (await Promise.all(['a', 'b', 'c'].map((one) => files.sizeOf(id(one))))).map(
        (size) => size !== undefined,
      );
    assert.deepEqual(await kept(), [true, false, true]);
    freeBytes = MiB;
    await assert.rejects(
      files.write(id('d'), pieces(10)),
      (error: PeerstorError) => error.code === 'disk-full',
    );
    assert.deepEqual(await kept(), [false, false, false]);
  });
});
