import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from './simulation.ts';

const steps = 40;
const befalls = ['must refuse', 'takes key', 'damage', 'join', 'remove', 'move', 'purge', 'crash'];

test('no promise is broken in twenty simulated networks', async () => {
  let saved = 0;
  const happened = new Set<string>();
  // Any twenty seeds in which each of these faults happens.
  for (let seed = 11; seed <= 30; seed++) {
    const outcome = await new Simulation(seed).run(steps);
    assert.deepEqual(outcome.violations, [], `node test/sim/run.ts --seed ${seed} --steps ${steps} --trace`);
    saved += outcome.saved;
    for (const line of outcome.trace) for (const word of befalls) if (line.includes(word)) happened.add(word);
  }
  assert.ok(saved > 100, 'something happened');
  assert.deepEqual([...happened].sort(), [...befalls].sort());
});

test('a seed gives the same run again', async () => {
  const [first, second] = [await new Simulation(77).run(steps), await new Simulation(77).run(steps)];
  assert.deepEqual(second, first);
  const other = await new Simulation(78).run(steps);
  assert.notDeepEqual(other.trace, first.trace);
});
