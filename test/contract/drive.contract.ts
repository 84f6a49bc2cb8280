/**
 * What every drive does, whoever has it open: the owner, somebody by a grant, and the fake that tests of
 * the gateway and of the commands stand on.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { EntryView } from '../../src/model/api.ts';
import type { Drive, ListOptions, UploadOptions } from '../../src/model/contracts/drive.ts';
import { type ErrorCode, isPeerstorError } from '../../src/model/errors.ts';
import { type EntryId, entryId, versionId } from '../../src/model/ids.ts';

export interface DriveUnderTest {
  drive: Drive;
  /** True for the owner's own drive; false for one that a grant with the right to edit opened. */
  isOwners: boolean;
  /** False for a guest, who neither sees nor sets tags and stars. */
  mayMark: boolean;
  stop?(): Promise<void>;
}

const ghost = entryId(`${'0'.repeat(31)}f`);
const byName: ListOptions = { sort: 'name', order: 'asc', limit: 1000 };

function coded(...codes: ErrorCode[]) {
  return (error: unknown) => codes.some((code) => isPeerstorError(error, code)) || assert.fail(`${error}`);
}

async function* bytes(content: string | Uint8Array): AsyncIterable<Uint8Array> {
  yield typeof content === 'string' ? new TextEncoder().encode(content) : content;
}

