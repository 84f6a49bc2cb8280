import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AskPage, PagedQuery, Query } from '../../web/client/query.ts';

test('the answer of the newest question is shown, and an old one never replaces it', async () => {
  const answers: ((answer: string) => void)[] = [];
  const query = new Query<string>(() => new Promise((done) => answers.push(done)));
  const first = query.load();
  const second = query.load();
  answers[1]?.('new');
  answers[0]?.('old');
  await Promise.all([first, second]);
  assert.equal(query.answer.value, 'new');
});

test('a failure keeps the answer that was there', async () => {
  let fails = false;
  const query = new Query<string>(async () => {
    if (fails) throw new Error('The device is off.');
    return 'answer';
  });
  await query.load();
  fails = true;
  await query.load();
  assert.deepEqual([query.answer.value, query.error.value?.message], ['answer', 'The device is off.']);
});

/** A device with so many items, which counts its requests. */
function listOf(count: number) {
  const asked: number[] = [];
  const page: AskPage<number> = async (cursor, limit) => {
    const from = Number(cursor ?? 0);
    const to = Math.min(count, from + limit);
    asked.push(to - from);
    const items = Array.from({ length: to - from }, (_, index) => from + index);
    return { items, nextCursor: to < count ? `${to}` : null };
  };
  return { asked, query: new PagedQuery(page) };
}

test('a list comes page by page, and all of it when that is asked for', async () => {
  const { asked, query } = listOf(2700);
  await query.load();
  await query.loadMore();
  assert.deepEqual(asked, [200, 200]);
  await query.loadMore(true);
  assert.deepEqual(asked, [200, 200, 1000, 1000, 300]);
  assert.equal(query.answer.value?.items.length, 2700);
  assert.equal(query.answer.value?.nextCursor, null);
});

test('a list that is asked anew loads as much as was shown, in few requests', async () => {
  const { asked, query } = listOf(2700);
  await query.load();
  await query.loadMore(true);
  asked.length = 0;
  await query.load();
  assert.deepEqual(asked, [1000, 1000, 700]);
  assert.equal(query.answer.value?.items.length, 2700);
});
