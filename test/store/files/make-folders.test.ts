/** Folders with their parents: made once, found again, and refused where nothing can be made. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeFolders } from '../../../src/store/index.ts';

describe('makeFolders', () => {
  let top = '';
  before(async () => {
    top = await mkdtemp(join(tmpdir(), 'peerstor-folders-'));
  });
  after(() => rm(top, { recursive: true }));

  it('makes what is missing and says where that begins', async () => {
    await mkdir(join(top, 'old'));
    assert.equal(await makeFolders(join(top, 'old', 'a', 'b', 'c')), join(top, 'old', 'a'));
    assert.ok((await stat(join(top, 'old', 'a', 'b', 'c'))).isDirectory());
    assert.equal(await makeFolders(join(top, 'old', 'a', 'b')), undefined);
  });

  it('makes a folder that several ask for at once', async () => {
    await Promise.all([1, 2, 3].map((one) => makeFolders(join(top, 'race', 'to', String(one)))));
    assert.ok((await stat(join(top, 'race', 'to', '3'))).isDirectory());
  });

  it('refuses below a file', async () => {
    await writeFile(join(top, 'file'), '');
    await assert.rejects(makeFolders(join(top, 'file')), { code: 'EEXIST' });
    await assert.rejects(makeFolders(join(top, 'file', 'x')), { code: 'ENOTDIR' });
  });

  const skip = process.platform !== 'linux' && 'only Linux has /proc';
  it('ends where a file system takes no folder', { skip, timeout: 10_000 }, async () => {
    await assert.rejects(makeFolders('/proc/peerstor/volume'), { code: 'ENOENT' });
  });
});
