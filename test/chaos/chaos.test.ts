/** A few schedules of chaos in every test run; `npm run chaos` has more. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runMany } from './many.ts';

const seed = Number(process.env.PEERSTOR_TEST_SEED ?? 1);
const runs = Number(process.env.PEERSTOR_CHAOS_RUNS ?? 4);
const minutes = Number(process.env.PEERSTOR_CHAOS_MINUTES ?? 2);
const skip = process.platform === 'linux' ? false : 'finds who dials whom in /proc';

describe(`chaos from seed ${seed}`, { skip, timeout: 900_000 }, () => {
  it('keeps every promise once everything is healed', async (context) => {
    const outcomes = await runMany({
      seed,
      runs,
      devices: 5,
      minutes,
      say: (line) => context.diagnostic(line),
    });
    assert.deepEqual(
      outcomes.flatMap(({ seed: one, broken }) => broken.map((sentence) => `seed ${one}: ${sentence}`)),
      [],
    );
  });
});
