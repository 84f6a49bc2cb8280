import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { beginTrial, confirmTrial, isDevice, readTrial, rollBack, swap } from '../../src/single/trial.ts';

const module = new URL('../../src/single/trial.ts', import.meta.url).pathname;

describe('a program on trial', {
  skip: process.platform === 'win32' && 'its programs are scripts of a shell',
}, () => {
  let folder: string;
  let program: string;
  const text = (version: string) => `#!/bin/sh\necho ${version} "$@"\n`;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'peerstor-trial-'));
    program = join(folder, 'peerstor');
    writeFileSync(program, text('old'), { mode: 0o755 });
    writeFileSync(`${program}.new`, text('new'), { mode: 0o755 });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const runs = () => execFileSync(program, [], { encoding: 'utf8' }).trim();
  const start = (version: string) => beginTrial({ program, version, words: ['start'] });
  const swapped = () => swap(program, { from: 'old', to: 'new' });

  it('is in place after the swap, and the former one comes back when it is rolled back', () => {
    swapped();
    assert.equal(runs(), 'new');
    assert.equal(rollBack(program), true);
    assert.equal(runs(), 'old');
    assert.equal(readTrial(program)?.state, 'failed');
    assert.equal(rollBack(program), false);
  });

  it('stays when it was healthy, and nothing of the former one is left', () => {
    swapped();
    confirmTrial(program);
    confirmTrial(program);
    assert.equal(runs(), 'new');
    assert.equal(rollBack(program), false);
    assert.deepEqual(
      ['.new', '.previous', '.update.json'].filter((end) => existsSync(program + end)),
      [],
    );
  });

  it('gives way at its third start without having become healthy, in the same process and with the same words', () => {
    swapped();
    start('new');
    start('new');
    assert.equal(readTrial(program)?.starts, 2);
    const third = `import { beginTrial } from ${JSON.stringify(module)};
      beginTrial({ program: ${JSON.stringify(program)}, version: 'new', words: ['start', '--port', '0'] });
      console.log('went on');`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module-typescript', '--eval', third],
      { encoding: 'utf8' },
    );
    assert.equal(stdout.trim(), 'old start --port 0', stderr);
    assert.equal(runs(), 'old');
  });

  it('is tried by starts of a device only', () => {
    swapped();
    for (const words of [
      ['ls', '/'],
      ['--home', '/h', 'version'],
      ['--json', 'status'],
      ['--help'],
      ['update'],
    ]) {
      assert.equal(isDevice(words), false, words.join(' '));
      beginTrial({ program, version: 'new', words });
    }
    assert.equal(readTrial(program)?.starts, 0);
    for (const words of [
      [],
      ['start'],
      ['--home', '/h', 'start'],
      ['--home=/h'],
      ['--port', '1'],
      ['--json', 'start'],
    ])
      assert.equal(isDevice(words), true, words.join(' '));
  });

  it('leaves a program that starts, wherever the swap or the way back was cut', () => {
    // What lies there after each step, as a crash would leave it.
    const steps: [string, () => void, version: string][] = [
      ['after the download', () => undefined, 'old'],
      [
        'after the former one was kept',
        () => writeFileSync(`${program}.previous`, text('old'), { mode: 0o755 }),
        'old',
      ],
      [
        'after the words',
        () =>
          writeFileSync(
            `${program}.update.json`,
            JSON.stringify({ state: 'trial', from: 'old', to: 'new', starts: 0 }),
          ),
        'old',
      ],
      ['after the words were half written', () => writeFileSync(`${program}.update.json`, '{"sta'), 'old'],
    ];
    for (const [when, step, version] of steps) {
      step();
      assert.equal(runs(), version, when);
      start(version);
      assert.equal(runs(), version, when);
    }
    writeFileSync(`${program}.new`, text('new'), { mode: 0o755 });
    swapped();
    assert.equal(runs(), 'new');
    start('new');
    // The way back was cut between its words and its rename: the next start of the new program ends it.
    const words = JSON.parse(readFileSync(`${program}.update.json`, 'utf8'));
    writeFileSync(`${program}.update.json`, JSON.stringify({ ...words, state: 'failed' }));
    const next = `import { beginTrial } from ${JSON.stringify(module)};
      beginTrial({ program: ${JSON.stringify(program)}, version: 'new', words: ['start'] });`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', next], {
      encoding: 'utf8',
    });
    assert.equal(stdout.trim(), 'old start');
    assert.equal(runs(), 'old');
  });

  it('an update that was cut before the rename is forgotten by the next start of the former program', () => {
    writeFileSync(`${program}.previous`, text('old'), { mode: 0o755 });
    writeFileSync(
      `${program}.update.json`,
      JSON.stringify({ state: 'trial', from: 'old', to: 'new', starts: 0 }),
    );
    start('old');
    assert.deepEqual(
      ['.new', '.previous', '.update.json'].filter((end) => existsSync(program + end)),
      [],
    );
    assert.equal(runs(), 'old');
  });
});
