import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { superfluousVersions } from '../../../src/drive/versions/thinning.ts';
import { entryId, type VersionId, versionId } from '../../../src/model/ids.ts';
import { createHome, createPair, put, read } from '../world.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const nowMs = Date.UTC(2026, 10, 21, 12, 30);

function idOf(number: number): VersionId {
  return versionId(number.toString(16).padStart(32, '0'));
}

/** Thins versions of these ages; gives the ages that stay. */
function thinned(agesMs: readonly number[], stays: (index: number) => boolean = () => false): number[] {
  const versions = agesMs.map((ageMs, index) => ({
    id: idOf(index),
    writtenAtMs: nowMs - ageMs,
    order: nowMs - ageMs,
    ageMs,
    stays: stays(index),
  }));
  const gone = new Set(superfluousVersions(versions));
  return versions.filter(({ id }) => !gone.has(id)).map(({ ageMs }) => ageMs);
}

const ages = (fromMs: number, toMs: number, everyMs: number) =>
  Array.from({ length: (toMs - fromMs) / everyMs }, (_, index) => fromMs + index * everyMs);

test('every version stays for an hour, then one an hour for a day, one a day for 30 days, and one a week', () => {
  assert.equal(thinned(ages(0, hourMs, minuteMs)).length, 60);
  // Spans begin on the hour, so one more is begun than is full.
  assert.equal(thinned(ages(hourMs, dayMs, minuteMs)).length, 24);
  assert.equal(thinned(ages(dayMs, 30 * dayMs, hourMs)).length, 30);
  assert.equal(thinned(ages(30 * dayMs, 100 * dayMs, 6 * hourMs)).length, 11);
});

test('versions with a name, and current ones, stay whatever their age', () => {
  const old = [400, 401, 402, 403].map((days) => days * dayMs);
  assert.ok(thinned(old, (index) => index === 2).includes(402 * dayMs));
  assert.equal(thinned(old, () => true).length, 4);
});

const versionsOfAnyAge = fc.array(
  fc.record({
    writtenAtMs: fc.integer({ min: nowMs - 100 * dayMs, max: nowMs }),
    isNamed: fc.boolean(),
  }),
  { maxLength: 40 },
);

test('how often, and on how many devices, a history is thinned on the way makes no difference', () => {
  const times = fc.array(fc.integer({ min: 0, max: 400 * dayMs }), { maxLength: 6 });
  fc.assert(
    fc.property(versionsOfAnyAge, times, (written, laterMs) => {
      const versions = written.map(({ writtenAtMs, isNamed }, index) => ({
        id: idOf(index),
        writtenAtMs,
        order: writtenAtMs,
        stays: isNamed,
      }));
      const thin = (kept: typeof versions, atMs: number) => {
        const aged = kept.map((version) => ({ ...version, ageMs: atMs - version.writtenAtMs }));
        const gone = superfluousVersions(aged);
        return kept.filter(({ id }) => !gone.includes(id));
      };
      const endMs = nowMs + 400 * dayMs;
      let step = versions;
      for (const later of laterMs.toSorted((left, right) => left - right)) step = thin(step, nowMs + later);
      const atOnce = thin(versions, endMs);
      assert.deepEqual(thin(step, endMs), atOnce);
      assert.deepEqual(thin(atOnce, endMs), atOnce);
      const newestMs = Math.max(...versions.map(({ writtenAtMs }) => writtenAtMs));
      if (versions.length > 0) assert.ok(atOnce.some(({ writtenAtMs }) => writtenAtMs === newestMs));
    }),
  );
});

test('a signed-in device thins histories in time, keeps named versions, and the content stays', async () => {
  const { drive, root, world } = await createHome();
  const first = await put(drive, root, 'a', 'version 0');
  for (let number = 1; number < 6; number += 1) {
    await world.clock.pass(minuteMs);
    await put(drive, root, 'a', `version ${number}`);
  }
  const id = entryId(first.id);
  await drive.nameVersion(id, versionId(first.version), 'the beginning');
  assert.equal((await drive.versions(id)).length, 6);
  await world.clock.pass(3 * hourMs);
  const kept = await drive.versions(id);
  assert.deepEqual(
    kept.map(({ current, name }) => [current, name]),
    [
      [true, null],
      [false, 'the beginning'],
    ],
  );
  assert.equal(await read(drive, id), 'version 5');
});

test('a folder that says so keeps every version of what lies below for that long, and no longer', async () => {
  const { drive, root, world } = await createHome();
  const folder = entryId((await drive.createFolder(root, 'backup')).id);
  const below = entryId((await drive.createFolder(folder, 'deep')).id);
  await drive.setProperties(folder, { 'peerstor:keep-versions-ms': String(5 * hourMs) });
  const kept = await put(drive, below, 'a', 'version 0');
  const thinned = await put(drive, root, 'a', 'version 0');
  for (let number = 1; number < 4; number += 1) {
    await world.clock.pass(minuteMs);
    await put(drive, below, 'a', `version ${number}`);
    await put(drive, root, 'a', `version ${number}`);
  }
  await world.clock.pass(3 * hourMs);
  assert.equal((await drive.versions(entryId(kept.id))).length, 4);
  assert.equal((await drive.versions(entryId(thinned.id))).length, 1);
  await world.clock.pass(3 * hourMs);
  assert.equal((await drive.versions(entryId(kept.id))).length, 1);
});

test('a wall clock that jumps ahead makes no version older', async () => {
  const { drive, root, world } = await createHome();
  const first = await put(drive, root, 'a', 'version 0');
  for (let number = 1; number < 5; number += 1) {
    await world.clock.pass(hourMs);
    await put(drive, root, 'a', `version ${number}`);
  }
  world.clock.setWall(400 * dayMs);
  await world.clock.pass(3 * hourMs);
  // Each is the newest of its hour; by the wall clock they would be old enough for one a week.
  assert.equal((await drive.versions(entryId(first.id))).length, 5);
});

test('two devices that thin the same history agree on what is left', async () => {
  const { drive, root, world, other, meet } = await createPair();
  const first = await put(drive, root, 'a', 'version 0');
  for (let number = 1; number < 4; number += 1) await put(drive, root, 'a', `version ${number}`);
  await meet();
  await world.clock.pass(4 * hourMs);
  await meet();
  for (const one of [drive, other]) {
    assert.equal((await one.versions(entryId(first.id))).length, 1);
    assert.equal(await read(one, first.id), 'version 3');
  }
});
