import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertStarts } from './started.ts';

const root = new URL('../..', import.meta.url).pathname;
const hasDpkg = existsSync('/usr/bin/dpkg-deb') && process.platform === 'linux';

describe('the Debian package', { skip: !hasDpkg && 'there is no dpkg-deb', timeout: 600_000 }, () => {
  it('has all that the program needs, its own Node included', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'peerstor-deb-'));
    try {
      const run = (program: string, ...words: string[]) =>
        execFileSync(program, words, { cwd: root, encoding: 'utf8' });
      const path = run(process.execPath, 'scripts/package-deb.ts', folder).trim();
      run('dpkg-deb', '--extract', path, join(folder, 'out'));
      const program = join(folder, 'out/usr/lib/peerstor');
      await assertStarts([join(program, 'node'), join(program, 'bin/peerstor.js')]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
