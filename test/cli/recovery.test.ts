/** The way back into an account, as people type it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TrusteesView } from '../../src/model/views/recovery.ts';
import { recoveryCode } from '../support/fake-device-front.ts';
import { fakeClaim } from '../support/fake-recovery.ts';
import { CommandLine, type RunSettings } from './command-line.ts';

const stdin = 'correct horse';

describe('commands that bring somebody back', () => {
  let line: CommandLine;
  before(async () => {
    line = await CommandLine.start();
  });
  after(() => line.stop());
  const run = (words: string[], settings: RunSettings = {}) => line.run(words, settings);

  it('a person names others and a device, sees them, and names nobody any more', async () => {
    assert.match((await run(['recovery', 'trustees'])).out, /^Nobody is named/);
    const name = ['recovery', 'name', '--person', 'bob', '--device', 'Kitchen', '--password-stdin'];
    await line.fails(name, 1, /password is wrong/, { stdin: 'wrong' });
    const named = await run([...name, '--wait', '1d'], { stdin });
    assert.match(named.out, /bob +person +yes\n[0-9a-f]+ +device +yes\n\nAny 2 of them .*, 24 h after/);
    const shown = await line.json<{ trustees: TrusteesView }>(['recovery', 'trustees']);
    assert.deepEqual(
      shown.trustees.trustees.map(({ kind }) => kind),
      ['user', 'device'],
    );
    await line.fails(['recovery', 'name', '--device', 'Attic', '--password-stdin'], 1, /no device "Attic"/, {
      stdin,
    });
    assert.match(
      (await run(['recovery', 'forget', '--password-stdin'], { stdin })).out,
      /^Nobody is named any more/,
    );
  });

  it('somebody who lost password and words asks, is helped by a person and a device, and comes in', async () => {
    assert.match((await run(['recovery', 'requests'])).out, /^Nobody asks/);
    const asked = await run(['recovery', 'ask', '--user', 'anna']);
    assert.match(asked.out, /zoo zone zero youth/);
    assert.ok(asked.out.includes(fakeClaim));
    const finish = ['recovery', 'finish', '--password-stdin'];
    const settings = { stdin: `${fakeClaim}\nnew password\n` };
    await line.fails(finish, 1, /Nobody has helped yet/, settings);
    const listed = await run(['recovery', 'requests']);
    assert.match(listed.out, /zoo zone zero youth.*0 of 2/);
    assert.match(listed.out, /YOUR account.*stop ID/);

    assert.match((await run(['recovery', 'help', '0000'])).out, /You helped anna: 1 of 2/);
    await line.fails(finish, 1, /1 of 2 have helped/, settings);
    await line.fails(['recovery', 'requests', '--here'], 1, /for who is at the device/);
    await line.fails(['recovery', 'help', '0000', '--here'], 1, /for who is at the device/);
    await line.gateway.front.accounts.helpRecoveryHere('1'.padStart(32, '0'));
    assert.match((await run(finish, settings)).out, /^Welcome back, anna/);
    assert.equal((await run(['recovery', 'stop', '0000'])).code, 0);
    await line.fails(['recovery', 'help', '0000'], 1, /was stopped/);
    await line.fails(['recovery', 'help', 'ffff'], 1, /no request "ffff"/);
  });

  it('a person tests the words on their paper', async () => {
    const test = ['recovery', 'test', '--words-stdin'];
    await line.fails(test, 1, /other words/, { stdin: 'abandon' });
    assert.match((await run(test, { stdin: recoveryCode })).out, /These are your recovery words/);
  });
});
