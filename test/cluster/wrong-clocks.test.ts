/** Real devices, one of them with a wrong clock: what has expired stays expired, and what is valid stays valid. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ShareView } from '../../src/model/api.ts';
import { until } from '../support/until.ts';
import { allConnected, DeviceProcess, pair } from './device-process.ts';

const dayMs = 86_400_000;

/** Moves only the wall clock of a process. */
const shift = `const ms = Number(process.env.SHIFT_MS || 0), Right = Date, now = () => Right.now() + ms;
if (ms) globalThis.Date = new Proxy(Right, {
  construct: (target, words) => Reflect.construct(target, words.length > 0 ? words : [now()], target),
  get: (target, key) => (key === 'now' ? now : target[key]),
});
`;

describe('a device whose clock is wrong, beside one with a right clock', { timeout: 600_000 }, () => {
  let folder = '';
  let right: DeviceProcess;
  let wrong: DeviceProcess;
  let env: Record<string, string>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-shift-'));
    const script = join(folder, 'shift.cjs');
    await writeFile(script, shift);
    env = { NODE_OPTIONS: `--require=${script}` };
    right = await DeviceProcess.start({ name: 'right' });
    await right.setup();
    wrong = await DeviceProcess.start({ name: 'wrong', env });
    await pair(right, wrong);
    await until('the other one can sign in', async () => (await wrong.login()).status === 200);
    await allConnected([right, wrong]);
  });
  after(async () => {
    await wrong?.remove();
    await right?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  async function startShifted(ms: number): Promise<void> {
    await wrong.stop();
    wrong.settings.env = { ...env, SHIFT_MS: String(ms) };
    await wrong.start();
  }

  async function linkFor(lifeMs: number): Promise<string> {
    const { id: entryId } = await right.put('/plan.txt', Buffer.from('the plan'));
    const json = { entryId, expiresAt: new Date(Date.now() + lifeMs).toISOString() };
    const { path } = await right.must<ShareView & { path: string }>('POST', '/api/v1/shares', { json });
    return path;
  }

  const statusAt = async (device: DeviceProcess, path: string) =>
    (await device.api('GET', `${path}/api`, { anonymous: true })).status;

  it('serves no expired link when its own clock is sixty days behind', async () => {
    const over = await linkFor(3000);
    const lives = await linkFor(dayMs);
    await startShifted(-60 * dayMs);
    await allConnected([right, wrong]);
    await until('the link is over at the device with the right clock', async () => {
      return (await statusAt(right, over)) === 410;
    });
    await until('it is over at the other one too', async () => {
      const status = await statusAt(wrong, over);
      return status === 410 || String(status);
    });
    await until('the other link is served', async () => (await statusAt(wrong, lives)) === 200);
  });

  it('treats sessions as expired while its clock is sixty days ahead, and destroys none', async () => {
    const status = async () => (await wrong.api('GET', '/api/v1/auth/me')).status;
    assert.equal(await status(), 200);
    await startShifted(60 * dayMs);
    assert.equal(await status(), 401);
    await startShifted(0);
    assert.equal(await status(), 200);
  });
});
