import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EntryView } from '../../../src/model/api.ts';
import type { Drive, Session } from '../../../src/model/contracts/drive.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { type EntryId, entryId, grantId } from '../../../src/model/ids.ts';
import { eavesdrop } from '../eavesdropper.ts';
import { addUser, catalogOf, createPair, exchange, list, password, put, read } from '../world.ts';

/** One thing that one of three people does on one of two devices. */
interface Step {
  device: number;
  who: 'ada' | 'bob' | 'eve';
  what: (typeof gestures)[number];
  at: number;
  to: number;
  name: string;
}

const gestures = [
  'folder',
  'put',
  'put',
  'rename',
  'move',
  'move',
  'trash',
  'restore',
  'rekey',
  'revoke',
  'meet',
] as const;
const names = ['a', 'A', 'b.txt', 'c'];

const step: fc.Arbitrary<Step> = fc.record({
  device: fc.nat(1),
  who: fc.constantFrom('ada', 'ada', 'ada', 'bob', 'bob', 'eve'),
  what: fc.constantFrom(...gestures),
  at: fc.nat(1000),
  to: fc.nat(1000),
  name: fc.constantFrom(...names),
});

/** What a person may be told; anything else is a bug. */
const refusals = ['name-taken', 'would-make-a-cycle', 'gone', 'forbidden', 'not-found', 'conflict'] as const;

function refused(error: unknown): undefined {
  if (refusals.some((code) => isPeerstorError(error, code))) return undefined;
  throw error;
}

async function under(drive: Drive, top: EntryId): Promise<EntryView[]> {
  const found: EntryView[] = [];
  const open: string[] = [top];
  for (let folder = open.shift(); folder; folder = open.shift()) {
    for (const view of await list(drive, folder)) {
      found.push(view);
      if (view.kind === 'folder') open.push(view.id);
    }
  }
  return found;
}

/** Everything under a folder. What Eve made after she was revoked elsewhere, and Ada renamed, has no content. */
async function shown(drive: Drive, top?: EntryId): Promise<string[]> {
  const lines: string[] = [];
  for (const { id, parentId, kind, name } of await under(drive, top ?? entryId((await drive.root()).id))) {
    const content = kind === 'file' ? await read(drive, id).catch(emptied) : '';
    lines.push(`${parentId}/${name} ${id}: ${content}`);
  }
  return lines;
}

function emptied(error: unknown): string {
  if (isPeerstorError(error, 'gone')) return '(gone)';
  throw error;
}

async function createWorldOfThree() {
  const pair = await createPair();
  const { device, session, drive, root, laptop } = pair;
  const meet = async () => {
    for (let round = 0; round < 2; round += 1) await exchange(device, laptop);
  };
  const bob = await addUser(device, session, 'Bob');
  const eve = await addUser(device, session, 'Eve');
  const shared = entryId((await drive.createFolder(root, 'shared')).id);
  const inner = await drive.createFolder(shared, 'inner');
  await put(drive, inner.id, 'first', 'first');
  await drive.createFolder(root, 'private');
  for (const name of ['Bob', 'Eve']) await session.sharing.shareWith(shared, name, 'edit');
  await meet();
  const sessions: Record<Step['who'], Session>[] = [{ ada: session, bob, eve }];
  const login = (name: string) => laptop.accounts.login(name, password, 'far');
  sessions.push({ ada: await login('Ada'), bob: await login('Bob'), eve: await login('Eve') });
  const ear = await eavesdrop(device, eve);
  return { ...pair, devices: [device, laptop], sessions, shared, ear, meet };
}

type Three = Awaited<ReturnType<typeof createWorldOfThree>>;

