import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { assertStarts } from './started.ts';

const root = new URL('../..', import.meta.url).pathname;

describe('the packed npm module', { timeout: 600_000 }, () => {
  it('installs in an empty folder without a word of a prepare script, starts, in a root with nothing but Node, too, and has the licences in it', async (context) => {
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
      if (spawnSync('unshare', ['--mount', 'true']).status !== 0) {
        context.diagnostic('not started in a root of its own: no namespace can be made here');
        return;
      }
      const bare = join(folder, 'root');
      bareRoot(bare);
      cpSync(join(folder, 'node_modules'), join(bare, 'app/node_modules'), { recursive: true });
      const enter = [
        'unshare',
        '--mount',
        'sh',
        '-c',
        'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"',
        bare,
      ];
      await assertStarts([...enter, '/node', '/app/node_modules/peerstor/bin/peerstor.js']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** A root with Node, the libraries that it is linked to, and an empty /tmp: no shell, no npm. */
function bareRoot(folder: string): void {
  for (const name of ['tmp', 'proc']) mkdirSync(join(folder, name), { recursive: true });
  copyFileSync(process.execPath, join(folder, 'node'));
  const linked = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [path] of linked.matchAll(/\/\S+/g)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(path, join(folder, path));
  }
}
