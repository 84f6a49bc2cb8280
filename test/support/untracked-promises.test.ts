import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { it } from 'node:test';

const root = new URL('../..', import.meta.url).pathname;

/** Runs a file of tests as `npm test` does. */
function runFile(text: string): { status: number | null; stdout: string } {
  const folder = mkdtempSync(join(tmpdir(), 'peerstor-run-'));
  try {
    const file = join(folder, 'one.test.mjs');
    writeFileSync(file, `import { it } from 'node:test';\n${text}`);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const words = ['scripts/test.ts', 'fast', relative(root, file)];
    return spawnSync(process.execPath, words, { cwd: root, env, encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('a run of tests fails when a test leaves a rejection that nobody handles', () => {
  const wait = 'await new Promise((resolve) => setTimeout(resolve, 20));';
  const lost = runFile(`it('loses an error', async () => { Promise.reject(new Error('lost')); ${wait} });`);
  assert.equal(lost.status, 1, lost.stdout);
  assert.match(lost.stdout, /Error: lost/);
  const good = runFile(`it('loses nothing', async () => { ${wait} });`);
  assert.equal(good.status, 0, good.stdout);
});
