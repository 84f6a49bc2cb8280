import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SafetyView } from '../../src/model/api.ts';
import { ApiError } from '../../web/client/request.ts';
import { type SavedFile, type SendFile, UploadQueue } from '../../web/client/uploads.ts';

const safety = (copies: number): SafetyView => ({
  copies,
  wanted: 3,
  level: copies < 2 ? 'accepted' : copies < 3 ? 'safe' : 'full',
});
const source = (name: string) => ({ path: [name], file: new File(['some bytes'], name) });
const saved = (id: string, copies: number): SavedFile => ({ id, safety: safety(copies) });

const refusal = (status: number, detail: string) => new ApiError({ status, code: 'made-up', detail });

/** A queue that does not wait between its tries. */
const queueOf = (send: SendFile) => new UploadQueue(send, () => Promise.resolve());

async function settled(queue: UploadQueue): Promise<void> {
  while (queue.busy.value) await new Promise((done) => setImmediate(done));
}

test('three files are sent at once, the others wait, all are saved', async () => {
  let [now, most] = [0, 0];
  const queue = queueOf(async ({ path }) => {
    most = Math.max(most, ++now);
    await new Promise((done) => setImmediate(done));
    now -= 1;
    return saved(`id of ${path[0]}`, 3);
  });
  queue.add(['a', 'b', 'c', 'd', 'e'].map(source));
  assert.equal(queue.items.value.filter(({ status }) => status === 'waiting').length, 2);
  await settled(queue);
  assert.equal(most, 3);
  assert.deepEqual(queue.totals.value, { files: 5, done: 5, failed: 0, bytes: 50, sentBytes: 50 });
});

test('a cut connection is tried again, what a device refuses is not until the person says so', async () => {
  let tries = 0;
  const queue = queueOf(async ({ path }) => {
    tries += 1;
    if (path[0] === 'cut' && tries < 3) throw refusal(0, 'No answer.');
    if (path[0] === 'full' && tries < 5) throw refusal(507, 'The disk is full.');
    return saved('x', 3);
  });
  queue.add([source('cut')]);
  await settled(queue);
  assert.equal(tries, 3);
  queue.add([source('full')]);
  await settled(queue);
  assert.equal(tries, 4);
  assert.equal(queue.items.value[1]?.error, 'The disk is full.');
  queue.retry();
  await settled(queue);
  assert.deepEqual([tries, queue.totals.value.failed], [5, 0]);
});

test('files that lacked copies are asked about again until they have all', async () => {
  const copies: Record<string, number> = { thin: 1, safe: 2, full: 3 };
  const queue = queueOf(async ({ path: [name = ''] }) => saved(name, copies[name] ?? 0));
  queue.add(['thin', 'safe', 'full'].map(source));
  await settled(queue);

  const asked: string[] = [];
  const follow = () =>
    queue.followSafety(async (id) => {
      asked.push(id);
      if (id === 'safe') throw refusal(404, 'It was deleted.');
      return safety(3);
    });
  await Promise.all([follow(), follow()]);
  assert.deepEqual(asked, ['thin', 'safe'], 'twice at a time is once');
  assert.deepEqual(
    queue.items.value.map((item) => item.safety?.copies),
    [3, 2, 3],
  );
  await follow();
  assert.deepEqual(asked, ['thin', 'safe', 'safe']);
});

test('a queue that is abandoned sends nothing more and shows nothing', async () => {
  const aborted: string[] = [];
  let sent = 0;
  const queue = queueOf(({ path }, { signal }) => {
    sent += 1;
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        aborted.push(path[0] ?? '');
        reject(new Error('aborted'));
      });
    });
  });
  queue.add(['a', 'b', 'c', 'd', 'e'].map(source));
  queue.abandon();
  assert.deepEqual(aborted, ['a', 'b', 'c']);
  await new Promise((done) => setTimeout(done, 20));
  assert.deepEqual([sent, queue.items.value, queue.busy.value], [3, [], false]);
  queue.add([source('next')]);
  assert.equal(sent, 4, 'it takes new files');
});

test('a guest who is told no id keeps what was said first', async () => {
  const queue = queueOf(async () => ({ safety: safety(1) }));
  queue.add([source('gift')]);
  await settled(queue);
  await queue.followSafety(() => Promise.reject(new Error('asked without an id')));
  assert.equal(queue.items.value[0]?.safety?.copies, 1);
});
