import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freshSeed } from '../support/fresh-seed.ts';

const run = new URL('fuzz/run.ts', import.meta.url).pathname;
const growthBytesMax = 64 * 1024 * 1024;

test(`200,000 spoiled requests to every door get an answer below 500, list nothing that was refused, and leave nothing behind (seed ${freshSeed})`, {
  timeout: 3_600_000,
}, async () => {
  const fuzz = async (seed: number) => {
    const { stdout } = await promisify(execFile)(process.execPath, [run, '100000', String(seed)]);
    const heaps: number[] = JSON.parse(stdout);
    // The first device loads what the others find loaded.
    const grown = (heaps.at(-1) ?? 0) - (heaps[1] ?? 0);
    assert.ok(grown < growthBytesMax, `seed ${seed}: the heap grew by ${grown} bytes`);
  };
  await Promise.all([fuzz(freshSeed), fuzz(freshSeed + 1)]);
});