export function driveContract(title: string, open: () => Promise<DriveUnderTest>): void {
  describe(`${title} keeps the contract of a drive`, { concurrency: false }, () => {
    let drive: Drive;
    let isOwners = true;
    let mayMark = true;
    let stop: (() => Promise<void>) | undefined;
    let root: EntryId;
    let lastFolder = 0;
    before(async () => {
      ({ drive, isOwners, mayMark, stop } = await open());
      root = id(await drive.root());
    });
    after(() => stop?.());

    const id = (entry: { id: string }): EntryId => entryId(entry.id);
    /** A folder of its own for each test. */
    const folder = async () => id(await drive.createFolder(root, `folder ${++lastFolder}`));
    const put = (parent: EntryId, name: string, content: string, options: UploadOptions = {}) =>
      drive.upload(parent, name, bytes(content), options);
    const file = async (parent: EntryId, name: string, content = 'content') =>
      (await put(parent, name, content)).entry;
    const names = async (parent: EntryId, options: Partial<ListOptions> = {}) =>
      (await drive.children(parent, { ...byName, ...options })).items.map(({ name }) => name);
    const read = async (entry: EntryId, version?: string) => {
      const content = await drive.open(entry, version === undefined ? undefined : versionId(version));
      const parts: Uint8Array[] = [];
      const signal = new AbortController().signal;
      for await (const part of content.read({ start: 0, end: content.size }, signal)) parts.push(part);
      return Buffer.concat(parts).toString();
    };
    /** Who came by a grant finds nothing of the trash, not even that it is there. */
    const inTrash = () => coded(...(isOwners ? (['gone'] as const) : (['gone', 'not-found'] as const)));

    it('the root is a folder without a parent', async () => {
      const view = await drive.root();
      assert.deepEqual([view.kind, view.parentId, view.safety, view.trashedAt], ['folder', null, null, null]);
      assert.deepEqual(await drive.entry(root), view);
      assert.deepEqual(await drive.resolve([]), view);
      assert.equal((await drive.ensureFolder([])).id, root);
      assert.deepEqual(await drive.ancestors(root), []);
    });

    it('the root is not moved, renamed, trashed or copied into itself', async () => {
      await assert.rejects(drive.patch(root, { name: 'x' }), coded('forbidden'));
      await assert.rejects(drive.trash(root), coded('forbidden'));
      await assert.rejects(drive.copy(root, root), coded('forbidden', 'would-make-a-cycle'));
    });

    it('an id that is none is not found, by any method', async () => {
      const calls: Promise<unknown>[] = [
        drive.entry(ghost),
        drive.children(ghost, byName),
        drive.ancestors(ghost),
        drive.resolve([], ghost),
        drive.ensureFolder([], ghost),
        drive.createFolder(ghost, 'x'),
        drive.patch(ghost, { name: 'x' }),
        drive.copy(ghost, root),
        drive.trash(ghost),
        drive.restore(ghost),
        drive.upload(ghost, 'x', bytes('x'), {}),
        drive.uploadTo(ghost, bytes('x'), {}),
        drive.open(ghost),
        drive.checksum(ghost),
        drive.properties(ghost),
        drive.touch(ghost, { modifiedAtMs: 0 }),
        drive.quota(ghost),
        drive.versions(ghost),
        drive.restoreVersion(ghost, versionId(ghost)),
      ];
      for (const call of await Promise.allSettled(calls)) {
        assert.equal(call.status, 'rejected');
        coded('not-found')(call.reason);
      }
    });

    it('a new folder shows in its parent, and a name is taken in any case and composition', async () => {
      const at = await folder();
      const made = await drive.createFolder(at, 'Café');
      assert.deepEqual([made.kind, made.parentId, made.name, made.size], ['folder', at, 'Café', 0]);
      for (const name of ['Café', 'CAFE\u0301']) {
        await assert.rejects(drive.createFolder(at, name), coded('name-taken'));
      }
      await file(at, 'notes');
      await assert.rejects(drive.createFolder(at, 'Notes'), coded('name-taken'));
      assert.deepEqual(await names(at), ['Café', 'notes']);
    });

    it('a bad name is refused wherever a name is given', async () => {
      const at = await folder();
      const entry = id(await file(at, 'a'));
      for (const name of ['', '..', 'a/b', 'a\nb', '   ', 'x'.repeat(256)]) {
        await assert.rejects(drive.createFolder(at, name), coded('bad-name'));
        await assert.rejects(drive.ensureFolder([name], at), coded('bad-name'));
        await assert.rejects(drive.patch(entry, { name }), coded('bad-name'));
        await assert.rejects(drive.copy(entry, at, name), coded('bad-name'));
        await assert.rejects(put(at, name, 'x'), coded('bad-name'));
      }
      assert.deepEqual(await names(at), ['a']);
    });

    it('a file has no children and takes none', async () => {
      const at = await folder();
      const entry = id(await file(at, 'a'));
      await assert.rejects(drive.children(entry, byName), coded('not-found'));
      await assert.rejects(drive.createFolder(entry, 'x'), coded('not-found'));
      await assert.rejects(put(entry, 'x', 'x'), coded('not-found'));
      await assert.rejects(drive.resolve(['a', 'x'], at), coded('not-found'));
      await assert.rejects(drive.ensureFolder(['A', 'x'], at), coded('name-taken'));
    });

    it('a list has folders first and names in natural order, and turns around', async () => {
      const at = await folder();
      for (const name of ['b10', 'b9', 'a', 'C']) await file(at, name);
      await drive.createFolder(at, 'z');
      assert.deepEqual(await names(at), ['z', 'a', 'b9', 'b10', 'C']);
      assert.deepEqual(await names(at, { order: 'desc' }), ['z', 'C', 'b10', 'b9', 'a']);
    });

    it('a list is sorted by size and by date too', async () => {
      const at = await folder();
      await put(at, 'small', 'x', { modifiedAtMs: 3000 });
      await put(at, 'large', 'xxx', { modifiedAtMs: 1000 });
      await put(at, 'middle', 'xx', { modifiedAtMs: 2000 });
      assert.deepEqual(await names(at, { sort: 'size' }), ['small', 'middle', 'large']);
      assert.deepEqual(await names(at, { sort: 'modifiedAt' }), ['large', 'middle', 'small']);
    });

    it('pages follow each other without a gap while entries come and go, and a cursor fits its list only', async () => {
      const at = await folder();
      const entries = [];
      for (const name of ['a', 'b', 'c', 'd', 'e']) entries.push(await file(at, name));
      const first = await drive.children(at, { ...byName, limit: 2 });
      assert.deepEqual(
        first.items.map(({ name }) => name),
        ['a', 'b'],
      );
      assert.ok(first.nextCursor);
      const [, second] = entries;
      assert.ok(second);
      await drive.trash(id(second));
      await file(at, 'aa');
      const cursor = first.nextCursor;
      const rest = await drive.children(at, { ...byName, limit: 9, cursor });
      assert.deepEqual(
        rest.items.map(({ name }) => name),
        ['c', 'd', 'e'],
      );
      assert.equal(rest.nextCursor, null);
      await assert.rejects(drive.children(at, { ...byName, cursor: 'nonsense' }), coded('bad-input'));
      await assert.rejects(drive.children(at, { ...byName, sort: 'size', cursor }), coded('bad-input'));
    });

    it('a path is found without regard to case, from any folder, and made where it is missing', async () => {
      const at = await folder();
      const deep = await drive.ensureFolder(['a', 'B', 'c'], at);
      assert.equal((await drive.ensureFolder(['A', 'b', 'C'], at)).id, deep.id);
      assert.equal((await drive.resolve(['A', 'b', 'C'], at)).id, deep.id);
      await assert.rejects(drive.resolve(['a', 'x'], at), coded('not-found'));
      assert.deepEqual((await drive.ancestors(id(deep))).map(({ name }) => name).slice(-2), ['a', 'B']);
      assert.equal((await drive.ancestors(id(deep)))[0]?.id, root);
    });

    it('an entry is renamed and moved, keeps its id, and takes no taken name', async () => {
      const at = await folder();
      const target = id(await drive.createFolder(at, 'target'));
      const entry = await file(at, 'a');
      await file(at, 'other');
      await file(target, 'a');
      await assert.rejects(drive.patch(id(entry), { name: 'OTHER' }), coded('name-taken'));
      await assert.rejects(drive.patch(id(entry), { parentId: target }), coded('name-taken'));
      const moved = await drive.patch(id(entry), { name: 'B', parentId: target });
      assert.deepEqual([moved.id, moved.name, moved.parentId], [entry.id, 'B', target]);
      assert.equal((await drive.patch(id(entry), { name: 'b' })).name, 'b');
      assert.deepEqual(await names(target), ['a', 'b']);
      await assert.rejects(drive.patch(target, { parentId: target }), coded('would-make-a-cycle'));
    });

    it('properties of programs are set, taken away, copied and bounded', async () => {
      const at = await folder();
      const one = id(await file(at, 'a.txt'));
      assert.deepEqual(await drive.properties(one), {});
      if (!mayMark) {
        await assert.rejects(drive.setProperties(one, { a: '1' }), coded('forbidden'));
        return;
      }
      await drive.setProperties(one, { a: '1', b: '2' });
      await drive.setProperties(one, { a: null, c: '3' });
      assert.deepEqual(await drive.properties(one), { b: '2', c: '3' });
      await drive.setProperties(at, { d: '4' });
      const copied = id(await drive.copy(at, root, `copy of ${at}`));
      assert.deepEqual(await drive.properties(copied), { d: '4' });
      const inside = id(await drive.resolve(['a.txt'], copied));
      assert.deepEqual(await drive.properties(inside), { b: '2', c: '3' });
      await assert.rejects(drive.setProperties(one, { e: 'x'.repeat(16 * 1024) }), coded('too-large'));
      assert.deepEqual(await drive.properties(one), { b: '2', c: '3' });
    });

    it('a file gets another date without another content', async () => {
      const at = await folder();
      const before = await file(at, 'a.txt', 'the content');
      const after = await drive.touch(id(before), { modifiedAtMs: Date.parse('2001-02-03T04:05:06.700Z') });
      assert.equal(after.modifiedAt, '2001-02-03T04:05:06.700Z');
      assert.notEqual(after.version, before.version);
      assert.deepEqual([after.size, after.mime], [before.size, before.mime]);
      assert.equal(await read(id(before)), 'the content');
      if (isOwners) assert.equal((await drive.versions(id(before))).length, 1);
      await assert.rejects(drive.touch(at, { modifiedAtMs: 0 }), coded('not-found'));
      await assert.rejects(drive.touch(id(before), { modifiedAtMs: 1e18 }), coded('bad-input'));
    });

    it('what a program says of content goes with it, also to a copy, and not with other content', async () => {
      const at = await folder();
      const said = async (entry: EntryId) => (await drive.open(entry)).attributes;
      const one = id((await put(at, 'a.txt', 'one', { attributes: () => ({ sum: '1' }) })).entry);
      assert.deepEqual(await said(one), { sum: '1' });
      const { version } = await drive.entry(one);
      await put(at, 'a.txt', 'one');
      assert.equal((await drive.entry(one)).version, version);
      await put(at, 'a.txt', 'one', { attributes: () => ({ sum: '2' }) });
      assert.deepEqual(await said(one), { sum: '2' });
      assert.deepEqual(await said(id(await drive.copy(one, at, 'b.txt'))), { sum: '2' });
      await drive.touch(one, { attributes: { sum: '3' }, mime: 'text/x-other' });
      assert.deepEqual([await said(one), (await drive.entry(one)).mime], [{ sum: '3' }, 'text/x-other']);
      await put(at, 'a.txt', 'two');
      assert.deepEqual(await said(one), {});
    });

    it('who has no quota is told none', async () => {
      assert.equal(await drive.quota(root), undefined);
    });

    it('tags and the star are set without touching name or content', async () => {
      const at = await folder();
      const entry = await file(at, 'a');
      const change = { tags: ['red', 'blue'], starred: true };
      if (!mayMark) {
        await assert.rejects(drive.patch(id(entry), change), coded('forbidden'));
        return;
      }
      const marked = await drive.patch(id(entry), change);
      assert.deepEqual([marked.tags, marked.starred], [['red', 'blue'], true]);
      assert.deepEqual([marked.name, marked.version], [entry.name, entry.version]);
    });

    it('a change with a condition is made only for the version that was meant', async () => {
      const at = await folder();
      const entry = await file(at, 'a');
      const other = 'f'.repeat(32);
      await assert.rejects(drive.patch(id(entry), { name: 'b' }, other), coded('precondition-failed'));
      await assert.rejects(drive.trash(id(entry), other), coded('precondition-failed'));
      assert.equal((await drive.patch(id(entry), { name: 'b' }, entry.version)).name, 'b');
      await drive.trash(id(entry), (await drive.entry(id(entry))).version);
      assert.deepEqual(await names(at), []);
    });

    it('a copy has a life of its own, and is numbered where no name was asked for', async () => {
      const at = await folder();
      const entry = await file(at, 'a.txt', 'one');
      const copy = await drive.copy(id(entry), at);
      assert.equal(copy.name, 'a (2).txt');
      assert.notEqual(copy.version, entry.version);
      await assert.rejects(drive.copy(id(entry), at, 'A.txt'), coded('name-taken'));
      await put(at, 'a.txt', 'two');
      assert.equal(await read(id(copy)), 'one');
      const inner = id(await drive.createFolder(at, 'inner'));
      await file(inner, 'deep.txt', 'deep');
      const whole = await drive.copy(inner, at);
      assert.equal(whole.name, 'inner (2)');
      assert.equal(await read(id(await drive.resolve(['inner (2)', 'deep.txt'], at))), 'deep');
      await assert.rejects(drive.copy(at, inner), coded('would-make-a-cycle'));
    });

    it('what is in the trash is hidden, cannot be changed, and comes back', async () => {
      const at = await folder();
      const inner = id(await drive.createFolder(at, 'inner'));
      const entry = id(await file(inner, 'a', 'kept'));
      await drive.trash(inner);
      assert.deepEqual(await names(at), []);
      await assert.rejects(drive.resolve(['inner'], at), coded('not-found'));
      await assert.rejects(drive.resolve(['a'], inner), inTrash());
      await assert.rejects(drive.createFolder(inner, 'x'), inTrash());
      await assert.rejects(put(inner, 'x', 'x'), inTrash());
      await assert.rejects(drive.patch(entry, { name: 'x' }), inTrash());
      await assert.rejects(drive.uploadTo(entry, bytes('x'), {}), inTrash());
      if (isOwners) assert.notEqual((await drive.entry(entry)).trashedAt, null);
      else await assert.rejects(drive.entry(entry), coded('not-found'));
      const restored = await drive.restore(inner);
      assert.deepEqual([restored.name, restored.parentId, restored.trashedAt], ['inner', at, null]);
      assert.equal(await read(entry), 'kept');
    });

    it('what comes back finds its name taken, or its folder gone, and is there all the same', async () => {
      const at = await folder();
      const entry = id(await file(at, 'a.txt', 'old'));
      await drive.trash(entry);
      await file(at, 'A.txt', 'new');
      assert.equal((await drive.restore(entry)).name, 'a (2).txt');
      const inner = id(await drive.createFolder(at, 'inner'));
      const inside = id(await file(inner, `only ${lastFolder}.txt`, 'inside'));
      await drive.trash(inside);
      await drive.trash(inner);
      assert.equal((await drive.restore(inside)).parentId, root);
      assert.equal(await read(inside), 'inside');
    });

    it('the trash is for its owner to empty', async () => {
      const at = await folder();
      const [a, b, kept] = [await file(at, 'a'), await file(at, 'b'), await file(at, 'kept')];
      const inner = id(await drive.createFolder(at, 'inner'));
      const inside = id(await file(inner, 'c'));
      if (!isOwners) {
        await assert.rejects(drive.purge(id(a)), coded('forbidden'));
        await assert.rejects(drive.emptyTrash(), coded('forbidden'));
        return;
      }
      await drive.emptyTrash();
      await drive.trash(id(a));
      await drive.trash(inner);
      assert.deepEqual(
        (await drive.trashed(byName)).items.map(({ name }) => name),
        ['inner', 'a'],
      );
      assert.equal(await drive.emptyTrash(), 2);
      await drive.purge(id(b));
      for (const gone of [id(a), id(b), inner, inside]) {
        await assert.rejects(drive.entry(gone), coded('not-found'));
      }
      assert.deepEqual((await drive.trashed(byName)).items, []);
      assert.equal((await drive.entry(id(kept))).name, 'kept');
    });

    it('an upload makes a file, then versions of it, newest first', async () => {
      const at = await folder();
      const options = { mime: 'text/plain', modifiedAtMs: 1000 };
      const first = await put(at, 'a.txt', 'one', options);
      const { created, entry } = first;
      assert.deepEqual(
        [created, entry.kind, entry.size, entry.mime, Date.parse(entry.modifiedAt)],
        [true, 'file', 3, 'text/plain', 1000],
      );
      assert.notEqual(entry.safety, null);
      const second = await put(at, 'A.TXT', 'second');
      assert.deepEqual([second.created, second.entry.id, second.entry.name], [false, entry.id, 'a.txt']);
      const third = await drive.uploadTo(id(entry), bytes('number 3'), {});
      assert.equal(third.created, false);
      const history = await drive.versions(id(entry));
      assert.deepEqual(
        history.map(({ id: version, size, current }) => [version, size, current]),
        [
          [third.entry.version, 8, true],
          [second.entry.version, 6, false],
          [entry.version, 3, false],
        ],
      );
      assert.equal(await read(id(entry)), 'number 3');
      assert.equal(await read(id(entry), entry.version), 'one');
    });

    it('the same bytes again make no new version', async () => {
      const at = await folder();
      const { entry } = await put(at, 'a', 'same', { modifiedAtMs: 1000, mime: 'text/plain' });
      for (const options of [{}, { modifiedAtMs: 1000, mime: 'text/plain' }]) {
        const again = await put(at, 'a', 'same', options);
        assert.deepEqual([again.created, again.entry.version], [false, entry.version]);
      }
      assert.equal((await drive.versions(id(entry))).length, 1);
      const dated = await put(at, 'a', 'same', { modifiedAtMs: 2000, mime: 'text/plain' });
      assert.equal(Date.parse(dated.entry.modifiedAt), 2000);
    });

    it('a file may be run when that was said last, also as a copy and as an old version', async () => {
      const at = await folder();
      const { entry } = await put(at, 'run.sh', 'one', { executable: true });
      assert.equal(entry.executable, true);
      assert.equal((await put(at, 'run.sh', 'two')).entry.executable, true, 'not said: it stays');
      const dated = await put(at, 'run.sh', 'two', { executable: false });
      assert.equal(dated.entry.executable, false, 'the same bytes with another mark');
      assert.equal((await put(at, 'run.sh', 'three')).entry.executable, false);
      const marks = (await drive.versions(id(entry))).map(({ executable }) => executable);
      assert.deepEqual([marks[0], marks.at(-1)], [false, true]);
      const old = (await drive.versions(id(entry))).at(-1);
      assert.ok(old);
      assert.equal((await drive.restoreVersion(id(entry), old.id)).executable, true);
      assert.equal((await drive.copy(id(entry), at, 'copy.sh')).executable, true);
      assert.equal((await file(at, 'plain.txt')).executable, false);
      assert.equal((await drive.entry(at)).executable, false);
    });

    it('an upload replaces, is left alone or goes beside what is there, as it is asked to', async () => {
      const at = await folder();
      const entry = await file(at, 'a.txt', 'one');
      const skipped = await put(at, 'A.txt', 'two', { onConflict: 'skip' });
      assert.deepEqual([skipped.created, skipped.entry.version], [false, entry.version]);
      const beside = await put(at, 'a.txt', 'three', { onConflict: 'rename' });
      assert.deepEqual([beside.created, beside.entry.name], [true, 'a (2).txt']);
      await put(at, 'a.txt', 'four', { onConflict: 'version' });
      assert.equal(await read(id(entry)), 'four');
      const inner = await drive.createFolder(at, 'inner');
      await assert.rejects(put(at, 'INNER', 'x'), coded('name-taken'));
      await assert.rejects(drive.uploadTo(id(inner), bytes('x'), {}), coded('not-found'));
    });

    it('an upload happens only when its condition holds', async () => {
      const at = await folder();
      const entry = await file(at, 'a', 'one');
      const refused = coded('precondition-failed');
      await assert.rejects(put(at, 'a', 'x', { ifMatch: 'none' }), refused);
      await assert.rejects(put(at, 'a', 'x', { ifMatch: 'f'.repeat(32) }), refused);
      await assert.rejects(put(at, 'b', 'x', { ifMatch: '*' }), refused);
      await assert.rejects(drive.uploadTo(id(entry), bytes('x'), { ifMatch: 'f'.repeat(32) }), refused);
      await put(at, 'b', 'x', { ifMatch: 'none' });
      await put(at, 'a', 'two', { ifMatch: entry.version });
      await put(at, 'a', 'three', { ifMatch: '*' });
      assert.equal(await read(id(entry)), 'three');
      assert.deepEqual(await names(at), ['a', 'b']);
    });

    it('an upload whose source fails lists nothing', async () => {
      const at = await folder();
      async function* broken(): AsyncIterable<Uint8Array> {
        yield new Uint8Array(10);
        throw new Error('the network is gone');
      }
      await assert.rejects(drive.upload(at, 'a', broken(), {}));
      assert.deepEqual(await names(at), []);
    });

    it('content is read in any range, and checked', async () => {
      const at = await folder();
      const content = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251);
      const { entry } = await drive.upload(at, 'a', bytes(content), {});
      const opened = await drive.open(id(entry));
      assert.deepEqual([opened.name, opened.size, opened.etag], ['a', content.length, entry.version]);
      for (const [start, end] of [
        [0, 0],
        [0, 10],
        [65_000, 66_000],
        [299_990, 300_000],
      ] as const) {
        const parts: Uint8Array[] = [];
        const signal = new AbortController().signal;
        for await (const part of opened.read({ start, end }, signal)) parts.push(part);
        assert.deepEqual(Buffer.concat(parts), Buffer.from(content.subarray(start, end)));
      }
      for (const [start, end] of [
        [-1, 5],
        [5, 4],
        [0, 300_001],
      ] as const) {
        assert.throws(() => opened.read({ start, end }, new AbortController().signal), coded('bad-range'));
      }
      const sha256 = createHash('sha256').update(content).digest('hex');
      assert.deepEqual(await drive.checksum(id(entry)), { sha256 });
    });

    it('a folder has no content, no versions and no checksum', async () => {
      const at = await folder();
      await assert.rejects(drive.open(at), coded('not-found'));
      await assert.rejects(drive.versions(at), coded('not-found'));
      await assert.rejects(drive.checksum(at), coded('not-found'));
      await assert.rejects(drive.restoreVersion(at, versionId(ghost)), coded('not-found'));
    });

    it('an old version becomes current again, as a new one', async () => {
      const at = await folder();
      const old = await file(at, 'a', 'one');
      await put(at, 'a', 'two');
      const restored = await drive.restoreVersion(id(old), versionId(old.version));
      assert.notEqual(restored.version, old.version);
      assert.equal(await read(id(old)), 'one');
      assert.equal((await drive.versions(id(old))).length, 3);
      assert.equal(
        (await drive.restoreVersion(id(old), versionId(restored.version))).version,
        restored.version,
      );
      for (const version of [ghost, (await file(at, 'other')).version]) {
        await assert.rejects(drive.restoreVersion(id(old), versionId(version)), coded('not-found'));
        await assert.rejects(drive.open(id(old), versionId(version)), coded('not-found'));
      }
    });

    it('a version has a name when its owner gives it one', async () => {
      const at = await folder();
      const old = await file(at, 'a', 'one');
      await put(at, 'a', 'two');
      const version = versionId(old.version);
      if (!isOwners) {
        await assert.rejects(drive.nameVersion(id(old), version, 'first'), coded('forbidden'));
        return;
      }
      const namesOf = async () => (await drive.versions(id(old))).map(({ name }) => name);
      await drive.nameVersion(id(old), version, 'first draft');
      assert.deepEqual(await namesOf(), [null, 'first draft']);
      assert.equal(await read(id(old)), 'two');
      assert.equal(await read(id(old), old.version), 'one');
      await drive.nameVersion(id(old), version, null);
      assert.deepEqual(await namesOf(), [null, null]);
      await assert.rejects(drive.nameVersion(id(old), versionId(ghost), 'x'), coded('not-found'));
      await assert.rejects(drive.nameVersion(id(old), version, ' '), coded('bad-input'));
    });

    it('an old version is removed by the owner, and the current one by nobody', async () => {
      const at = await folder();
      const old = await file(at, 'a', 'one');
      const { version } = (await put(at, 'a', 'two')).entry;
      if (!isOwners) {
        await assert.rejects(drive.removeVersion(id(old), versionId(old.version)), coded('forbidden'));
        return;
      }
      await drive.removeVersion(id(old), versionId(old.version));
      assert.deepEqual(
        (await drive.versions(id(old))).map((one) => one.id),
        [version],
      );
      await assert.rejects(drive.removeVersion(id(old), versionId(version)), coded('conflict'));
      await assert.rejects(drive.removeVersion(id(old), versionId(old.version)), coded('not-found'));
    });

    it('listeners hear the ids of what changes until they stop', async () => {
      const at = await folder();
      const heard = new Set<string>();
      const stopListening = drive.onChange((ids) => {
        for (const one of ids) heard.add(one);
      });
      const entry = await file(at, 'a');
      assert.ok(heard.has(entry.id));
      heard.clear();
      await drive.patch(id(entry), { name: 'b' });
      assert.ok(heard.has(entry.id));
      stopListening();
      heard.clear();
      await drive.patch(id(entry), { name: 'c' });
      assert.deepEqual([...heard], []);
    });

    it('every view has the same fields', async () => {
      const at = await folder();
      const entry = await file(at, 'a');
      const fields = (view: EntryView) => Object.keys(view).sort();
      const expected = [
        'createdAt',
        'executable',
        'id',
        'kind',
        'media',
        'mime',
        'modifiedAt',
        'name',
        'owner',
        'parentId',
        'rights',
        'safety',
        'size',
        'starred',
        'tags',
        'thumbnail',
        'totalCount',
        'totalSize',
        'trashedAt',
        'version',
      ];
      const [listed] = (await drive.children(at, byName)).items;
      assert.ok(listed);
      for (const view of [await drive.root(), entry, listed, ...(await drive.ancestors(id(entry)))]) {
        assert.deepEqual(fields(view), expected);
        assert.equal(view.rights, isOwners ? null : 'edit');
      }
    });
  });
}
