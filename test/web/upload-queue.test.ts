import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SafetyView } from '../../src/model/api.ts';
import { ApiError } from '../../web/client/request.ts';
import { below } from '../../web/client/uploads/send.ts';
import {
  type SavedFile,
  type SendFile,
  UploadQueue,
  type UploadSource,
} from '../../web/client/uploads/upload-queue.ts';

const safety = (copies: number): SafetyView => ({
  copies,
  wanted: 3,
  level: copies < 2 ? 'accepted' : copies < 3 ? 'safe' : 'full',
});
const source = (name: string): UploadSource => ({
  target: { kind: 'below', folderId: 'folder', names: [name] },
  file: new File(['some bytes'], name),
});
const nameOf = ({ target }: UploadSource) => target.names[0] ?? '';
const saved = (id: string, copies: number): SavedFile => ({ id, safety: safety(copies) });

const refusal = (status: number, detail: string) => new ApiError({ status, code: 'made-up', detail });

/** A queue that does not wait between its tries. */
const queueOf = (send: SendFile) => new UploadQueue(send, { wait: () => Promise.resolve() });

async function settled(queue: UploadQueue): Promise<void> {
  while (queue.busy) await new Promise((done) => setImmediate(done));
}

test('three files are sent at once, the others wait, all are saved', async () => {
  let [now, most] = [0, 0];
  const queue = queueOf(async (wanted) => {
    most = Math.max(most, ++now);
    await new Promise((done) => setImmediate(done));
    now -= 1;
    return saved(`id of ${nameOf(wanted)}`, 3);
  });
  queue.add(['a', 'b', 'c', 'd', 'e'].map(source));
  assert.equal(queue.items.filter(({ status }) => status === 'waiting').length, 2);
  await settled(queue);
  assert.equal(most, 3);
  assert.deepEqual(queue.totals, { files: 5, done: 5, failed: 0, bytes: 50, sentBytes: 50 });
});

test('a cut connection is tried again, what a device refuses is not until the person says so', async () => {
  let tries = 0;
  const queue = queueOf(async (wanted) => {
    tries += 1;
    if (nameOf(wanted) === 'cut' && tries < 3) throw refusal(0, 'No answer.');
    if (nameOf(wanted) === 'full' && tries < 5) throw refusal(507, 'The disk is full.');
    return saved('x', 3);
  });
  queue.add([source('cut')]);
  await settled(queue);
  assert.equal(tries, 3);
  queue.add([source('full')]);
  await settled(queue);
  assert.equal(tries, 4);
  assert.equal(queue.items[1]?.error, 'The disk is full.');
  queue.retry();
  await settled(queue);
  assert.deepEqual([tries, queue.totals.failed], [5, 0]);
});

test('files that lacked copies are asked about again until they have all', async () => {
  const copies: Record<string, number> = { thin: 1, safe: 2, full: 3 };
  const queue = queueOf(async (wanted) => saved(nameOf(wanted), copies[nameOf(wanted)] ?? 0));
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
    queue.items.map((item) => item.safety?.copies),
    [3, 2, 3],
  );
  await follow();
  assert.deepEqual(asked, ['thin', 'safe', 'safe']);
});

test('a queue that is abandoned sends nothing more and shows nothing', async () => {
  const aborted: string[] = [];
  let sent = 0;
  const queue = queueOf((wanted, { signal }) => {
    sent += 1;
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        aborted.push(nameOf(wanted));
        reject(new Error('aborted'));
      });
    });
  });
  queue.add(['a', 'b', 'c', 'd', 'e'].map(source));
  queue.abandon();
  assert.deepEqual(aborted, ['a', 'b', 'c']);
  await new Promise((done) => setTimeout(done, 20));
  assert.deepEqual([sent, queue.items, queue.busy], [3, [], false]);
  queue.add([source('next')]);
  assert.equal(sent, 4, 'it takes new files');
});

test('a guest who is told no id keeps what was said first', async () => {
  const queue = queueOf(async () => ({ safety: safety(1) }));
  queue.add([source('gift')]);
  await settled(queue);
  await queue.followSafety(() => Promise.reject(new Error('asked without an id')));
  assert.equal(queue.items[0]?.safety?.copies, 1);
});

test('a file that waits can be cancelled, and is never sent', async () => {
  const sent: string[] = [];
  let finish = () => {};
  const first = new Promise<void>((done) => {
    finish = done;
  });
  const queue = queueOf(async (wanted) => {
    sent.push(nameOf(wanted));
    await first;
    return saved('x', 3);
  });
  queue.add(['a', 'b', 'c', 'd', 'e'].map(source));
  const waiting = queue.items.find(({ name }) => name === 'd');
  assert.equal(waiting?.status, 'waiting');
  queue.cancel(waiting.id);
  assert.equal(queue.totals.files, 4);
  finish();
  await settled(queue);
  assert.deepEqual(sent, ['a', 'b', 'c', 'e']);
  assert.equal(waiting.status, 'cancelled');
});

