/**
 * As power-cut.slow.test.ts, for long and with fresh seeds: as many as begin within PEERSTOR_POWER_CUT_MINUTES (5), at
 * most PEERSTOR_POWER_CUT_SEEDS (10,000). A failure names its seed; PEERSTOR_TEST_SEED repeats the run.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freshSeed } from '../support/fresh-seed.ts';
import { powerCutRun } from './power-cut-run.ts';

const seedsMax = Number(process.env.PEERSTOR_POWER_CUT_SEEDS ?? 10_000);
const minutes = Number(process.env.PEERSTOR_POWER_CUT_MINUTES ?? 5);
/** Fewer would say nothing: `npm test` runs as many. */
const seedsMin = Math.min(300, seedsMax);

describe(`a store that loses power many times (PEERSTOR_TEST_SEED=${freshSeed})`, {
  timeout: 840_000,
}, () => {
  it('a store loses nothing that it acknowledged, wherever the power fails', async (context) => {
    const endMs = performance.now() + minutes * 60_000;
    let runs = 0;
    while (runs < seedsMax && (runs < seedsMin || performance.now() < endMs)) {
      const seed = freshSeed + runs;
      await powerCutRun(seed).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error });
      });
      runs += 1;
    }
    context.diagnostic(`${runs} power cuts`);
    assert.ok(runs >= seedsMin, `only ${runs} power cuts`);
  });
});
