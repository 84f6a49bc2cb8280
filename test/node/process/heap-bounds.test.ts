import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** Objects that live for a while, again and again, as records and chunks do. @returns MiB of the space of new ones */
const churn = `
  const { getHeapSpaceStatistics } = await import('node:v8');
  let kept = [];
  for (let round = 0; round < 60; round += 1) {
    for (let made = 0; made < 50_000; made += 1) {
      kept.push({ made, name: 'x' + made });
      if (kept.length > 100_000) kept = [];
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { space_size } = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
  console.log(space_size / 2 ** 20);
`;

function newSpaceMiB(before: string): number {
  const script = ['--input-type=module', '-e', before + churn];
  return Number(execFileSync(process.execPath, script, { encoding: 'utf8' }));
}

test('new objects take a bounded part of the memory', () => {
  const { href } = new URL('../../../src/node/process/heap-bounds.ts', import.meta.url);
  const bounded = newSpaceMiB(`const { boundHeap } = await import(${JSON.stringify(href)}); boundHeap()();`);
  const unbounded = newSpaceMiB('');
  assert.ok(bounded <= 24, `${bounded} MiB`);
  assert.ok(unbounded > 24, `without the bound it is ${unbounded} MiB: then nothing needs to be bounded`);
});
