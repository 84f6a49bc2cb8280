/** As power-cut.test.ts, for long: PEERSTOR_SEEDS says how many, PEERSTOR_SEED where to begin. */
import { describe, it } from 'node:test';
import { powerCutRun } from './power-cut-run.ts';

const count = Number(process.env.PEERSTOR_SEEDS ?? 10_000);
const first = Number(process.env.PEERSTOR_SEED ?? 1_000);
const together = 100;

describe('a store that is killed or loses power many times', () => {
  for (let seed = first; seed < first + count; seed += together) {
    it(`loses nothing that it acknowledged (seeds from ${seed})`, async () => {
      for (let one = seed; one < Math.min(seed + together, first + count); one += 1) {
        await powerCutRun(one).catch((error: unknown) => {
          throw new Error(`seed ${one}`, { cause: error });
        });
      }
    });
  }
});
