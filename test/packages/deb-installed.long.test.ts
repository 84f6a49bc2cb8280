import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { DeviceProcess } from '../cluster/device-process.ts';
import { DebianRoot, lacksDebianRoot } from './debian-root.ts';

const checkout = new URL('../..', import.meta.url).pathname;
const home = '/var/lib/peerstor';
const content = Buffer.from('kept over every version');

describe('the Debian package, by dpkg itself', { skip: lacksDebianRoot(), timeout: 900_000 }, () => {
  let root: DebianRoot;
  /** Names below `/given`, older version first. */
  let older: string;
  let newer: string;

  before(async () => {
    root = await DebianRoot.make();
    [older = '', newer = ''] = ['0.1.0', '0.2.0'].map((version) => {
      const words = ['scripts/package-deb.ts', root.given, '--version', version];
      const path = execFileSync(process.execPath, words, { cwd: checkout, encoding: 'utf8' }).trim();
      return path.replace(root.given, '/given');
    });
  });
  after(() => root?.remove());

  const must = (...words: string[]): string => {
    const { code, said } = root.run(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${said}`);
    return said;
  };
  /** As the unit does: the program of the package, with the account and the home of the package. */
  const account = ['setpriv', '--reuid=peerstor', '--regid=peerstor', '--clear-groups', '--no-new-privs'];
  const start = () =>
    DeviceProcess.start({ name: 'deb', home, program: root.words(...account, '/usr/bin/peerstor') });
  const holds = async (device: DeviceProcess) => {
    assert.equal((await device.login()).status, 200);
    assert.equal((await device.hashAt('/kept.txt')).size, content.length);
  };

  it('is installed, starts as its own account in a home that nobody else enters, and keeps a file', async () => {
    must('dpkg', '--install', older);
    assert.match(
      must('dpkg', '--status', 'peerstor'),
      /^Status: install ok installed$[\s\S]*^Version: 0\.1\.0$/m,
    );
    assert.equal(must('stat', '--format=%U %a', home).trim(), 'peerstor 700');
    assert.equal(must('/usr/bin/peerstor', 'version').trim(), '0.1.0');
    assert.equal(must('dpkg', '--verify', 'peerstor'), '');
    const device = await start();
    try {
      await device.setup();
      await device.put('/kept.txt', content);
    } finally {
      assert.equal(await device.stop(), 0);
    }
  });

  it('has a unit that systemd finds nothing wrong with', {
    skip: !existsSync('/usr/bin/systemd-analyze') && 'there is no systemd-analyze',
  }, () => {
    const { code, said } = root.run('systemd-analyze', 'verify', '/lib/systemd/system/peerstor.service');
    assert.equal(code, 0, said);
    assert.doesNotMatch(said, /peerstor\.service/);
  });

  it('is upgraded, and the newer version has the file of the older one', async () => {
    must('dpkg', '--install', newer);
    assert.equal(must('/usr/bin/peerstor', 'version').trim(), '0.2.0');
    const device = await start();
    try {
      await holds(device);
    } finally {
      assert.equal(await device.stop(), 0);
    }
  });

  it('is taken back to an older version, which refuses a home that a newer format wrote, and works on one of its own format', async () => {
    must('dpkg', '--install', older);
    assert.equal(must('/usr/bin/peerstor', 'version').trim(), '0.1.0');
    const config = must('cat', `${home}/config.json`);
    const format = Number(JSON.parse(config).format);
    root.write(`${home}/config.json`, config.replace(`"format": ${format}`, `"format": ${format + 1}`));
    const { code, said } = root.run(
      ...account,
      '/usr/bin/peerstor',
      'start',
      '--home',
      home,
      '--port',
      '0',
      '--no-mdns',
    );
    assert.equal(code, 1);
    assert.match(said, /was written by a newer peerstor \(format \d+\)\..*Update peerstor\./);
    root.write(`${home}/config.json`, config);
    const device = await start();
    try {
      await holds(device);
    } finally {
      assert.equal(await device.stop(), 0);
    }
  });

  it('is removed without what it kept, and comes back to it', async () => {
    must('dpkg', '--remove', 'peerstor');
    assert.notEqual(root.run('test', '-e', '/usr/lib/peerstor').code, 0);
    must('test', '-f', `${home}/network.key`);
    must('dpkg', '--install', newer);
    const device = await start();
    try {
      await holds(device);
    } finally {
      await device.stop();
    }
  });

  it('leaves a home with a network when it is purged, and says so; an empty one goes with its account', () => {
    assert.match(must('dpkg', '--purge', 'peerstor'), /has keys and copies of files, so it stays/);
    must('test', '-f', `${home}/network.key`);
    must('rm', '-r', home);
    must('dpkg', '--install', newer);
    must('test', '-d', home);
    must('dpkg', '--purge', 'peerstor');
    assert.notEqual(root.run('test', '-e', home).code, 0);
    assert.notEqual(root.run('getent', 'passwd', 'peerstor').code, 0);
  });

  it('has no fault that lintian calls an error or a warning', {
    skip: !existsSync('/usr/bin/lintian') && 'there is no lintian',
  }, () => {
    const path = newer.replace('/given', root.given);
    const { status, stdout } = spawnSync('lintian', ['--allow-root', '--fail-on', 'error,warning', path], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
  });
});
