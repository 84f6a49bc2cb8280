import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { newSigningKey } from '../../src/crypto/index.ts';
import type { AuditView, Page } from '../../src/model/api.ts';
import { toHex } from '../../src/model/ids.ts';
import { DeviceProcess } from '../cluster/device-process.ts';

const root = new URL('../..', import.meta.url).pathname;
const isHere = process.platform === 'linux' && process.arch === 'x64';
const content = Buffer.from('kept over the update');

describe('a device of the single executable', {
  skip: !isHere && 'it is tried on linux x64',
  timeout: 900_000,
}, () => {
  const key = newSigningKey();
  let folder: string;
  let releases: string;
  let program: string;
  let device: DeviceProcess;
  const env = () => ['/usr/bin/env', '-i', `HOME=${join(folder, 'person')}`];
  const node = (...words: string[]) =>
    execFileSync(process.execPath, words, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const sign = (version: string) =>
    node('scripts/sign-release.ts', releases, '--version', version, '--key', join(folder, 'key'));

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'peerstor-self-update-'));
    releases = join(folder, 'releases');
    for (const name of ['person', 'bin', 'releases']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'key'), toHex(key.seed));
    const make = (version: string) =>
      node('scripts/package-single.ts', releases, '--version', version, '--release-key', key.principal);
    program = join(folder, 'bin/peerstor');
    copyFileSync(make('0.1.0'), program);
    make('0.2.0');
    device = await DeviceProcess.start({
      name: 'updated',
      home: join(folder, 'home'),
      program: [...env(), program],
    });
    await device.setup();
    await device.put('/kept.txt', content);
  });
  after(async () => {
    await device?.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (...words: string[]) =>
    new Promise<{ code: number; said: string }>((resolve) => {
      const [first = '', ...rest] = env();
      execFile(first, [...rest, program, '--home', device.home, ...words], (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr }),
      );
    });
  const facts = () => JSON.parse(readFileSync(join(device.home, 'run.json'), 'utf8'));
  const events = async () =>
    (await device.must<Page<AuditView>>('GET', '/api/v1/audit')).items.map(({ event }) => event);

  it('is updated while it runs: the same process serves the same files as a newer version, and notes it', async () => {
    sign('0.2.0');
    const { pid } = device;
    const checked = await run('update', '--from', releases, '--check');
    assert.deepEqual(
      [checked.code, /0\.2\.0 is there; this is 0\.1\.0/.test(checked.said)],
      [0, true],
      checked.said,
    );
    const updated = await run('update', '--from', releases);
    assert.equal(updated.code, 0, updated.said);
    assert.match(updated.said, /This is 0\.2\.0 now; the device has started again and is healthy/);
    assert.deepEqual([facts().version, facts().pid], ['0.2.0', pid]);
    device.ready.port = facts().port;
    assert.equal((await device.hashAt('/kept.txt')).size, content.length);
    assert.ok((await events()).includes('program-updated'));
    assert.deepEqual(
      ['.previous', '.new', '.update.json'].filter((end) => existsSync(program + end)),
      [],
    );
    assert.match((await run('update', '--from', releases)).said, /nothing newer is there/);
  });

  it('whose newer program crashes is back at its former one, says so, and runs again when it is started', async () => {
    const broken = '#!/bin/sh\ncase "$*" in version*) echo \'{"version":"0.3.0"}\';; *) exit 9;; esac\n';
    writeFileSync(join(releases, 'peerstor-0.3.0-linux-x64'), broken);
    sign('0.3.0');
    const { code, said } = await run('update', '--from', releases);
    assert.equal(code, 1);
    assert.match(said, /did not become healthy, so 0\.2\.0 is back; start the device again/);
    assert.equal(await device.stop(), 9);
    await device.start();
    assert.equal(facts().version, '0.2.0');
    assert.equal((await device.hashAt('/kept.txt')).size, content.length);
    assert.ok((await events()).includes('update-failed'));
  });

  it('starts again in place when it is told to', async () => {
    const before = facts();
    const { code, said } = await run('restart');
    assert.equal(code, 0, said);
    assert.equal(facts().pid, before.pid);
    assert.notEqual(facts().localSecret, before.localSecret);
  });
});
