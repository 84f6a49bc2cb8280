import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryView, Page } from '../../src/model/api.ts';
import { addAsking, conflictQuestion, takenAmong } from '../../web/client/uploads/conflicts.ts';
import { below } from '../../web/client/uploads/send.ts';
import type { UploadSource } from '../../web/client/uploads/upload-queue.ts';

/** Folder id → names; a name that ends with a slash is a folder, whose id is its name without it. */
const lister =
  (drive: Record<string, string[]>) =>
  async (folderId: string, cursor: string | null): Promise<Page<EntryView>> => {
    const names = drive[folderId] ?? [];
    const from = Number(cursor ?? 0);
    const items = names.slice(from, from + 2).map((name) => {
      const kind = name.endsWith('/') ? ('folder' as const) : ('file' as const);
      return { id: name.replace('/', ''), name: name.replace('/', ''), kind } as EntryView;
    });
    return { items, nextCursor: from + 2 < names.length ? `${from + 2}` : null };
  };

const drop = (...paths: string[]): UploadSource[] =>
  below(
    'top',
    paths.map((path) => ({ names: path.split('/'), file: new File(['x'], 'x') })),
  );
const pathsOf = (sources: Iterable<UploadSource>) =>
  [...sources].map(
    ({ target, onConflict }) => `${target.names.join('/')}${onConflict ? ` ${onConflict}` : ''}`,
  );

test('names that are taken are found deep in a drop, whatever their case, on every page of a list', async () => {
  const list = lister({
    top: ['a', 'b', 'c', 'Trip/', 'PLAN.txt'],
    Trip: ['1.jpg', 'Day/'],
    Day: ['2.jpg'],
  });
  const sources = drop('new', 'plan.TXT', 'Trip/1.jpg', 'trip/day/2.jpg', 'Trip/3.jpg', 'Other/1.jpg', 'a/b');
  assert.deepEqual(pathsOf(await takenAmong(sources, list)), ['Trip/1.jpg', 'trip/day/2.jpg', 'plan.TXT']);
});

test('in a folder of more pages than are read, each dropped name is asked for', async () => {
  const list = lister({ top: Array.from({ length: 300 }, (_, index) => `${index}`) });
  const asked: string[] = [];
  const find = async (_folder: string, names: readonly string[]) => {
    asked.push(names.join('/'));
    return names.at(-1) === '250' ? ({ kind: 'file' } as EntryView) : undefined;
  };
  const taken = await takenAmong(drop('250', 'new', 'Trip/1.jpg'), list, find);
  assert.deepEqual(pathsOf(taken), ['250']);
  assert.deepEqual(asked, ['250', 'new', 'trip/1.jpg']);
});

test('a drive that cannot be asked keeps nobody from uploading', async () => {
  const added: UploadSource[] = [];
  await addAsking({ add: (sources) => added.push(...sources) }, drop('a'), () =>
    Promise.reject(new Error('off')),
  );
  assert.deepEqual(pathsOf(added), ['a']);
});

test('what a person chooses holds for the files that are there, and the others are sent as they are', async () => {
  const list = lister({ top: ['a'] });
  for (const [choice, expected] of [
    ['version', ['a version', 'b']],
    ['rename', ['a rename', 'b']],
    ['skip', ['b']],
    [null, []],
  ] as const) {
    const added: UploadSource[] = [];
    const adding = addAsking({ add: (sources) => added.push(...sources) }, drop('a', 'b'), list);
    while (conflictQuestion.value === null) await new Promise((done) => setImmediate(done));
    assert.deepEqual([conflictQuestion.value.taken, conflictQuestion.value.files], [['a'], 2]);
    conflictQuestion.value.answer(choice);
    await adding;
    assert.equal(conflictQuestion.value, null);
    assert.deepEqual(pathsOf(added), expected);
  }
});
