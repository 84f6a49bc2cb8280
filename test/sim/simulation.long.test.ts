/** Seeds that once broke a promise, and fresh ones; `npm run sim` runs more. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freshSeed } from '../support/fresh-seed.ts';
import { Simulation } from './simulation.ts';

/** Each broke a promise once: a seed that fails is added here with its repair. */
const failedOnce: readonly number[] = [];
const steps = 60;
const freshRuns = Number(process.env.PEERSTOR_SIM_RUNS ?? 60);

describe(`simulated networks (PEERSTOR_TEST_SEED=${freshSeed})`, { timeout: 900_000 }, () => {
  it('break no promise, whatever faults they meet', async () => {
    const seeds = [...failedOnce, ...Array.from({ length: freshRuns }, (_, n) => freshSeed + n)];
    const broken: string[] = [];
    for (const seed of seeds) {
      const { violations } = await new Simulation(seed).run(steps);
      for (const violation of violations) {
        broken.push(`node test/sim/run.ts --seed ${seed} --steps ${steps} --trace: ${violation}`);
      }
    }
    assert.deepEqual(broken, []);
  });
});
