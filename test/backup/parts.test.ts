import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { brakeReason } from '../../src/backup/profiles/brake.ts';
import { type KnownFile, KnownFiles } from '../../src/backup/profiles/known-files.ts';
import { Planner } from '../../src/backup/profiles/plan.ts';
import { changed, choicesOf, everyMs, everyText, keepMsOf } from '../../src/backup/profiles/profile.ts';
import { packedEntry, RowTable } from '../../src/backup/profiles/row-table.ts';
import { nextRunMs } from '../../src/backup/runs/schedule.ts';
import { SourceListing } from '../../src/backup/source/listing.ts';
import { looksEncrypted } from '../../src/backup/source/noise.ts';
import { leavesOut } from '../../src/backup/source/patterns.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { entryId, versionId } from '../../src/model/ids.ts';
import { MemoryOrderedStore } from '../../src/store/index.ts';

const minuteMs = 60_000;
const isBadInput = (error: unknown) => isPeerstorError(error, 'bad-input');
const wish = { folder: '/home/anna/docs', target: '/Backups/docs' };

describe('the choices of a backup', () => {
  it('have defaults, take one schedule, and change only what is named', () => {
    const choices = choicesOf({ ...wish, every: '6h' });
    assert.deepEqual(
      [choices.name, choices.onDelete, choices.schedule],
      ['docs', 'trash', { kind: 'every', ms: 360 * minuteMs }],
    );
    assert.deepEqual(changed(choices, { cron: '0 3 * * *' }), {
      ...choices,
      schedule: { kind: 'cron', pattern: '0 3 * * *' },
    });
    assert.deepEqual(changed(choices, { watch: false }).schedule, { kind: 'manual' });
    assert.throws(() => changed(choices, { watch: true, every: '1h' }), isBadInput);
  });

  it('refuse a pattern, a time, a preset and a number that are none', () => {
    for (const wrong of [
      { cron: 'daily' },
      { cron: '99 3 * * *' },
      { every: '10s' },
      { every: '' },
      { presets: ['x'] },
      { name: ' ' },
      { keep: { hourly: -1 } },
      { keep: { hourly: 0, daily: 0, weekly: 0, monthly: 0 } },
    ])
      assert.throws(() => choicesOf({ ...wish, ...wrong }), isBadInput, JSON.stringify(wrong));
  });

  it('write times as they are read', () => {
    for (const text of ['5m', '1h', '36h', '1d', '2w']) assert.equal(everyText(everyMs(text)), text);
    assert.equal(keepMsOf({ hourly: 24, daily: 30, weekly: 12, monthly: 0 }), 12 * 7 * 1440 * minuteMs);
  });
});

describe('the time of the next run', () => {
  const nowMs = new Date(2026, 10, 30, 12, 0).getTime();
  it('makes up for one that passed while the device was off', () => {
    const lastMs = nowMs - 3 * 1440 * minuteMs;
    for (const schedule of [
      { kind: 'every', ms: 60 * minuteMs },
      { kind: 'watch' },
      { kind: 'cron', pattern: '0 3 * * *' },
    ] as const)
      assert.ok((nextRunMs(schedule, lastMs, nowMs) ?? nowMs + 1) < nowMs, schedule.kind);
  });
  it('is the next one of a pattern in local time, and none for a backup that is run by hand', () => {
    assert.equal(
      nextRunMs({ kind: 'cron', pattern: '0 3 * * *' }, nowMs, nowMs),
      new Date(2026, 11, 1, 3, 0).getTime(),
    );
    assert.equal(nextRunMs({ kind: 'manual' }, undefined, nowMs), undefined);
  });
});

describe('what is left out', () => {
  it('follows presets and patterns, and a later pattern takes in again', () => {
    const out = leavesOut(['node_modules', 'system'], ['*.tmp', '/build/', '!keep.tmp']);
    const shown = (path: string, isFolder = false) => out(path, isFolder);
    assert.deepEqual(
      [
        shown('a/node_modules', true),
        shown('x/.DS_Store'),
        shown('a.tmp'),
        shown('keep.tmp'),
        shown('build', true),
        shown('src/build', true),
        shown('a.txt'),
        shown('.peerstor-snapshots', true),
      ],
      [true, true, true, false, true, false, false, true],
    );
  });
});

