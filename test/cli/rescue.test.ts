import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { newRecoveryCode } from '../../src/crypto/index.ts';
import { CommandLine } from './command-line.ts';

const golden = new URL('../golden/volumes-1/', import.meta.url).pathname;
const volumes = ['one', 'two', 'three'].map((name) => join(golden, name));

describe('rescue, from golden volumes', () => {
  let top = '';
  let words = '';
  let files: { path: string; sha256: string }[] = [];
  let runs = 0;

  before(async () => {
    top = await mkdtemp(join(tmpdir(), 'peerstor-rescue-test-'));
    words = await readFile(join(golden, 'words.txt'), 'utf8');
    files = JSON.parse(await readFile(join(golden, 'files.json'), 'utf8'));
    assert.equal(files.length, 4);
  });
  after(() => rm(top, { recursive: true, force: true }));

  const into = () => join(top, String(++runs));
  const rescue = (from: string[], to: string, ...options: string[]) =>
    CommandLine.runAlone(['rescue', ...from, '--to', to, '--words-stdin', ...options], { stdin: words });
  const hashOf = async (path: string) =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex');

  for (const lost of volumes) {
    it(`saves every file of format 1 without the volume ${lost.slice(golden.length)}`, async () => {
      const to = into();
      const ran = await rescue(
        volumes.filter((volume) => volume !== lost),
        to,
      );
      assert.equal(ran.code, 0, ran.err);
      for (const { path, sha256 } of files) assert.equal(await hashOf(join(to, path)), sha256, path);
    });
  }

  it('names each file that is missing and why, saves the others, and exits with 1', async () => {
    const to = into();
    const { code, err } = await rescue(volumes.slice(0, 1), to);
    assert.equal(code, 1);
    const there = files.filter(({ path }) => existsSync(join(to, path)));
    const missing = files.filter(({ path }) => !existsSync(join(to, path)));
    assert.ok(missing.length > 0 && there.length > 0, err);
    for (const { path, sha256 } of there) assert.equal(await hashOf(join(to, path)), sha256, path);
    for (const { path } of missing)
      assert.match(err, new RegExp(`not rescued: ${path}: Chunk .* is on none`));
    const left = await readdir(to, { recursive: true });
    assert.deepEqual(
      left.filter((name) => name.endsWith('.part')),
      [],
    );
  });

  it('goes on where it was: files that are there stay, and one that differs is not replaced', async () => {
    const to = into();
    assert.equal((await rescue(volumes, to)).code, 0);
    const [first, second] = files as [(typeof files)[0], (typeof files)[0]];
    await writeFile(join(to, first.path), 'mine');
    await rm(join(to, second.path));
    const { code, err } = await rescue(volumes, to);
    assert.equal(code, 1, err);
    assert.equal(await readFile(join(to, first.path), 'utf8'), 'mine');
    assert.equal(await hashOf(join(to, second.path)), second.sha256);
  });

  it('says in a dry run what could be saved, reading all of it, and writes nothing', async () => {
    const to = into();
    const { code, out } = await rescue(volumes, to, '--dry-run');
    assert.equal(code, 0);
    for (const { path } of files) assert.match(out, new RegExp(`whole: ${path}`));
    assert.equal(existsSync(to), false);
    assert.equal((await rescue(volumes.slice(0, 1), to, '--dry-run')).code, 1);
  });

  it('refuses words of another account and a folder that is no volume, in one line', async () => {
    const stdin = newRecoveryCode();
    const other = await CommandLine.runAlone(['rescue', ...volumes, '--to', into(), '--words-stdin'], {
      stdin,
    });
    assert.equal(other.code, 1);
    assert.match(other.err, /^peerstor: These recovery words belong to no account of these volumes\.\n$/);
    const none = await rescue([top], into());
    assert.equal(none.code, 1);
    assert.match(none.err, /^peerstor: .* is no volume that can be read .*\n$/);
  });
});
