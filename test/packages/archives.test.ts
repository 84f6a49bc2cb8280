import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { licencesOf } from '../../scripts/licences.ts';
import { tar } from '../../scripts/packages/archives.ts';
import { debPackage } from '../../scripts/packages/deb.ts';

const has = (program: string) => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe('an archive of our own', { skip: !has('tar') && 'there is no tar' }, () => {
  it('is read by tar: long names, empty files, modes and links included', () => {
    const folder = mkdtempSync(join(tmpdir(), 'peerstor-tar-'));
    const long = `deep/${'n'.repeat(90)}/${'m'.repeat(90)}.txt`;
    const entries = [
      { path: 'deep/', mode: 0o755 },
      { path: `deep/${'n'.repeat(90)}/`, mode: 0o755 },
      { path: long, mode: 0o644, content: Buffer.from('long') },
      { path: 'empty', mode: 0o600, content: Buffer.alloc(0) },
      { path: 'block', mode: 0o755, content: Buffer.alloc(512, 'x') },
      { path: 'link', mode: 0o777, link: 'block' },
    ];
    writeFileSync(join(folder, 'a.tar'), tar(entries, 1_700_000_000_000));
    execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder });
    assert.equal(readFileSync(join(folder, long), 'utf8'), 'long');
    assert.equal(statSync(join(folder, 'empty')).size, 0);
    assert.equal(statSync(join(folder, 'block')).mode & 0o777, 0o755);
    assert.equal(readlinkSync(join(folder, 'link')), 'block');
    assert.equal(statSync(join(folder, long)).mtimeMs, 1_700_000_000_000);
    rmSync(folder, { recursive: true });
  });
});

describe('a Debian package', { skip: !has('dpkg-deb') && 'there is no dpkg-deb' }, () => {
  it('is read by dpkg, has a unit and rules, and is the same for the same content', () => {
    const folder = mkdtempSync(join(tmpdir(), 'peerstor-deb-'));
    const parts = {
      version: '1.2.3',
      architecture: 'amd64',
      files: [{ path: 'bin/x.js', mode: 0o644, content: Buffer.from('x') }],
      licence: 'free',
      atMs: 0,
    };
    const deb = debPackage(parts);
    assert.ok(deb.equals(debPackage(parts)));
    const path = join(folder, 'a.deb');
    writeFileSync(path, deb);
    const ask = (...words: string[]) => execFileSync('dpkg-deb', words, { encoding: 'utf8' });
    assert.match(ask('--info', path), /Package: peerstor\n.*Version: 1\.2\.3/);
    assert.match(ask('--contents', path), /root\/root.*\.\/usr\/lib\/peerstor\/bin\/x\.js/);
    ask('--extract', path, join(folder, 'out'));
    ask('--control', path, join(folder, 'control'));
    assert.match(
      readFileSync(join(folder, 'out/lib/systemd/system/peerstor.service'), 'utf8'),
      /User=peerstor/,
    );
    for (const rule of ['postinst', 'prerm', 'postrm'])
      execFileSync('sh', ['-n', join(folder, 'control', rule)]);
    rmSync(folder, { recursive: true });
  });
});

describe('the licences of what is bundled', () => {
  const root = new URL('../..', import.meta.url).pathname;
  it('are those of the packages that files came from, once each, and no own file', () => {
    const text = licencesOf([
      `${root}node_modules/commander/index.js`,
      `${root}node_modules/commander/lib/command.js?x`,
      `${root}src/cli/main.ts`,
      '\0virtual',
    ]);
    assert.match(text, /^peerstor has parts of these 1 packages/);
    assert.match(text, /commander 15\.1\.0 \(MIT\)/);
    assert.match(text, /Permission is hereby granted/);
  });

  it('must be permissive: another one ends the build with the name of the package', () => {
    const folder = mkdtempSync(join(tmpdir(), 'peerstor-licence-'));
    const at = join(folder, 'node_modules/copyleft');
    execFileSync('mkdir', ['-p', at]);
    writeFileSync(
      join(at, 'package.json'),
      JSON.stringify({ name: 'copyleft', version: '1.0.0', license: 'AGPL-3.0' }),
    );
    writeFileSync(join(at, 'index.js'), '');
    assert.throws(() => licencesOf([join(at, 'index.js')]), /copyleft may not be bundled/);
    rmSync(folder, { recursive: true });
  });
});
