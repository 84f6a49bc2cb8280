import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { brakeReason } from '../../src/backup/profiles/brake.ts';
import type { KnownFile } from '../../src/backup/profiles/known-files.ts';
import { changed, choicesOf, everyMs, everyText, keepMsOf } from '../../src/backup/profiles/profile.ts';
import { planRun } from '../../src/backup/runs/plan.ts';
import { nextRunMs } from '../../src/backup/runs/schedule.ts';
import { looksEncrypted } from '../../src/backup/source/noise.ts';
import { leavesOut } from '../../src/backup/source/patterns.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { entryId, versionId } from '../../src/model/ids.ts';

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
    const shown = (path: string, isFolder = false) => out(path.split('/'), isFolder);
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
  it('accounts for every file that was found and every one that was known, exactly once', () => {
    const sets = fc.uniqueArray(fc.nat(40), { maxLength: 30 });
    fc.assert(
      fc.property(sets, sets, fc.func(fc.nat(3)), (before, after, how) => {
        // A name is a number; its inode is of another number where it was moved.
        const known = new Map(before.map((n) => [`k${n}`, file(n)]));
        const found = after.map((n) => {
          const from = how(n) === 1 ? n + 1 : n;
          const facts = { ...file(from), ...(how(n) === 2 && { size: 1000 }) };
          return { kind: 'file' as const, path: `p${n}`, key: `k${n}`, facts };
        });
        const plan = planRun({ found, known, isComplete: true });
        const { added, changed: rewritten, moved, gone, unchanged } = plan;
        assert.equal(added.length + rewritten.length + moved.length + unchanged, after.length);
        const taken = new Set(moved.map(({ from }) => from.key));
        assert.equal(taken.size, moved.length);
        for (const { key } of gone) assert.ok(!taken.has(key) && !after.some((n) => `k${n}` === key));
        assert.equal(gone.length + moved.length, before.filter((n) => !after.includes(n)).length);
      }),
    );
  });
  it('deletes nothing while a part of the source could not be read', () => {
    const known = new Map([['k1', file(1)]]);
    assert.deepEqual(planRun({ found: [], known, isComplete: false }).gone, []);
  });
});
