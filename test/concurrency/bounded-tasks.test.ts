import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BoundedTasks } from '../../src/concurrency/index.ts';

describe('bounded tasks', () => {
  it('let the producer go on only when fewer than the bound run', async () => {
    const tasks = new BoundedTasks(2, () => assert.fail('none fails'));
    const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
    let started = 0;
    const producing = (async () => {
      for (const { promise } of gates) {
        await tasks.room();
        started += 1;
        void tasks.start(() => promise);
      }
    })();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(started, 2);
    gates[0]?.resolve();
    await producing;
    assert.equal(started, 3);
    for (const { resolve } of gates) resolve();
    await tasks.settled();
  });

  it('tell the producer of a failure, and end only when all have ended', async () => {
    const failures: unknown[] = [];
    const tasks = new BoundedTasks(3, (error) => failures.push(error));
    const slow = Promise.withResolvers<void>();
    let ended = false;
    void tasks.start(async () => {
      await slow.promise;
      ended = true;
    });
    const broken = new Error('disk-full');
    await assert.rejects(
      tasks.start(() => Promise.reject(broken)),
      broken,
    );
    assert.deepEqual(failures, [broken]);
    slow.resolve();
    await tasks.settled();
    assert.equal(ended, true);
  });
});
