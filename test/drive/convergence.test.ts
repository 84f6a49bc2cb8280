import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EntryView } from '../../src/model/api.ts';
import type { Drive } from '../../src/model/contracts/drive.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { entryId, versionId } from '../../src/model/ids.ts';
import { byName, createPair, exchange, list, put, read } from './world.ts';

/** One thing that a person does, at a place chosen by numbers. */
interface Step {
  device: number;
  what: (typeof gestures)[number];
  at: number;
  to: number;
  name: string;
}

const gestures = [
  'folder',
  'upload',
  'upload',
  'rename',
  'move',
  'move',
  'trash',
  'restore',
  'purge',
  'copy',
  'choose',
  'meet',
] as const;
/** Few names, so that they meet; two of them are equal. */
const names = ['a', 'A', 'b.txt', 'c'];

const step: fc.Arbitrary<Step> = fc.record({
  device: fc.nat(2),
  what: fc.constantFrom(...gestures),
  at: fc.nat(1000),
  to: fc.nat(1000),
  name: fc.constantFrom(...names),
});

/** Every entry of a drive with its path, conflicting versions too, deep ones last. */
async function everything(drive: Drive): Promise<{ path: string; view: EntryView }[]> {
  const found: { path: string; view: EntryView }[] = [];
  const open = [{ path: '', id: (await drive.root()).id }];
  for (let folder = open.shift(); folder; folder = open.shift()) {
    for (const view of await list(drive, folder.id)) {
      const path = `${folder.path}/${view.name}`;
      found.push({ path, view });
      if (view.kind === 'folder') open.push({ path, id: view.id });
    }
  }
  return found;
}

/** Renamed on one device while another deleted it for ever: the name is left. */
function purged(error: unknown): string {
  if (isPeerstorError(error, 'gone')) return '(gone)';
  throw error;
}

/** What a person would see, content included. */
async function shown(drive: Drive): Promise<string[]> {
  const lines = (await everything(drive)).map(async ({ path, view }) => {
    const content = view.kind === 'file' ? await read(drive, view.id).catch(purged) : '';
    return `${path} ${view.id} ${view.version} ${content}`;
  });
  const { items } = await drive.trashed(byName);
  return [...(await Promise.all(lines)), ...items.map(({ id, name }) => `trash ${name} ${id}`)];
}

async function act(drive: Drive, { what, at, to, name }: Step, content: string): Promise<void> {
  const all = await everything(drive);
  const folders = [
    await drive.root(),
    ...all.map(({ view }) => view).filter(({ kind }) => kind === 'folder'),
  ];
  const folder = entryId(folders[to % folders.length]?.id ?? '');
  const trashed = (await drive.trashed(byName)).items;
  const pool =
    what === 'restore' || (what === 'purge' && trashed.length > 0) ? trashed : all.map(({ view }) => view);
  const target = pool[at % Math.max(1, pool.length)];
  if (what === 'folder') await drive.createFolder(folder, name);
  if (what === 'upload') await put(drive, folder, name, content);
  if (!target) return;
  const id = entryId(target.id);
  if (what === 'rename') await drive.patch(id, { name });
  if (what === 'move') await drive.patch(id, { parentId: folder });
  if (what === 'trash') await drive.trash(id);
  if (what === 'restore') await drive.restore(id);
  if (what === 'purge') await drive.purge(id);
  if (what === 'copy') await drive.copy(id, folder);
  if (what === 'choose' && target.kind === 'file') {
    const history = await drive.versions(id);
    const version = history[to % Math.max(1, history.length)];
    if (version) await drive.restoreVersion(id, versionId(version.id));
  }
}

/** Refusals that a person would be told of; anything else is a bug. */
const refusals = ['name-taken', 'would-make-a-cycle', 'gone', 'forbidden', 'not-found'] as const;

async function createThree() {
  const pair = await createPair();
  const phone = await pair.world.join('Phone', pair.device, pair.session);
  const third = await phone.accounts.login('Ada', 'correct horse battery', 'here');
  const devices = [pair.device, pair.laptop, phone];
  const drives = [pair.drive, pair.other, third.drive];
  const meetAll = async () => {
    for (let round = 0; round < 2; round += 1) {
      for (const left of devices)
        for (const right of devices) if (left !== right) await exchange(left, right);
    }
  };
  return { ...pair, devices, drives, meetAll };
}

test('whatever three devices do apart, they show the same afterwards, and a cold start shows it too', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 30 }), async (steps) => {
      const { world, devices, drives, meetAll } = await createThree();
      for (const [index, one] of steps.entries()) {
        const [device, other] = [devices[one.device], devices[(one.device + 1) % 3]];
        const drive = drives[one.device];
        assert.ok(device && other && drive);
        await world.clock.pass(10);
        if (one.what === 'meet') await exchange(device, other);
        else {
          await act(drive, one, `content ${index}`).catch((error: unknown) => {
            if (!refusals.some((code) => isPeerstorError(error, code))) throw error;
          });
        }
      }
      await meetAll();
      const seen = await Promise.all(drives.map(shown));
      assert.deepEqual(seen[1], seen[0]);
      assert.deepEqual(seen[2], seen[0]);
      for (const device of devices) assert.deepEqual(device.warnings, []);
      const cold = await devices[0]?.restart();
      const session = await cold?.accounts.login('Ada', 'correct horse battery', 'here');
      assert.ok(session);
      assert.deepEqual(await shown(session.drive), seen[0]);
    }),
    { numRuns: 8 },
  );
});
