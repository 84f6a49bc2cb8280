import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Home } from '../../../src/node/home/home.ts';

describe('the home of a device', () => {
  let base = '';
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'peerstor-home-'));
  });
  after(() => rm(base, { recursive: true }));
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  it('a new home and its secret files are readable by their owner only', async (test) => {
    if (process.platform === 'win32') return test.skip('modes mean nothing on Windows');
    const home = await Home.open(join(base, 'deep', 'home'));
    await home.setupCode();
    await home.saveRunFacts({
      pid: 1,
      deviceId: 'd',
      port: 2,
      url: 'http://x',
      localSecret: 's',
      setupCode: null,
    });
    await home.saveSettings({ format: 1, name: 'n', class: 'always-on', place: '', p2pPort: 0, volumes: [] });
    await home.markLeft();
    assert.equal(await modeOf(home.folder), 0o700);
    for (const name of ['identity.key', 'setup.code', 'run.json', 'config.json', 'network.key']) {
      assert.equal(await modeOf(home.file(name)), 0o600, name);
    }
  });

  it('a home that cannot be made is refused with a sentence, and never waited for', async (test) => {
    await writeFile(join(base, 'file'), '');
    const refused = { code: 'bad-input', message: /cannot be used as a home: .*--home/ };
    await assert.rejects(Home.open(join(base, 'file')), refused);
    await assert.rejects(Home.open(join(base, 'file', 'below')), refused);
    if (process.platform !== 'linux') return test.diagnostic('there is no /proc here');
    await assert.rejects(Home.open('/proc/peerstor-home'), refused);
  });

  it('the set-up code stays the same over restarts until it is used, then another one is made', async () => {
    const folder = join(base, 'codes');
    const first = await (await Home.open(folder)).setupCode();
    const home = await Home.open(folder);
    assert.equal(await home.setupCode(), first);
    await home.dropSetupCode();
    assert.notEqual(await home.setupCode(), first);
  });
});
