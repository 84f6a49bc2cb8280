import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from './simulation.ts';

const steps = 40;

test('no promise is broken in twenty simulated networks', async () => {
  let saved = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const outcome = await new Simulation(seed).run(steps);
    assert.deepEqual(outcome.violations, [], `node test/sim/run.ts --seed ${seed} --steps ${steps} --trace`);
    saved += outcome.saved;
  }
  assert.ok(saved > 100, 'something happened');
});

test('a seed gives the same run again', async () => {
  const [first, second] = [await new Simulation(77).run(steps), await new Simulation(77).run(steps)];
  assert.deepEqual(second, first);
  const other = await new Simulation(78).run(steps);
  assert.notDeepEqual(other.trace, first.trace);
});
