/** I2: what was said to be stored is there after a kill or a power cut, whatever the disk had not written yet. */
import { describe, it } from 'node:test';
import { powerCutRun } from './power-cut-run.ts';

describe('a store that is killed or loses power', () => {
  for (let seed = 1; seed <= 300; seed += 10) {
    it(`loses nothing that it acknowledged (seeds ${seed} to ${seed + 9})`, async () => {
      for (let one = seed; one < seed + 10; one += 1) await powerCutRun(one);
    });
  }
});