describe('noise', () => {
  it('is told from text, from pictures and from what was packed', () => {
    assert.equal(looksEncrypted(randomBytes(64 * 1024)), true);
    assert.equal(looksEncrypted(randomBytes(2048)), true);
    const text = Array.from({ length: 900 }, (_, n) =>
      createHash('sha256').update(`${n}`).digest('hex'),
    ).join(' ');
    assert.equal(looksEncrypted(Buffer.from(text)), false);
    assert.equal(looksEncrypted(gzipSync(randomBytes(20_000))), false);
    assert.equal(looksEncrypted(Buffer.concat([Buffer.of(0xff, 0xd8, 0xff), randomBytes(5000)])), false);
    assert.equal(looksEncrypted(Buffer.alloc(5000)), false);
    assert.equal(looksEncrypted(new Uint8Array()), false);
  });
});

describe('the reason to stop', () => {
  const nowMs = 1_800_000_000_000;
  const reason = (gone: number, noisy: number, known: number, files = 0, ageMs = minuteMs) =>
    brakeReason({ before: [{ atMs: nowMs - ageMs, files }], gone, noisy, known, nowMs });
  it('is more than a fifth in a day, gone and noisy together, what was let through included', () => {
    assert.equal(reason(20, 0, 100), undefined);
    assert.match(reason(21, 0, 100) ?? '', /21 of 100/);
    assert.match(reason(11, 10, 100) ?? '', /encrypted/);
    assert.match(reason(7, 0, 90, 16) ?? '', /within a day/);
    assert.equal(reason(7, 0, 90, 16, 25 * 60 * minuteMs), undefined);
    assert.equal(reason(0, 0, 100, 90), undefined);
  });
  it('is an empty folder, and not a few files of a small one', () => {
    assert.match(reason(5, 0, 5) ?? '', /5 of 5/);
    assert.equal(reason(4, 0, 8), undefined);
    assert.equal(reason(1, 0, 1), undefined);
  });
});

describe('the plan of a run', () => {
  const file = (n: number): KnownFile => ({
    kind: 'file',
    ...{ size: n, mtimeMs: n, ctimeMs: n, ino: BigInt(n + 1) },
    entry: entryId(n.toString(16).padStart(32, '0')),
    version: versionId(n.toString(16).padStart(32, 'f')),
  });
  const keyOf = (path: string) => path.padEnd(16, '.');
  /** The rows as a run reads them from its database. */
  async function tableOf(known: ReadonlyMap<string, KnownFile>): Promise<RowTable> {
    const files = new KnownFiles(new MemoryOrderedStore(), { id: '0f'.repeat(16), salt: '' });
    for (const [path, row] of known) await files.set(keyOf(path), row);
    return RowTable.from(files.rows());
  }

  it('accounts for every file that was found and every one that was known, exactly once', async () => {
    const sets = fc.uniqueArray(fc.nat(40), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(sets, sets, fc.func(fc.nat(3)), async (before, after, how) => {
        // A name is a number; its inode is of another number where it was moved.
        const rows = await tableOf(new Map(before.map((n) => [`p${n}`, file(n)])));
        const files = after.map((n) => {
          const from = how(n) === 1 ? n + 1 : n;
          return { name: `p${n}`, facts: { ...file(from), ...(how(n) === 2 && { size: 1000 }) } };
        });
        const planner = new Planner(rows, keyOf);
        planner.add({ path: '', folders: [], files });
        const plan = planner.finish(true);
        const { added, changed: rewritten, moved, gone, unchanged } = plan;
        assert.equal(added.length + rewritten.length + moved.length + unchanged, after.length);
        assert.equal(plan.known, before.length);
        const taken = new Set(moved.map(({ from }) => from.key));
        assert.equal(taken.size, moved.length);
        const there = new Set(after.map((n) => keyOf(`p${n}`)));
        for (const { key } of gone) assert.ok(!taken.has(key) && !there.has(key));
        assert.equal(gone.length + moved.length, before.filter((n) => !after.includes(n)).length);
      }),
    );
  });
  it('deletes nothing while a part of the source could not be read', async () => {
    const rows = () => tableOf(new Map([['p1', file(1)]]));
    assert.deepEqual(new Planner(await rows(), keyOf).finish(false).gone, []);
    assert.equal(new Planner(await rows(), keyOf).finish(true).gone.length, 1);
  });
  it('saves again what the drive does not have any more, and does not count it as gone', async () => {
    const rows = await tableOf(new Map([1, 2].map((n) => [`p${n}`, file(n)])));
    rows.dropOthers(new Set([packedEntry(file(2).entry)]));
    const planner = new Planner(rows, keyOf);
    planner.add({ path: '', folders: [], files: [1, 2].map((n) => ({ name: `p${n}`, facts: file(n) })) });
    const { added, unchanged, gone, known } = planner.finish(true);
    assert.deepEqual([added.map(({ path }) => path), unchanged, gone, known], [['p1'], 1, [], 1]);
  });
  it('takes away what has the name of another kind now', async () => {
    const rows = await tableOf(new Map([['p1', file(1)]]));
    const planner = new Planner(rows, keyOf);
    planner.add({ path: '', folders: ['p1'], files: [] });
    const { folders, replaced, gone } = planner.finish(true);
    assert.deepEqual(
      [folders.map(({ path }) => path), replaced.map(({ file: { entry } }) => entry), gone],
      [['p1'], [file(1).entry], []],
    );
  });
});

