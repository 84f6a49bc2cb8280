/** Seeds of chaos that once broke a promise, and fresh ones; `npm run chaos` has more. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freshSeed } from '../support/fresh-seed.ts';
import { runMany } from './many.ts';

/** Each broke a promise once: a seed that fails is added here with its repair. */
const failedOnce = [24, 920872496];
const freshRuns = Number(process.env.PEERSTOR_CHAOS_RUNS ?? 8);
const minutes = Number(process.env.PEERSTOR_CHAOS_MINUTES ?? 5);
const skip = process.platform === 'linux' ? false : 'finds who dials whom in /proc';

describe(`chaos on five devices (PEERSTOR_TEST_SEED=${freshSeed})`, { skip, timeout: 900_000 }, () => {
  it('breaks no promise, once everything is healed', async (context) => {
    const fresh = Array.from({ length: freshRuns }, (_, n) => freshSeed + n);
    const outcomes = await runMany({
      seeds: [...failedOnce, ...fresh],
      devices: 5,
      minutes,
      say: (line) => context.diagnostic(line),
    });
    assert.ok(outcomes.length > failedOnce.length, `only ${outcomes.length} schedules within ${minutes} min`);
    assert.deepEqual(
      outcomes.flatMap(({ seed: one, broken }) => broken.map((sentence) => `seed ${one}: ${sentence}`)),
      [],
    );
  });
});
