import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LocalCatalog } from '../../../src/catalog/index.ts';
import { idKey, idOfKey } from '../../../src/model/contracts/ordered-store.ts';
import type { LiveVersions } from '../../../src/model/contracts/replication.ts';
import { ownRecordId, userId, type VersionId, versionId } from '../../../src/model/ids.ts';
import { liveVersionsOf } from '../../../src/node/wiring/live-versions.ts';
import {
  bob,
  inside,
  newEntry,
  newEntryOf,
  newVersion,
  newVersionOf,
  sharing,
} from '../../catalog/sharing.ts';
import { carry, collect, entryOf, versionOf } from '../../catalog/world.ts';

/** Keeps what replication keeps: what it was told, and no more. */
function followed(catalog: LocalCatalog) {
  const versions: LiveVersions = liveVersionsOf(catalog);
  const live = new Set<string>();
  const gone: { id: VersionId; wasDeleted: boolean }[] = [];
  versions.onChange(({ added, removed }) => {
    for (const { id, manifest } of added) live.add(idKey(manifest) + idKey(id));
    for (const { id, manifest, wasDeleted } of removed) {
      live.delete(idKey(manifest) + idKey(id));
      gone.push({ id, wasDeleted });
    }
  });
  const told = () => [...live].map((key) => versionId(idOfKey(key.slice(32)))).sort();
  return { told, gone, listed: async () => (await collect(versions.list())).map(({ id }) => id).sort() };
}

it("a grantee's version is withdrawn when its grant turns out to have ended before", async () => {
  const { world, a, b, grant } = await sharing({ rights: 'edit' });
  const { told, gone, listed } = followed(b);
  await a.author([world.grantDraft(1, 1, { rights: 'view' })], world.admin);
  await world.clock.pass(1000);
  const drafts = [newEntry(world, 20, entryOf(inside)), newVersion(world, 21, newEntryOf(20))];
  await b.author(drafts, bob);
  assert.deepEqual(told(), [newVersionOf(21)]);
  await carry(a, b);
  assert.equal(b.get('version', newVersionOf(21)), undefined);
  assert.deepEqual(told(), await listed());
  assert.deepEqual(gone, [{ id: newVersionOf(21), wasDeleted: false }]);
  // Who hears of it only now never takes it for a version at all.
  const other = followed(a);
  await carry(b, a);
  await grant({ rights: 'edit' });
  assert.deepEqual([other.told(), other.gone], [[], []]);
});

it('a deleted version is reported as deleted by a user', async () => {
  const { world, a } = await sharing();
  const { told, gone, listed } = followed(a);
  await a.author([world.entryDraft(30, { kind: 'file' }), world.versionDraft(31, 30)], world.admin);
  assert.deepEqual(told(), [versionOf(31)]);
  await a.author([{ table: 'version', id: versionOf(31), body: null }], world.admin);
  assert.deepEqual([told(), gone], [await listed(), [{ id: versionOf(31), wasDeleted: true }]]);
});

describe('thumbnails', () => {
  async function withThumbnails() {
    const { world, a } = await sharing();
    const kept = followed(a);
    await a.author([world.entryDraft(30, { kind: 'file' }), world.versionDraft(31, 30)], world.admin);
    await a.author([world.mediaDraft(31, 1)], world.admin);
    return { world, a, ...kept };
  }

  it('are kept as long as their version is live, and go with it', async () => {
    const { world, a, told, gone, listed } = await withThumbnails();
    assert.deepEqual([told(), await listed()], [Array(2).fill(versionOf(31)), Array(2).fill(versionOf(31))]);
    await a.author([{ table: 'version', id: versionOf(31), body: null }], world.admin);
    assert.deepEqual([told(), await listed()], [[], []]);
    assert.deepEqual(gone, Array(2).fill({ id: versionOf(31), wasDeleted: true }));
  });

  it('are kept whichever of the two records arrives first', async () => {
    const { world, a } = await sharing();
    const { told, listed } = followed(a);
    await a.author([world.mediaDraft(31, 1)], world.admin);
    assert.deepEqual([told(), await listed()], [[], []]);
    await a.author([world.entryDraft(30, { kind: 'file' }), world.versionDraft(31, 30)], world.admin);
    assert.deepEqual([told(), await listed()], [Array(2).fill(versionOf(31)), Array(2).fill(versionOf(31))]);
  });

  it('of a version that another user owns do not count', async () => {
    const { world, a } = await sharing();
    const { told } = followed(a);
    await a.author([world.entryDraft(30, { kind: 'file' }), world.versionDraft(31, 30)], world.admin);
    await a.author([world.mediaDraft(31, 1, userId(bob.principal))], bob);
    assert.deepEqual(told(), [versionOf(31)]);
  });

  it('that two devices made of one version leave those of one', async () => {
    const { world, a, b } = await sharing();
    const kept = followed(a);
    await a.author([world.entryDraft(30, { kind: 'file' }), world.versionDraft(31, 30)], world.admin);
    await carry(a, b);
    await a.author([world.mediaDraft(31, 1)], world.admin);
    await world.clock.pass(1000);
    await b.author([world.mediaDraft(31, 2)], world.admin);
    await carry(b, a);
    assert.equal(a.heads('media', ownRecordId(versionOf(31), world.adminId)).length, 2);
    assert.deepEqual(
      [kept.told(), await kept.listed()],
      [Array(2).fill(versionOf(31)), Array(2).fill(versionOf(31))],
    );
    assert.deepEqual(kept.gone, [{ id: versionOf(31), wasDeleted: false }]);
  });

  it('never take the content of their version along', async () => {
    const { world, a } = await sharing();
    const { told } = followed(a);
    const version = world.versionDraft(31, 30);
    await a.author([world.entryDraft(30, { kind: 'file' }), version], world.admin);
    const media = world.mediaDraft(31, 1);
    assert.ok(media.body && version.body);
    await a.author([{ ...media, body: { ...media.body, manifest: version.body.manifest } }], world.admin);
    await a.author([{ ...media, body: null }], world.admin);
    assert.deepEqual(told(), [versionOf(31)]);
  });
});
