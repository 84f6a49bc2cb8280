/** Completion scripts, read by the shells themselves where this machine has them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CommandLine } from './command-line.ts';

const has = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;
const skipWithout = (shell: string) => !has(shell) && `${shell} is not on this machine`;

describe('completion of a shell', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-completion-'));
    for (const shell of ['bash', 'zsh', 'fish']) {
      const ran = await CommandLine.runAlone(['completion', shell]);
      assert.equal(ran.code, 0, ran.err);
      await writeFile(join(folder, shell), ran.out);
    }
  });
  after(() => rm(folder, { recursive: true }));

  const shell = (name: string, script: string) => {
    const ran = spawnSync(name, ['-c', script, join(folder, name)], { encoding: 'utf8', cwd: folder });
    assert.equal(ran.stderr, '', script);
    return ran.stdout.trim().split(/\s+/);
  };
  const bash = (...words: string[]) =>
    shell(
      'bash',
      `source "$0"; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _peerstor; echo "\${COMPREPLY[@]}"`,
    );

  it('bash completes commands, their sub-commands, options and fixed values', {
    skip: skipWithout('bash'),
  }, () => {
    assert.deepEqual(bash('peerstor', 'he'), ['health']);
    assert.deepEqual(bash('peerstor', '--json', 'token', 'cr'), ['create']);
    assert.deepEqual(bash('peerstor', 'put', '--dr'), ['--dry-run']);
    assert.deepEqual(bash('peerstor', 'put', '--copies', 's'), ['safe']);
    assert.deepEqual(bash('peerstor', 'service', 'i'), ['install']);
    assert.ok(!bash('peerstor', 'ls', '').includes('health'));
  });

  it('zsh completes commands, their sub-commands, options and fixed values', {
    skip: skipWithout('zsh'),
  }, () => {
    const zsh = (...words: string[]) =>
      shell(
        'zsh',
        `source "$0"; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _describe() { print -l $found }; _files() { : }; _peerstor`,
      );
    assert.ok(zsh('peerstor', '').includes('health:show'));
    assert.ok(zsh('peerstor', 'token', '').includes('create:create'));
    assert.deepEqual(zsh('peerstor', 'put', '--copies', ''), ['accepted', 'safe', 'full']);
  });

  it('fish completes commands, their sub-commands, options and fixed values', {
    skip: skipWithout('fish'),
  }, () => {
    const fish = (text: string) => shell('fish', `source "$argv[1]"; complete -C "${text}"`);
    assert.deepEqual(fish('peerstor heal').slice(0, 1), ['health']);
    assert.deepEqual(fish('peerstor token cr').slice(0, 1), ['create']);
    assert.deepEqual(fish('peerstor put --dry').slice(0, 1), ['--dry-run']);
    assert.ok(fish('peerstor put --copies s').includes('safe'));
  });

  it('another shell is wrong usage', async () => {
    const ran = await CommandLine.runAlone(['completion', 'csh']);
    assert.equal(ran.code, 2);
    assert.match(ran.err, /bash, zsh, fish/);
  });
});
