import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Semaphore } from '../../src/concurrency/index.ts';

/** Work that ends when told to. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, open: resolve };
}

describe('a semaphore', () => {
  it('lets so many work at a time, and the others in the order in which they came', async () => {
    const semaphore = new Semaphore(2);
    const started: number[] = [];
    const gates = Array.from({ length: 5 }, () => gate());
    const runs = gates.map(({ work }, at) =>
      semaphore.run(() => {
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
    assert.equal(semaphore.free, 2);
  });

  it('counts a place that is given back twice once', async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    const first = await semaphore.take();
    await semaphore.take();
    const waiting = [1, 2].map((number) => semaphore.take().then(() => order.push(number)));
    await Promise.resolve();
    assert.deepEqual(order, []);
    first();
    first();
    await waiting[0];
    assert.deepEqual(order, [1]);
  });

  it('has its place back after work that failed', async () => {
    const semaphore = new Semaphore(1);
    await assert.rejects(
      semaphore.run(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await semaphore.run(async () => 7), 7);
  });

  it('lets a waiting caller give up without taking the turn of another', async () => {
    const semaphore = new Semaphore(1);
    const first = gate();
    const working = semaphore.run(first.work);
    const giveUp = new AbortController();
    const waiting = semaphore.run(async () => assert.fail('gave up'), giveUp.signal);
    const taking = semaphore.take(giveUp.signal);
    const behind = semaphore.run(async () => 'done');
    giveUp.abort(new Error('given up'));
    await assert.rejects(waiting, /given up/);
    await assert.rejects(taking, /given up/);
    first.open();
    await working;
    assert.equal(await behind, 'done');
    assert.equal(semaphore.free, 1);
  });

  it('does no work for a signal that has aborted already, though a place is free', async () => {
    const semaphore = new Semaphore(1);
    const signal = AbortSignal.abort(new Error('too late'));
    await assert.rejects(
      semaphore.run(async () => assert.fail('aborted'), signal),
      /too late/,
    );
    await assert.rejects(semaphore.take(signal), /too late/);
    assert.equal(semaphore.free, 1);
  });

  it('refuses with its sentence when too many wait', async () => {
    const semaphore = new Semaphore(1, { waitingMax: 3, busySentence: 'The disk is busy.' });
    const first = gate();
    const runs = Array.from({ length: 4 }, () => semaphore.run(first.work));
    await assert.rejects(semaphore.run(first.work), { code: 'not-ready', message: 'The disk is busy.' });
    first.open();
    await Promise.all(runs);
    assert.equal(await semaphore.run(async () => 'free'), 'free');
  });

  it('is never held by more than its count, whoever gives up', async () => {
    const jobs = fc.array(fc.record({ turns: fc.nat(3), givesUp: fc.boolean() }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), jobs, async (count, wanted) => {
        const semaphore = new Semaphore(count);
        let held = 0;
        const run = async ({ turns, givesUp }: { turns: number; givesUp: boolean }) => {
          const ending = new AbortController();
          const working = semaphore.run(async () => {
            held += 1;
            assert.ok(held <= count);
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            held -= 1;
          }, ending.signal);
          if (givesUp) ending.abort(new Error('given up'));
          await working.catch((error: Error) => assert.equal(error.message, 'given up'));
        };
        await Promise.all(wanted.map(run));
        assert.deepEqual([held, semaphore.free], [0, count]);
      }),
    );
  });
});
