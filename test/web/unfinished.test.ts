import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import {
  findUnfinished,
  forgetUnfinished,
  foundAgain,
  keepUnfinished,
  matchAgain,
  unfinished,
} from '../../web/client/uploads/unfinished.ts';
import type { UploadItem, UploadStatus } from '../../web/client/uploads/upload-queue.ts';

const fileOf = (name: string, text = 'bytes', lastModified = 7) => new File([text], name, { lastModified });
const item = (names: string[], status: UploadStatus, file: File | null = fileOf(names.at(-1) ?? '')) => {
  const target = { kind: 'below', folderId: 'root', names } as const;
  return { status, canRetry: true, source: { target, file } } as unknown as UploadItem;
};
const namesOf = () => unfinished.value.map(({ target }) => target.names.join('/'));
const picked = (...names: string[]) => ({ names, file: fileOf(names.at(-1) ?? '') });

describe('uploads that a reload ended', () => {
  let kept = new Map<string, string>();
  beforeEach((context) => {
    kept = new Map();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, text: string) => kept.set(key, text),
      removeItem: (key: string) => kept.delete(key),
    };
    const before = Object.getOwnPropertyDescriptor(globalThis, 'sessionStorage');
    Object.defineProperty(globalThis, 'sessionStorage', { value: storage, configurable: true });
    if ('after' in context)
      context.after(() => before && Object.defineProperty(globalThis, 'sessionStorage', before));
    forgetUnfinished();
  });

  it('are those that were not over, for the same user alone, and go when somebody signs out', () => {
    const items = (['waiting', 'sending', 'paused', 'failed', 'saved', 'cancelled'] as const).map((status) =>
      item([status], status),
    );
    keepUnfinished('anna', items);
    findUnfinished('ben');
    assert.deepEqual(namesOf(), []);
    findUnfinished('anna');
    assert.deepEqual(namesOf(), ['waiting', 'sending', 'paused', 'failed']);
    forgetUnfinished();
    findUnfinished('anna');
    assert.deepEqual(namesOf(), []);
  });

  it('stay over a second reload, and a damaged list is none', () => {
    keepUnfinished('anna', [item(['a'], 'waiting')]);
    findUnfinished('anna');
    keepUnfinished('anna', [item(['b'], 'waiting')]);
    findUnfinished('anna');
    assert.deepEqual(namesOf(), ['a', 'b']);
    for (const key of kept.keys()) kept.set(key, '{"userId":"anna","files":[{}]}');
    findUnfinished('anna');
    assert.deepEqual(namesOf(), []);
  });

  it('are found again by name, size and date; a name alone only where one file has it', () => {
    keepUnfinished('anna', [
      item(['trip', 'a'], 'waiting'),
      item(['home', 'a'], 'waiting'),
      item(['x', 'b'], 'failed'),
    ]);
    findUnfinished('anna');
    const match = matchAgain([picked('home', 'a'), picked('a'), picked('b')], unfinished.value);
    assert.deepEqual(
      match.sources.map(({ target }) => target.names.join('/')),
      ['home/a', 'x/b'],
    );
    assert.equal(match.others, 1);
    const changed = { names: ['b'], file: fileOf('b', 'more bytes') };
    const later = { names: ['b'], file: fileOf('b', 'bytes', 8) };
    assert.equal(matchAgain([changed, later], unfinished.value).sources.length, 0);
  });

  it('are missing no more once they were added, also where they were dropped into their folder', () => {
    keepUnfinished('anna', [item(['a'], 'waiting'), item(['b'], 'waiting')]);
    findUnfinished('anna');
    const target = (folderId: string) => ({ kind: 'below', folderId, names: ['a'] }) as const;
    foundAgain([{ target: target('elsewhere'), file: fileOf('a') }]);
    assert.deepEqual(namesOf(), ['a', 'b']);
    foundAgain([{ target: target('root'), file: fileOf('a') }]);
    assert.deepEqual(namesOf(), ['b']);
  });
});