test('cancelling all stops what is sent and what waits, and keeps what is saved', async () => {
  const queue = queueOf((wanted, { signal }) =>
    nameOf(wanted) === 'quick'
      ? Promise.resolve(saved('quick', 3))
      : new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
  );
  queue.add([source('quick')]);
  await settled(queue);
  queue.add(['a', 'b', 'c', 'd'].map(source));
  queue.cancelAll();
  assert.equal(queue.busy, false);
  assert.deepEqual(
    queue.items.map(({ status }) => status),
    ['saved', 'cancelled', 'cancelled', 'cancelled', 'cancelled'],
  );
  assert.deepEqual(queue.totals, { files: 1, done: 1, failed: 0, bytes: 10, sentBytes: 10 });
  queue.clear();
  assert.deepEqual(queue.items, []);
});

test('what the browser could not read is listed with its reason, and stops nothing', async () => {
  const queue = queueOf(async () => saved('x', 3));
  queue.add(
    below('folder', [
      { names: ['Trip', 'a'], file: new File(['a'], 'a') },
      { names: ['Trip', 'b'], file: null, problem: 'Your browser may not read this file.' },
      { names: ['Trip', 'c'], file: new File(['c'], 'c') },
    ]),
  );
  await settled(queue);
  assert.deepEqual([queue.totals.done, queue.totals.failed], [2, 1]);
  queue.retry();
  assert.equal(queue.totals.failed, 1, 'there is nothing to send again');
});

test('the work for a file does not grow with the number of files in the queue', async () => {
  // Reading an item counts; a queue that looks through all of them for each would read millions.
  let reads = 0;
  const counted = (name: string): UploadSource => {
    const made = source(name);
    return {
      get target() {
        reads += 1;
        return made.target;
      },
      file: made.file,
    };
  };
  const queue = queueOf(async () => saved('x', 3));
  const files = 5000;
  queue.add(Array.from({ length: files }, (_, index) => counted(`${index}`)));
  await settled(queue);
  assert.equal(queue.totals.done, files);
  assert.ok(reads <= 4 * files, `${reads} reads`);
});

test('views are told of many changes at once, not of each', async () => {
  const queue = queueOf(async () => saved('x', 3));
  const before = queue.revision;
  queue.add(Array.from({ length: 200 }, (_, index) => source(`${index}`)));
  await settled(queue);
  assert.ok(queue.revision - before < 50, `${queue.revision - before} times`);
});

test('a paused file is not sent until it is resumed, and what waits behind it is', async () => {
  const sent: string[] = [];
  const queue = queueOf((wanted, { signal }) => {
    sent.push(nameOf(wanted));
    if (nameOf(wanted) !== 'big' || sent.filter((name) => name === 'big').length > 1)
      return Promise.resolve(saved(nameOf(wanted), 3));
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  });
  queue.add(['big', 'b'].map(source));
  await new Promise((done) => setImmediate(done));
  const [big] = queue.items;
  queue.pause(big?.id);
  await new Promise((done) => setImmediate(done));
  assert.deepEqual([big?.status, queue.pausedCount, queue.busy], ['paused', 1, true]);
  queue.add([source('c')]);
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(sent, ['big', 'b', 'c']);
  queue.resume();
  await settled(queue);
  assert.deepEqual([sent.at(-1), queue.pausedCount, queue.totals.done], ['big', 0, 3]);
});

test('a device that is away for long is asked until it answers, and the row says so', async () => {
  let tries = 0;
  const seen = new Set<boolean>();
  const queue: UploadQueue = new UploadQueue(
    async () => {
      tries += 1;
      if (tries < 40) throw refusal(0, 'No answer.');
      return saved('x', 3);
    },
    { wait: async () => void seen.add(queue.items[0]?.isStalled ?? false) },
  );
  queue.add([source('patient')]);
  await settled(queue);
  assert.deepEqual([tries, queue.totals.done, [...seen]], [40, 1, [true]]);
  assert.equal(queue.items[0]?.isStalled, false);
});

test('what a device has of a cancelled file is given up, also of one that is paused', async () => {
  const givenUp: string[] = [];
  const send: SendFile = Object.assign(
    (_: UploadSource, { signal }: Parameters<SendFile>[1]) =>
      new Promise<SavedFile>((_done, reject) =>
        signal.addEventListener('abort', () => reject(new Error('x'))),
      ),
    { giveUp: (wanted: UploadSource) => void givenUp.push(nameOf(wanted)) },
  );
  const queue = queueOf(send);
  queue.add(['a', 'b'].map(source));
  queue.pause(queue.items[1]?.id);
  queue.cancel(queue.items[0]?.id ?? 0);
  assert.deepEqual(givenUp, ['a']);
  queue.cancelAll();
  assert.deepEqual(givenUp, ['a', 'b']);
  assert.equal(queue.busy, false);
});
