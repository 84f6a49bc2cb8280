import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileAt, filesMax, jobsOf, startFileOf } from './test-groups.ts';

/** Runs files of these names and texts in one process. */
function runGroup(texts: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'peerstor-group-'));
  try {
    for (const [name, text] of Object.entries(texts))
      writeFileSync(join(folder, name), `import { it } from 'node:test';\n${text}`);
    const job = { name: 'group-1', files: Object.keys(texts) };
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const started = startFileOf(job, `${folder}/`, `${folder}/groups`);
    const words = ['--test-force-exit', '--test-reporter=tap', started];
    const { status, stdout } = spawnSync(process.execPath, words, { cwd: folder, env, encoding: 'utf8' });
    return { status, stdout, at: fileAt(job, `${folder}/groups`) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('test files in one process', () => {
  it('a file that cannot be loaded and one that leaves the environment changed fail by name, and no other', () => {
    const { status, stdout } = runGroup({
      'broken.mjs': 'nothing.here();',
      'leaky.mjs': `it('passes', () => { process.env.PEERSTOR_LEFT = '1'; });`,
      'good.mjs': `it('passes too', () => undefined);`,
    });
    assert.equal(status, 1);
    const failed = [...stdout.matchAll(/^not ok \d+ - (.*)$/gm)].map(([, title]) => title);
    assert.deepEqual(failed, [
      'broken.mjs leaves no trace in the process',
      'leaky.mjs leaves no trace in the process',
    ]);
    assert.match(stdout, /^ok \d+ - passes too$/m);
  });

  it('a process that dies, or loses a rejection, leaves the name of the file that it was at', () => {
    const dead = runGroup({
      'good.mjs': `it('passes', () => undefined);`,
      'deadly.mjs': `it('dies', () => process.exit(3));`,
      'last.mjs': '',
    });
    assert.deepEqual([dead.status, dead.at], [3, 'group-1, at deadly.mjs']);
    const lost = runGroup({
      'lossy.mjs': `it('loses', () => new Promise((resolve) => { Promise.reject(new Error('x')); setTimeout(resolve, 9); }));`,
      'good.mjs': `it('passes', () => undefined);`,
    });
    assert.notEqual(lost.status, 0);
    assert.match(lost.at, /with a rejection that nobody handled in lossy\.mjs/);
  });

  it('light files are grouped by room, and each file that starts processes has one of its own', () => {
    const light = Array.from({ length: filesMax + 1 }, (_, n) => `test/http/${n}.test.ts`);
    const heavy = ['test/cluster/a.test.ts', 'test/media/b.slow.test.ts'];
    const jobs = jobsOf([...heavy, ...light, 'test/web/c.test.ts']);
    assert.deepEqual(
      jobs.map(({ name, files }) => [name, files.length]),
      [...heavy.map((file) => [file, 1]), ['http-1', 13], ['http-2', 12], ['web-1', 1]],
    );
  });
});
