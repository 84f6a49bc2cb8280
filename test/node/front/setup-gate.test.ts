import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { SetupGate } from '../../../src/node/front/setup-gate.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('the set-up gate', () => {
  const coded = (code: string) => (error: unknown) => isPeerstorError(error) && error.code === code;

  it('an address may guess twenty set-up codes an hour, then even the right one has to wait', async () => {
    const clock = new ManualClock();
    const gate = new SetupGate(clock);
    for (let guess = 0; guess < 20; guess += 1) {
      assert.throws(() => gate.check(`guess ${guess}`, '192.0.2.1', 'right'), coded('wrong-setup-code'));
    }
    assert.throws(() => gate.check('right', '192.0.2.1', 'right'), coded('too-many-tries'));
    gate.check('right', '192.0.2.2', 'right');
    await clock.pass(3_600_000);
    gate.check('right', '192.0.2.1', 'right');
  });

  it('one IPv6 network counts as one address', () => {
    const gate = new SetupGate(new ManualClock());
    for (let guess = 0; guess < 20; guess += 1) {
      assert.throws(() => gate.check('wrong', `2001:db8::${guess}`, 'right'), coded('wrong-setup-code'));
    }
    assert.throws(() => gate.check('right', '2001:db8::ffff', 'right'), coded('too-many-tries'));
  });

  it('a device in a network takes no set-up code, not even an empty one', () => {
    const gate = new SetupGate(new ManualClock());
    for (const code of ['', 'null', 'right']) {
      assert.throws(() => gate.check(code, '192.0.2.1', null), coded('wrong-setup-code'));
    }
  });
});
