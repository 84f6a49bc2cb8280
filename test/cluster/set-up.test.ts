/** A real device before and at its set-up: how many codes may be guessed, and who may read its files. */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DeviceProcess, password } from './device-process.ts';

describe('a real device that is not set up yet', { timeout: 120_000 }, () => {
  let device: DeviceProcess;
  before(async () => {
    device = await DeviceProcess.start({ name: 'new' });
  });
  after(() => device?.remove());

  it('takes twenty wrong set-up codes of an address, by whichever route, and then not even the right one', async () => {
    const setup = (setupCode: string | null) =>
      device.api<{ code: string; detail: string }>('POST', '/api/v1/setup', {
        json: { setupCode, username: 'anna', password },
      });
    const join = (setupCode: string) =>
      device.api<{ code: string }>('POST', '/api/v1/pairing/join', { json: { setupCode, code: '12345678' } });
    // Ten by each route: the limits of the routes themselves are twenty a minute.
    for (let tries = 0; tries < 10; tries += 1) {
      assert.equal((await setup(`guess ${tries}`)).body.code, 'wrong-setup-code');
      assert.equal((await join(`guess ${tries}`)).body.code, 'wrong-setup-code');
    }
    const right = await setup(device.ready.setupCode);
    assert.equal(right.status, 429);
    assert.match(right.body.detail, /wrong set-up codes/);
    assert.ok(Number(right.headers['retry-after']) > 60, 'for the hour, not for the minute of a route');
  });

  const skip = process.platform === 'win32' && 'Windows has no such modes';
  it('lets nobody else read what is in its home, not even where the home itself may be entered', {
    skip,
  }, async () => {
    await device.stop();
    await device.start();
    await device.setup();
    const open: string[] = [];
    for (const entry of await readdir(device.home, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name);
      const isBelowClosed = path.startsWith(join(device.home, 'db', '/'));
      const { mode } = await stat(path);
      const mayOthersRead = (mode & 0o044) !== 0 && !isBelowClosed;
      if (mayOthersRead && !path.startsWith(join(device.home, 'volume'))) open.push(path);
    }
    assert.deepEqual(open, []);
    assert.equal((await stat(join(device.home, 'db'))).mode & 0o077, 0);
    assert.equal((await stat(join(device.home, 'identity.key'))).mode & 0o777, 0o600);
  });
});
