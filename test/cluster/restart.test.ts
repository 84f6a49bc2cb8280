import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CommandLine } from '../cli/command-line.ts';
import { DeviceProcess } from './device-process.ts';

const isWindows = process.platform === 'win32';

describe('a device that is told to start again', {
  skip: isWindows && 'Windows has no restart in place',
  timeout: 300_000,
}, () => {
  let device: DeviceProcess;
  before(async () => {
    device = await DeviceProcess.start({ name: 'again' });
    await device.setup();
  });
  after(() => device?.remove());
  const facts = async () => JSON.parse(await readFile(join(device.home, 'run.json'), 'utf8'));
  const run = (words: string[], settings = {}) =>
    CommandLine.runAlone(['--home', device.home, ...words], settings);

  it('does so in the same process with the same words, and has what it was given', async () => {
    const text = Buffer.from('over the restart');
    await device.put('/kept.txt', text);
    const earlier = await facts();
    const ran = await run(['restart']);
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.out, /has started again: http/);
    const later = await facts();
    assert.equal(later.pid, earlier.pid);
    assert.notEqual(later.localSecret, earlier.localSecret);
    device.ready.port = later.port;
    assert.equal((await device.hashAt('/kept.txt')).size, text.length);
    assert.ok(device.isRunning);
  });

  it('is not where the system cannot, and a program that a package brought is updated by that package', async () => {
    const { localSecret } = await facts();
    const refused = await run(['restart'], { platform: 'win32' });
    assert.deepEqual(
      [refused.code, /Windows has no restart in place/.test(refused.err)],
      [1, true],
      refused.err,
    );
    assert.equal((await facts()).localSecret, localSecret);
    const update = await run(['update', '--from', device.home]);
    assert.deepEqual(
      [update.code, /came by a package, which updates it/.test(update.err)],
      [1, true],
      update.err,
    );
  });
});
