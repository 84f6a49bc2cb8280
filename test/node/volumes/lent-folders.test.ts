import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { checkLentFolder, diskOf, lookAtFolder } from '../../../src/node/volumes/lent-folders.ts';
import { planVolumes } from '../../../src/node/volumes/volumes.ts';

const GiB = 2 ** 30;

describe('lent folders', () => {
  let base = '';
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'peerstor-lent-'));
    await mkdir(join(base, 'home'));
  });
  after(() => rm(base, { recursive: true }));
  const at = (...names: string[]) => join(base, ...names);
  const context = () => ({ home: at('home') });
  const exists = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );

  it('a mistyped path is refused, and no folder above it is made', async () => {
    await assert.rejects(checkLentFolder(at('typo', 'disk')), {
      code: 'bad-input',
      message: /does not exist/,
    });
    assert.equal(await exists(at('typo')), false);
  });

  it('a look at a folder says what it shares its disk with, and makes nothing', async () => {
    const view = await lookAtFolder(at('planned'), [at('home'), '/not/there']);
    assert.deepEqual([view.missing, view.sharesDiskWith], [true, [at('home')]]);
    assert.ok(view.freeBytes <= view.totalBytes);
    assert.equal(await exists(at('planned')), false);
    assert.deepEqual((await lookAtFolder(at('home'), [at('home')])).sharesDiskWith, []);
    for (const path of ['planned', at('typo', 'disk')]) {
      await assert.rejects(lookAtFolder(path, []), { code: 'bad-input' });
    }
  });

  it('a missing folder in an existing one is made, and the making is reported', async () => {
    const made: string[] = [];
    await planVolumes([{ path: at('fresh'), limitBytes: 1 }], [], {
      ...context(),
      made: (path) => made.push(path),
    });
    assert.deepEqual(made, [at('fresh')]);
    assert.equal(await exists(at('fresh')), true);
  });

  it('a file is refused as a folder', async () => {
    await writeFile(at('file'), 'x');
    await assert.rejects(checkLentFolder(at('file')), { code: 'bad-input', message: /is not a folder/ });
  });

  it('a mount point without its drive is refused, and nothing is made there', async (test) => {
    const folder = '/mnt/peerstor-test-no-drive';
    const system = await stat('/');
    if (process.platform !== 'linux' || (await stat('/mnt').catch(() => undefined))?.dev !== system.dev) {
      return test.skip('this system has no /mnt on the disk of the system');
    }
    await assert.rejects(checkLentFolder(folder), { code: 'bad-input', message: /No drive is mounted/ });
    assert.equal(await exists(folder), false);
  });

  it('two folders on one disk together lend no more than one would', async () => {
    await mkdir(at('one'));
    await mkdir(at('two'));
    const disk = await diskOf(base);
    assert.ok(disk);
    const asked = ['one', 'two'].map((name) => ({ path: at(name), limitBytes: null }));
    const sum = (await planVolumes(asked, [], context())).reduce((all, one) => all + one.limitBytes, 0);
    assert.ok(sum <= Math.max(0, disk.freeBytes / 2) + GiB, `${sum} of ${disk.freeBytes} free bytes`);
  });

  it('a limit above the size of the disk is refused, alone or together with other folders', async () => {
    const disk = await diskOf(base);
    assert.ok(disk);
    const tooMuch = { code: 'bad-input', message: /but the disk has/ };
    const plan = (...limits: number[]) =>
      planVolumes(
        limits.map((limitBytes, index) => ({ path: at('home', `v${index}`), limitBytes })),
        [],
        context(),
      );
    await assert.rejects(plan(999 * 2 ** 40), tooMuch);
    const lent = [{ path: at('huge'), limitBytes: 999 * 2 ** 40 }];
    await assert.rejects(planVolumes(lent, [], context()), tooMuch);
    assert.equal(await exists(at('huge')), false, 'a refused folder is not made');
    await assert.rejects(plan(0.6 * disk.totalBytes, 0.6 * disk.totalBytes), tooMuch);
    await plan(0.4 * disk.totalBytes, 0.4 * disk.totalBytes);
  });

  it('a limit that was accepted before is kept when the disk becomes smaller', async () => {
    const remembered = [{ path: at('home', 'old'), limitBytes: 999 * 2 ** 40 }];
    const [volume] = await planVolumes([], remembered, context());
    assert.equal(volume?.limitBytes, 999 * 2 ** 40);
  });
});
