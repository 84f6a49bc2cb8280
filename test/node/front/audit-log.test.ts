import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OrderedStore } from '../../../src/model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { silentLog } from '../../../src/model/log.ts';
import { AuditLog } from '../../../src/node/front/audit-log.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { VirtualClock } from '../../sim/virtual-clock.ts';

describe('audit log', () => {
  it('the audit log lists events newest first, page by page, also after a restart', async () => {
    const store = new MemoryOrderedStore();
    const first = await open(store);
    for (let number = 1; number <= 5; number += 1)
      first.note({ event: 'sign-in', sentence: `Number ${number}.` });
    await first.flush();
    const log = await open(store);
    log.note({ event: 'device-removed', sentence: 'NAS was removed.', username: 'anna' });
    const page = await log.list({ limit: 2 });
    assert.deepEqual(
      page.items.map(({ sentence }) => sentence),
      ['NAS was removed.', 'Number 5.'],
    );
    assert.deepEqual(page.items[0], {
      at: new Date(clock.wallMs()).toISOString(),
      deviceId: 'd1',
      deviceName: 'Kitchen',
      event: 'device-removed',
      username: 'anna',
      sentence: 'NAS was removed.',
    });
    assert.ok(page.nextCursor);
    const rest = await log.list({ limit: 10, before: page.nextCursor });
    assert.deepEqual(
      rest.items.map(({ sentence }) => sentence),
      ['Number 4.', 'Number 3.', 'Number 2.', 'Number 1.'],
    );
    assert.equal(rest.nextCursor, null);
  });

  it('the audit log counts equal events in a row as one', async () => {
    const log = await open(new MemoryOrderedStore());
    log.note({ event: 'sign-in-refused', sentence: 'A wrong password.' });
    await log.flush();
    for (let again = 0; again < 2000; again += 1)
      log.note({ event: 'sign-in-refused', sentence: 'A wrong password.' });
    log.note({ event: 'sign-in', sentence: 'Signed in.' });
    const { items } = await log.list({ limit: 10 });
    assert.deepEqual(
      items.map(({ sentence }) => sentence),
      ['Signed in.', 'A wrong password. (2001 times)'],
    );
  });

  it('the audit log keeps the last ten thousand events', async () => {
    const store = new MemoryOrderedStore();
    const log = await open(store);
    for (let number = 1; number <= 10_500; number += 1) {
      log.note({ event: 'test', sentence: `Number ${number}.` });
      if (number % 500 === 0) await log.flush();
    }
    const { items, nextCursor } = await log.list({ limit: 20_000 });
    assert.equal(nextCursor, null);
    assert.equal(items.length, 10_000);
    assert.equal(items.at(-1)?.sentence, 'Number 501.');
  });

  it('the audit log neither throws nor stops for a full disk, a flood, or malformed text', async () => {
    const store = new MemoryOrderedStore();
    const full: OrderedStore = { ...wrapped(store), batch: () => Promise.reject(new Error('full')) };
    const log = await open(full);
    for (let number = 0; number < 5000; number += 1)
      log.note({ event: 'test', sentence: `Number ${number}.` });
    await log.flush();
    assert.deepEqual((await log.list({ limit: 10 })).items, []);
    const good = await open(store);
    good.note({ event: 'test', sentence: `\ud800${'x'.repeat(10_000)}\ud800` });
    const { items } = await good.list({ limit: 10 });
    assert.equal(items[0]?.sentence.length, 500);
    await assert.rejects(good.list({ limit: 1, before: 'zz' }), (error) =>
      isPeerstorError(error, 'bad-input'),
    );
  });

  it('the audit log writes by itself within a second', async () => {
    const store = new MemoryOrderedStore();
    const log = await open(store);
    log.note({ event: 'test', sentence: 'Once.' });
    await clock.advance(1000);
    assert.ok(store.get('000000000001'));
  });
});

const clock = new VirtualClock();

function open(store: OrderedStore): Promise<AuditLog> {
  return AuditLog.open({ store, clock, log: silentLog, device: () => ({ id: 'd1', name: 'Kitchen' }) });
}

function wrapped(store: OrderedStore): OrderedStore {
  return {
    get: (key) => store.get(key),
    batch: (changes) => store.batch(changes),
    range: (bounds) => store.range(bounds),
    close: () => store.close(),
  };
}
