import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedRun } from '../../../src/store/locks/shared-run.ts';

describe('a shared run', () => {
  it('serves all who asked before it began, and those who came later with the next', async () => {
    const ends: (() => void)[] = [];
    const shared = new SharedRun(() => new Promise((resolve) => ends.push(resolve)));
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    const early = [shared.run(), shared.run()];
    await settled();
    assert.equal(ends.length, 1);
    const late = [shared.run(), shared.run()];
    let lateDone = false;
    void Promise.all(late).then(() => {
      lateDone = true;
    });
    await settled();
    assert.equal(ends.length, 1, 'never two at a time');
    ends[0]?.();
    await Promise.all(early);
    await settled();
    assert.equal(lateDone, false, 'the run under way does not count for late ones');
    assert.equal(ends.length, 2);
    ends[1]?.();
    await Promise.all(late);
  });

  it('tells all who shared it that it failed, and goes on', async () => {
    let runs = 0;
    const shared = new SharedRun(async () => {
      runs += 1;
      if (runs === 1) throw new Error('first');
    });
    const [one, two] = [shared.run(), shared.run()];
    await assert.rejects(one, /first/);
    await assert.rejects(two, /first/);
    await shared.run();
    assert.equal(runs, 2);
  });
});
