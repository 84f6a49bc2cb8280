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

test('those who share a key hold it together, and whoever wants it alone waits for all and keeps later ones out', async () => {
  const lock = new KeyedLock();
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const log: string[] = [];
  const work = (name: string, gate?: Promise<void>) => async () => {
    log.push(`${name} begins`);
    await gate;
    log.push(`${name} ends`);
  };
  const all = [
    lock.run([{ shared: 'a' }, 'x'], work('one', gates[0]?.promise)),
    lock.run([{ shared: 'a' }, 'y'], work('two', gates[1]?.promise)),
    lock.run(['a'], work('alone')),
    lock.run([{ shared: 'a' }], work('later')),
  ];
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(log, ['one begins', 'two begins']);
  gates[1]?.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(log.at(-1), 'two ends');
  gates[0]?.resolve();
  await Promise.all(all);
  assert.deepEqual(log.slice(3), ['one ends', 'alone begins', 'alone ends', 'later begins', 'later ends']);
  assert.ok(!lock.isHeld('a') && !lock.isHeld('x'));
});

test('nobody who wants a key alone shares it, and nobody waits for ever, whatever keys they want and how', async () => {
  const key = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean());
  const wants = fc.array(fc.array(key, { maxLength: 3 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(wants, async (jobs) => {
      const lock = new KeyedLock();
      const held = new Map<string, { shared: boolean; count: number }>();
      let done = 0;
      const run = (wanted: (readonly [string, boolean])[]) =>
        lock.run(
          wanted.map(([name, shared]) => (shared ? { shared: name } : name)),
          async () => {
            const own = new Map<string, boolean>();
            for (const [name, shared] of wanted) own.set(name, shared && own.get(name) !== false);
            for (const [name, shared] of own) {
              const now = held.get(name) ?? { shared, count: 0 };
              assert.ok(now.count === 0 || (now.shared && shared), name);
              held.set(name, { shared, count: now.count + 1 });
            }
            await Promise.resolve();
            for (const name of own.keys()) {
              const now = held.get(name);
              if (now && now.count > 1) now.count -= 1;
              else held.delete(name);
            }
            done += 1;
          },
        );
      await Promise.all(jobs.map(run));
      assert.equal(done, jobs.length);
      for (const name of ['a', 'b', 'c']) assert.ok(!lock.isHeld(name));
    }),
  );
});
