import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { it } from 'node:test';
import { zipStream } from '../../../src/http/archive/zip-stream.ts';
import { run, skipWithout } from '../../support/programs.ts';

const size = 4.2 * 1024 ** 3;

it('a ZIP file with a file above 4 GiB is whole to unzip, 7z and Python', {
  skip: skipWithout('unzip', '7z', 'python3'),
  timeout: 1_200_000,
}, async () => {
  const home = await mkdtemp(join(tmpdir(), 'peerstor-zip-'));
  try {
    const block = Buffer.alloc(1024 * 1024, 'peerstor');
    const bytes = Math.floor(size / block.length) * block.length;
    async function* pieces() {
      for (let left = bytes; left > 0; left -= block.length) yield block;
    }
    async function* items() {
      yield { path: 'large.bin', modifiedAtMs: 1e12, size: bytes, content: pieces() };
      yield { path: 'small.txt', modifiedAtMs: 1e12, size: 1, content: Readable.from([Buffer.from('x')]) };
    }
    const path = join(home, 'large.zip');
    await pipeline(Readable.from(zipStream(items())), createWriteStream(path));
    assert.equal((await run('unzip', ['-tqq', path])).code, 0);
    assert.match((await run('7z', ['t', path])).text, /Everything is Ok/);
    const script = 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).testzip())';
    assert.equal((await run('python3', ['-c', script, path])).text.trim(), 'None');
  } finally {
    await rm(home, { recursive: true });
  }
});
