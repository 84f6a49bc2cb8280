import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuditFilter } from '../../../src/model/contracts/audit.ts';
import type { OrderedStore } from '../../../src/model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { auditKeepMs } from '../../../src/model/limits.ts';
import { silentLog } from '../../../src/model/log.ts';
import { AuditLog } from '../../../src/node/front/audit-log.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';

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

  it('the audit log finds events by kind, user, words and time, page by page', async () => {
    const log = await open(new MemoryOrderedStore());
    const startMs = clock.wallMs();
    for (let number = 1; number <= 1200; number += 1) {
      const username = number % 2 === 0 ? 'anna' : 'ben';
      log.note({
        event: number % 3 === 0 ? 'sign-in' : 'share-created',
        sentence: `Number ${number}.`,
        username,
      });
      if (number % 400 === 0) await log.flush();
      await clock.pass(1000);
    }
    const numbers = async (filter: AuditFilter) => {
      const found: number[] = [];
      let before: string | undefined;
      do {
        const page = await log.list({ ...filter, limit: 7, ...(before && { before }) });
        assert.ok(page.items.length <= 7);
        for (const { sentence } of page.items) found.push(Number(/\d+/.exec(sentence)?.[0]));
        before = page.nextCursor ?? undefined;
      } while (before !== undefined);
      return found;
    };
    const all = Array.from({ length: 1200 }, (_, at) => 1200 - at);
    assert.deepEqual(await numbers({}), all);
    assert.deepEqual(
      await numbers({ event: 'sign-in', username: 'Anna' }),
      all.filter((number) => number % 6 === 0),
    );
    assert.deepEqual(
      await numbers({ text: 'NUMBER 77' }),
      all.filter((number) => String(number).startsWith('77')),
    );
    assert.deepEqual(await numbers({ fromMs: startMs + 10_000, toMs: startMs + 12_000 }), [13, 12, 11]);
    assert.deepEqual(await numbers({ event: 'none' }), []);
  });

  it('the audit log gives up what is older than a year, while it runs and at its start', async () => {
    const store = new MemoryOrderedStore();
    const log = await open(store);
    log.note({ event: 'test', sentence: 'Old.' });
    log.note({ event: 'test', sentence: 'Of a stranger.', from: '10.0.0.1' });
    await log.flush();
    await clock.pass(auditKeepMs - 86_400_000);
    log.note({ event: 'test', sentence: 'Young.' });
    await log.flush();
    assert.equal((await log.list({ limit: 10 })).items.length, 3);
    await clock.pass(2 * 86_400_000);
    log.note({ event: 'test', sentence: 'Now.' });
    const sentences = async (of: AuditLog) =>
      (await of.list({ limit: 10 })).items.map(({ sentence }) => sentence);
    assert.deepEqual(await sentences(log), ['Now.', 'Young.']);
    await clock.pass(auditKeepMs - 86_400_000);
    assert.deepEqual(await sentences(await open(store)), ['Now.']);
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

  it('an event that anyone can cause is counted per address and hour, in one row', async () => {
    const log = await open(new MemoryOrderedStore());
    const refused = { event: 'link-refused', sentence: 'A share link was refused: not-found.' };
    for (let again = 0; again < 300; again += 1) {
      log.note({ ...refused, from: '203.0.113.9' });
      log.note({ ...refused, from: '::ffff:203.0.113.10' });
      if (again % 100 === 0) await log.flush();
    }
    const sentences = async () => (await log.list({ limit: 10 })).items.map(({ sentence }) => sentence);
    assert.deepEqual(await sentences(), [
      'A share link was refused: not-found. (300 times within an hour, from 203.0.113.10)',
      'A share link was refused: not-found. (300 times within an hour, from 203.0.113.9)',
    ]);
    await clock.pass(3_600_000);
    log.note({ ...refused, from: '203.0.113.9' });
    assert.equal((await sentences())[0], 'A share link was refused: not-found. (from 203.0.113.9)');
  });

  it('a stranger with many addresses pushes out no event of an admin, and one IPv6 network is one cause', async () => {
    const log = await open(new MemoryOrderedStore());
    log.note({ event: 'device-removed', sentence: 'NAS was removed.', username: 'anna' });
    for (let number = 0; number < 12_000; number += 1) {
      const from = `2001:db8:${(number >> 8).toString(16)}:${(number & 255).toString(16)}::1`;
      log.note({ event: 'sign-in-refused', sentence: 'A wrong password.', from });
      log.note({
        event: 'sign-in-refused',
        sentence: 'A wrong password.',
        from: `2001:db8:ffff:1::${number.toString(16)}`,
      });
      if (number % 400 === 0) await log.flush();
    }
    const { items } = await log.list({ limit: 20_000 });
    assert.equal(items.at(-1)?.sentence, 'NAS was removed.');
    assert.ok(items.length <= 2001, `${items.length} rows`);
    const one = items.filter(({ sentence }) => sentence.includes('2001:db8:ffff:1::/64'));
    assert.ok(one.length <= 13, `${one.length} rows of one network`);
  });

  it('pages of the audit log join both rings without a gap or a double', async () => {
    const log = await open(new MemoryOrderedStore());
    for (let number = 0; number < 30; number += 1) {
      log.note({
        event: 'test',
        sentence: `Number ${number}.`,
        ...(number % 3 === 0 && { from: `192.0.2.${number}` }),
      });
    }
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const page = await log.list({ limit: 7, ...(before !== undefined && { before }) });
      seen.push(...page.items.map(({ sentence }) => /\d+/.exec(sentence)?.[0] ?? ''));
      before = page.nextCursor ?? undefined;
    } while (before !== undefined);
    assert.deepEqual(
      seen,
      Array.from({ length: 30 }, (_, index) => String(29 - index)),
    );
  });

  it('characters that forge lines are written out in the audit log', async () => {
    const log = await open(new MemoryOrderedStore());
    log.note({ event: 'device-joined', sentence: 'x\u001b[2J\u202e\nForged line.' });
    const { items } = await log.list({ limit: 1 });
    assert.equal(items[0]?.sentence, 'x\\u{1b}[2J\\u{202e}\\nForged line.');
  });

  it('the audit log writes by itself within a second', async () => {
    const store = new MemoryOrderedStore();
    const log = await open(store);
    log.note({ event: 'test', sentence: 'Once.' });
    await clock.pass(1000);
    assert.ok(store.get('000000000001'));
  });
});

const clock = new ManualClock();

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
