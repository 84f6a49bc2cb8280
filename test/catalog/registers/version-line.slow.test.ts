import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { writeRecord } from '../../../src/catalog/records/record-format.ts';
import type { Draft } from '../../../src/model/contracts/catalog.ts';
import { userId } from '../../../src/model/ids.ts';
import { type CatalogRecord, hlcTicksPerMs } from '../../../src/model/records.ts';
import { carry, entryOf, keyOf, World } from '../world.ts';

const file = entryOf(1);
const member = keyOf('member');
const versions = 5;

interface Step {
  number: number;
  device: number;
  gone: boolean;
  /** The owner of the file, or another user who claims a version of it. */
  owner: boolean;
  replaces: number[];
}

const steps = fc.array(
  fc.record<Step>({
    number: fc.integer({ min: 1, max: versions }),
    device: fc.integer({ min: 0, max: 2 }),
    gone: fc.constantFrom(false, false, false, true),
    owner: fc.constantFrom(true, true, true, true, false),
    replaces: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 1, max: versions }).map((one) => [one]) },
      { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: versions }), { maxLength: 2 }) },
    ),
  }),
  { minLength: 1, maxLength: 10, size: 'max' },
);

describe('the line of versions of a file', () => {
  it('is never called single while there is a conflict, in whatever order things come and lose their right', async () => {
    let [conflicts, singles] = [0, 0];
    await fc.assert(
      fc.asyncProperty(steps, fc.infiniteStream(fc.nat()), fc.nat(8), async (history, choices, lastSeq) => {
        const world = new World();
        const catalog = await founded(world);
        const waiting = written(world, history, lastSeq);
        const choose = (count: number) => (choices.next().value ?? 0) % count;
        while (waiting.length > 0) {
          const batch = [];
          for (let size = 1 + choose(3); size > 0 && waiting.length > 0; size -= 1)
            batch.push(...waiting.splice(choose(Math.min(3, waiting.length)), 1));
          const { refused } = await catalog.accept(batch.map(({ bytes }) => bytes));
          assert.deepEqual(refused, []);
          const current = await catalog.currentVersions(file);
          if (current.length > 1) assert(catalog.mayConflict(file));
          // Told by another way where the line is single.
          assert.deepEqual(current.slice(0, 1), (await catalog.versions(file)).slice(0, 1));
          conflicts += Number(current.length > 1);
          singles += Number(current.length === 1 && !catalog.mayConflict(file));
        }
        await catalog.stop();
      }),
      { numRuns: 400, interruptAfterTimeLimit: 20_000 },
    );
    assert(conflicts > 20 && singles > 20, `${conflicts} conflicts and ${singles} single lines were seen`);
  });

  it('is single while each version replaces the one before, deletions included, here and where it is joined', async () => {
    const world = new World();
    const a = await founded(world);
    await a.author([world.deviceDraft(1)], world.admin);
    assert(a.mayConflict(file), 'nothing is known of a file without versions');
    for (const number of [1, 2, 3])
      await a.author([world.versionDraft(number, 1, number > 1 ? [number - 1] : [])], world.admin);
    await a.author([{ ...world.versionDraft(2, 1), body: null }], world.admin);
    const b = await world.catalog(1);
    await carry(a, b);
    for (const catalog of [a, b]) assert(!catalog.mayConflict(file));
    await b.author([world.versionDraft(4, 1, [3])], world.admin);
    await a.author([world.versionDraft(5, 1, [3])], world.admin);
    await carry(b, a);
    assert(a.mayConflict(file));
    for (const catalog of [a, b]) await catalog.stop();
  });
});

async function founded(world: World) {
  const catalog = await world.founded();
  await catalog.author(
    [world.userDraft(member), world.deviceDraft(1), world.entryDraft(1, { kind: 'file' })],
    world.admin,
  );
  return catalog;
}

/** Beside the history: the record that makes the third device a member, and the one that removes it. */
function written(world: World, history: readonly Step[], lastSeq: number): CatalogRecord[] {
  const seqs = [100, 100, 0];
  const records: CatalogRecord[] = [];
  const write = ({ table, id, body }: Draft, device: number, base: CatalogRecord[], ticks: number) => {
    const seq = (seqs[device] ?? 0) + 1;
    seqs[device] = seq;
    const author = body && 'owner' in body && body.owner === member.principal ? member : world.admin;
    const fields = { table, id, device: world.device(device), seq, principal: author.principal, body };
    const hlc = (world.clock.wallMs() + 1000) * hlcTicksPerMs + ticks;
    const said = { ...fields, hlc, base: base.map(({ revision }) => revision) };
    records.push(writeRecord(world.networkId, said, author));
  };
  write(world.deviceDraft(2), 0, [], 0);
  for (const [index, { number, device, gone, owner, replaces }] of history.entries()) {
    const others = replaces.filter((one) => one !== number);
    const draft = world.versionDraft(number, 1, others, owner ? world.adminId : userId(member.principal));
    const earlier = records.filter(({ id }) => id === draft.id);
    if (gone && earlier.length === 0) continue;
    write(gone ? { ...draft, body: null } : draft, device, gone ? earlier : [], 1 + index);
  }
  write(world.deviceDraft(2, { state: 'removed', lastSeq }), 0, records.slice(0, 1), 1 + history.length);
  return records;
}