/** @returns the entry that new content was written to, if it was */
async function act(three: Three, { device, who, what, at, to, name }: Step, content: string) {
  const session = three.sessions[device]?.[who];
  assert.ok(session);
  const { drive, sharing } = session;
  const top = who === 'ada' ? three.root : three.shared;
  const all = await under(drive, top);
  const folders = [top, ...all.filter(({ kind }) => kind === 'folder').map(({ id }) => entryId(id))];
  const folder = folders[to % folders.length] ?? top;
  const target = all[at % Math.max(1, all.length)];
  if (what === 'folder') await drive.createFolder(folder, name);
  if (what === 'put') return put(drive, folder, name, content);
  if (what === 'revoke' && who === 'ada') await sharing.revokeAccess(three.shared, 'Eve');
  if (what === 'rekey' && who === 'ada') {
    // A link that is taken back gives its entry a new key.
    const link = await sharing.createLink({ entryId: folder, rights: 'view' });
    await sharing.revokeLink(grantId(link.id));
  }
  if (what === 'restore' && who === 'ada') {
    const { items } = await drive.trashed({ sort: 'name', order: 'asc', limit: 100 });
    const trashed = items[at % Math.max(1, items.length)];
    if (trashed) await drive.restore(entryId(trashed.id));
  }
  if (!target || target.id === three.shared) return undefined;
  const id = entryId(target.id);
  if (what === 'rename') await drive.patch(id, { name });
  if (what === 'move') await drive.patch(id, { parentId: folder });
  if (what === 'trash') await drive.trash(id);
  return undefined;
}

/** Is an entry in the shared folder, as this device sees it? */
function isShared({ devices, shared }: Three, device: number, id: string): boolean {
  const at = devices[device];
  assert.ok(at);
  const catalog = catalogOf(at);
  for (let here: EntryId | undefined = entryId(id); here; here = catalog.placeOf(here)?.parent) {
    if (here === shared) return true;
  }
  return false;
}

async function knowsOfRevocation({ devices }: Three, device: number, eve: string): Promise<boolean> {
  const at = devices[device];
  assert.ok(at);
  for await (const { body } of catalogOf(at).list('grant'))
    if (body?.grantee === eve && body.revoked) return true;
  return false;
}

test('whatever is moved, rekeyed, renamed and added at once: who has access opens all, who lost it nothing new', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
      const three = await createWorldOfThree();
      const { world, devices, sessions, shared, ear, meet } = three;
      const eve = sessions[0]?.eve.user.id ?? '';
      const closed: string[] = [];
      const listen = async () => {
        for (const device of devices) await ear.listen(catalogOf(device));
      };
      for (const [index, one] of steps.entries()) {
        // Less than a second in all: nothing is done in the background yet.
        await world.clock.pass(10);
        if (one.what === 'meet') await meet();
        else {
          const view = await act(three, one, `content ${index}`).catch(refused);
          const isClosed = view && (await knowsOfRevocation(three, one.device, eve));
          if (isClosed && isShared(three, one.device, view.id)) closed.push(view.version);
        }
        await listen();
      }
      await meet();

      const [here, there] = sessions;
      assert.ok(here && there);
      const tree = await shown(here.ada.drive);
      assert.deepEqual(await shown(there.ada.drive), tree);
      for (const device of devices) await everyVersionOpens(device, here.ada.drive);

      // What is written now, before anything was done in the background, is closed to Eve.
      if (await knowsOfRevocation(three, 0, eve)) {
        for (const { id, kind } of await under(here.ada.drive, shared).catch(() => [])) {
          if (kind === 'folder') closed.push((await put(here.ada.drive, id, 'last', 'closed')).version);
        }
        await listen();
        for (const device of devices) {
          const readable = await ear.readable(catalogOf(device));
          assert.deepEqual(
            closed.filter((version) => readable.has(version)),
            [],
          );
        }
      }

      // One device renews what is left; then Bob, who kept his access, opens all that is shared.
      devices[1]?.accounts.stop();
      for (let round = 0; round < 3; round += 1) {
        await world.clock.pass(6000);
        for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        await meet();
      }
      const expected = await shown(here.ada.drive, shared).catch(refused);
      if (expected) assert.deepEqual(await shown(here.bob.drive, shared), expected);
    }),
    { numRuns: 6, endOnFailure: true },
  );
});

async function everyVersionOpens(device: Three['device'], drive: Drive): Promise<void> {
  for await (const { id, body } of catalogOf(device).list('entry')) {
    if (body?.kind !== 'file') continue;
    const view = await drive.entry(entryId(id)).catch(refused);
    if (!view || view.mime === null) continue;
    await read(drive, id);
    const history = await catalogOf(device).versions(entryId(id));
    assert.equal((await drive.versions(entryId(id))).length, history.length);
  }
}