describe('the rows of a profile', () => {
  it('are found by their keys, however many they are', async () => {
    const files = new KnownFiles(new MemoryOrderedStore(), { id: '0f'.repeat(16), salt: 'aa' });
    const paths = Array.from({ length: 3000 }, (_, n) => `folder/file ${n}`);
    for (const [n, path] of paths.entries())
      await files.set(files.keyOf(path), {
        kind: n % 3 === 0 ? 'folder' : 'file',
        ...{ size: n, mtimeMs: n + 0.5, ctimeMs: n, ino: BigInt(n) },
        entry: entryId(n.toString(16).padStart(32, '0')),
        version: versionId(n.toString(16).padStart(32, 'f')),
      });
    const table = await RowTable.from(files.rows());
    assert.deepEqual([table.length, table.files], [3000, 2000]);
    for (const [n, path] of paths.entries()) {
      const row = table.find(files.keyOf(path)) ?? assert.fail(path);
      const { size, kind } = table.at(row);
      assert.deepEqual([size, kind], [n, n % 3 === 0 ? 'folder' : 'file']);
      if (n % 2 === 0) table.mark(row);
    }
    assert.equal(table.find(files.keyOf('folder')), undefined);
    assert.equal([...table.unmarked()].length, 1500);
  });
});

describe('the list of a source', () => {
  it('is in the order of whole paths, as if they had been sorted', () => {
    const name = fc.stringMatching(/^[ -.0a-c]{1,3}$/);
    const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 4 }), { maxLength: 20 });
    fc.assert(
      fc.property(paths, (all) => {
        const folders = new Set(['']);
        for (const names of all)
          for (let n = 1; n < names.length; n += 1) folders.add(names.slice(0, n).join('/'));
        const files = new Set(all.map((names) => names.join('/')).filter((path) => !folders.has(path)));
        const listing = new SourceListing();
        const namesIn = (set: ReadonlySet<string>, parent: string) =>
          [...set]
            .filter((path) => path !== '' && dirname(`/${path}`) === `/${parent}`)
            .map((path) => basename(path));
        const facts = { size: 0, mtimeMs: 0, ctimeMs: 0, ino: 0n };
        for (const path of folders)
          listing.add({
            path,
            folders: namesIn(folders, path),
            files: namesIn(files, path).map((one) => ({
              name: one,
              facts: { ...facts, executable: one === 'a' },
            })),
          });
        const listed = [...listing.inOrder()];
        const expected = [...folders]
          .filter(Boolean)
          .concat(...files)
          .sort((a, b) => (a < b ? -1 : 1));
        assert.deepEqual(
          listed.map(({ path }) => path),
          expected,
        );
        for (const { kind, path, executable } of listed) {
          assert.equal(kind, folders.has(path) ? 'folder' : 'file');
          assert.equal(executable, kind === 'file' && (path === 'a' || path.endsWith('/a')));
        }
      }),
    );
  });
});
