import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Lanes } from '../../../src/store/locks/lanes.ts';

/** Work that ends when told to. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, open: resolve };
}

describe('lanes', () => {
  it('let so many work at a time, the others in order', async () => {
    const lanes = new Lanes(2);
    const started: number[] = [];
    const gates = Array.from({ length: 5 }, () => gate());
    const runs = gates.map(({ work }, at) =>
      lanes.run(() => {
        started.push(at);
        return work();
      }),
    );
    assert.deepEqual(started, [0, 1]);
    gates[1]?.open();
    await runs[1];
    assert.deepEqual(started, [0, 1, 2]);
    for (const { open } of gates) open();
    await Promise.all(runs);
    assert.deepEqual(started, [0, 1, 2, 3, 4]);
  });

  it('are free again after work that failed', async () => {
    const lanes = new Lanes(1);
    await assert.rejects(
      lanes.run(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await lanes.run(async () => 7), 7);
  });

  it('let a waiting caller give up without taking the turn of another', async () => {
    const lanes = new Lanes(1);
    const first = gate();
    const working = lanes.run(first.work);
    const giveUp = new AbortController();
    const waiting = lanes.run(async () => assert.fail('gave up'), giveUp.signal);
    const behind = lanes.run(async () => 'done');
    giveUp.abort(new Error('given up'));
    await assert.rejects(waiting, /given up/);
    first.open();
    await working;
    assert.equal(await behind, 'done');
  });

  it('refuse when too many wait', async () => {
    const lanes = new Lanes(1);
    const first = gate();
    const runs = Array.from({ length: 1025 }, () => lanes.run(first.work));
    await assert.rejects(lanes.run(first.work), { code: 'not-ready' });
    first.open();
    await Promise.all(runs);
  });
});
