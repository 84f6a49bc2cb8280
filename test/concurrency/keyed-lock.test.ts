import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KeyedLock } from '../../src/concurrency/index.ts';
import { coded } from '../drive/errors.ts';

test('nobody holds a key twice, nobody waits for ever, whatever keys they want', async () => {
  const wants = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(wants, async (jobs) => {
      const lock = new KeyedLock();
      const held = new Set<string>();
      let done = 0;
      const run = (keys: string[]) =>
        lock.run(keys, async () => {
          const wanted = new Set(keys);
          for (const key of wanted) assert.ok(!held.has(key));
          for (const key of wanted) held.add(key);
          await Promise.resolve();
          for (const key of wanted) held.delete(key);
          done += 1;
          if (done % 3 === 0) throw new Error('planned');
        });
      await Promise.allSettled(jobs.map(run));
      assert.equal(done, jobs.length);
    }),
  );
});

test('a failure frees the key and a cancelled wait does no work', async () => {
  const lock = new KeyedLock();
  const gate = Promise.withResolvers<void>();
  const first = lock.run(['a'], () => gate.promise);
  const abort = new AbortController();
  const second = lock.run(['a'], async () => assert.fail('cancelled'), abort.signal);
  abort.abort(new Error('enough'));
  gate.reject(new Error('first failed'));
  await assert.rejects(first, /first failed/);
  await assert.rejects(second, /enough/);
  assert.equal(await lock.run(['a'], async () => 'free'), 'free');
});

test('a queue that is too long says so', async () => {
  const lock = new KeyedLock(2);
  const gate = Promise.withResolvers<void>();
  const waiting = [lock.run(['a'], () => gate.promise), lock.run(['a'], () => gate.promise)];
  await assert.rejects(
    lock.run(['b'], async () => 1),
    coded('not-ready'),
  );
  gate.resolve();
  await Promise.all(waiting);
  assert.equal(await lock.run(['b'], async () => 1), 1);
});
