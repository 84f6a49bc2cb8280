import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { makePack, unpackedFolder } from '../../src/single/program-pack.ts';

const pack = makePack({ version: '1.2.3', releaseKey: '' }, [
  { path: 'bin/a.js', mode: 0o755, content: Buffer.from('run') },
  { path: 'empty', mode: 0o644, content: Buffer.alloc(0) },
  { path: 'data/b', mode: 0o644, content: Buffer.alloc(70_000, 'b') },
]);

describe('the packed program', () => {
  let top: string;
  let unpacked: number;
  const content = () => {
    unpacked += 1;
    return pack.content;
  };
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'peerstor-pack-'));
    unpacked = 0;
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  it('is unpacked with its modes, once', () => {
    const folder = unpackedFolder(pack.index, content, [join(top, 'own')]);
    assert.equal(readFileSync(join(folder, 'bin/a.js'), 'utf8'), 'run');
    assert.equal(statSync(join(folder, 'bin/a.js')).mode & 0o777, 0o755);
    assert.equal(statSync(join(folder, 'data/b')).size, 70_000);
    assert.equal(unpackedFolder(pack.index, content, [join(top, 'own')]), folder);
    assert.equal(unpacked, 1);
  });

  it('is unpacked again where a file is missing or changed', () => {
    const folder = unpackedFolder(pack.index, content, [join(top, 'own')]);
    for (const spoil of [
      () => rmSync(join(folder, 'empty')),
      () => writeFileSync(join(folder, 'bin/a.js'), 'ruN'),
    ]) {
      spoil();
      unpackedFolder(pack.index, content, [join(top, 'own')]);
      assert.equal(readFileSync(join(folder, 'bin/a.js'), 'utf8'), 'run');
      assert.ok(existsSync(join(folder, 'empty')));
    }
    assert.equal(unpacked, 3);
  });

  it('goes to no folder that others may write to, and says why there is none', {
    skip: process.platform === 'win32',
  }, () => {
    const open = join(top, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    assert.ok(unpackedFolder(pack.index, content, [open, join(top, 'own')]).startsWith(join(top, 'own')));
    assert.throws(
      () => unpackedFolder(pack.index, content, [open]),
      /PEERSTOR_PROGRAMS.*others may write there/,
    );
  });

  it('is not started when its bytes are not those that it was made of', () => {
    const other = makePack({ version: '1.2.3', releaseKey: '' }, [
      { path: 'bin/a.js', mode: 0o755, content: Buffer.alloc(70_003, 'x') },
    ]);
    assert.throws(
      () => unpackedFolder(pack.index, () => other.content, [join(top, 'own')]),
      /not what was meant to be/,
    );
  });
});
