import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { newSigningKey } from '../../src/crypto/index.ts';
import { DeviceProcess } from '../cluster/device-process.ts';
import { until } from '../support/until.ts';

const root = new URL('../..', import.meta.url).pathname;
const isHere = process.platform === 'linux' && process.arch === 'x64';

describe('the program as one file', { skip: !isHere && 'it is tried on linux x64', timeout: 900_000 }, () => {
  let folder: string;
  let program: string;
  /** An environment with nothing in it but a home: no Node is found by it. */
  const bare = () => ['/usr/bin/env', '-i', `HOME=${join(folder, 'person')}`];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'peerstor-single-'));
    mkdirSync(join(folder, 'person'));
    const words = ['scripts/package-single.ts', folder, '--release-key', newSigningKey().principal];
    program = execFileSync(process.execPath, words, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...words: string[]) => {
    const [env = '', ...rest] = bare();
    return spawnSync(env, [...rest, program, ...words], { cwd: folder, encoding: 'utf8' });
  };
  const programs = () => join(folder, 'person/.cache/peerstor/programs');

  it('runs a device in an empty folder where no Node is on the path: a file goes in and out, a picture gets its thumbnail', async () => {
    const device = await DeviceProcess.start({
      name: 'single',
      home: join(folder, 'home'),
      program: [...bare(), program],
    });
    try {
      await device.setup();
      const text = Buffer.from('one file runs it all');
      await device.put('/a.txt', text);
      assert.equal((await device.hashAt('/a.txt')).size, text.length);
      // Over a thread and a process of its own, each of which the executable has to start.
      await device.put('/large.bin', Buffer.alloc(3 << 20, 'seal'));
      const picture = await sharp({ create: { width: 640, height: 480, channels: 3, background: 'teal' } })
        .jpeg()
        .toBuffer();
      const { id } = await device.put('/photo.jpg', picture);
      await until('the picture has a thumbnail', async () => {
        const { status, headers } = await device.api('GET', `/api/v1/entries/${id}/thumbnail?size=240`);
        return status === 200 && headers['content-type'] === 'image/webp';
      });
      const page = await device.api<string>('GET', '/', { anonymous: true });
      assert.match(String(page.body), /<div id="app"/);
    } finally {
      assert.equal(await device.stop(), 0);
    }
  });

  it('unpacks itself once, for its person alone, and again where a file of it was changed or half written', () => {
    assert.equal(run('version').stdout.trim(), '0.1.0');
    const [only = '', ...more] = readdirSync(programs());
    assert.deepEqual(more, []);
    const main = join(programs(), only, 'dist/node/main.js');
    const whole = readFileSync(main);
    for (const broken of [whole.subarray(0, 100), Buffer.from('process.exit(7)')]) {
      writeFileSync(main, broken);
      const { status, stdout } = run('version');
      assert.deepEqual([status, stdout.trim()], [0, '0.1.0']);
      assert.ok(readFileSync(main).equals(whole));
    }
    assert.deepEqual(readdirSync(programs()), [only]);
  });

  it('installs itself as the service, not a Node beside it', () => {
    const { stdout } = run(
      '--home',
      join(folder, 'home'),
      'service',
      'install',
      '--dry-run',
      '--',
      '--port',
      '8080',
    );
    assert.ok(stdout.includes(`ExecStart=${program} start --home`), stdout);
  });
});
