import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Pulse } from '../../../../src/node/network/presence/pulse.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

describe('pulse', () => {
  it('the pulse ticks regularly and reports when the process stood still', async () => {
    const { clock, ticks, upheavals } = world();
    await clock.pass(3000);
    assert.deepEqual(ticks, [false, false, false]);
    await clock.stall(5000);
    assert.deepEqual(ticks, [false, false, false, true]);
    await clock.pass(1000);
    assert.equal(ticks.at(-1), false);
    assert.deepEqual(upheavals, []);
  });

  it('the pulse notices sleep, on either clock, and gives the interfaces two seconds', async () => {
    const { clock, upheavals } = world();
    await clock.stall(60_000);
    assert.deepEqual(upheavals, []);
    await clock.pass(2000);
    assert.deepEqual(upheavals, ['this machine slept']);
    clock.sleepMachine(8 * 3_600_000);
    await clock.pass(3000);
    assert.equal(upheavals.length, 2);
  });

  it('the pulse notices a change of the own addresses within five seconds', async () => {
    const { clock, upheavals, setInterfaces } = world();
    await clock.pass(20_000);
    assert.deepEqual(upheavals, []);
    setInterfaces('10.0.0.7');
    await clock.pass(5000);
    assert.deepEqual(upheavals, ['the addresses of this machine changed']);
    await clock.pass(20_000);
    assert.equal(upheavals.length, 1);
  });

  it('the pulse is silent after stop', async () => {
    const { clock, ticks, pulse } = world();
    pulse.stop();
    await clock.pass(10_000);
    assert.deepEqual(ticks, []);
  });
});

function world() {
  const clock = new ManualClock();
  const ticks: boolean[] = [];
  const upheavals: string[] = [];
  let interfaces = '192.168.1.5';
  const pulse = new Pulse({
    clock,
    everyMs: 1000,
    lagMs: 2000,
    onTick: (_nowMs, lagged) => ticks.push(lagged),
    onUpheaval: (why) => upheavals.push(why),
    interfaces: () => interfaces,
  });
  pulse.start();
  const setInterfaces = (text: string) => {
    interfaces = text;
  };
  return { clock, pulse, ticks, upheavals, setInterfaces };
}
