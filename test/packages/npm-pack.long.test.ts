import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertStarts } from './started.ts';

const root = new URL('../..', import.meta.url).pathname;

describe('the packed npm module', { timeout: 600_000 }, () => {
  it('installs in an empty folder without a word of a prepare script, starts, and has the licences in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'peerstor-pack-'));
    try {
      // The checkout was built before the tests; packing would build it under their feet.
      const npm = (...words: string[]) =>
        execFileSync('npm', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      npm('pack', '--ignore-scripts', '--pack-destination', folder, root);
      const [packed = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
      writeFileSync(join(folder, 'package.json'), '{"private": true}');
      const said = npm('install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, packed));
      assert.doesNotMatch(said, /prepare/);
      const module = join(folder, 'node_modules/peerstor');
      const { scripts } = JSON.parse(readFileSync(join(module, 'package.json'), 'utf8'));
      for (const name of ['prepare', 'install', 'preinstall', 'postinstall'])
        assert.equal(scripts[name], undefined);
      assert.match(readFileSync(join(module, 'dist/LICENSES.txt'), 'utf8'), /fastify \d/);
      await assertStarts([process.execPath, join(module, 'bin/peerstor.js')]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
