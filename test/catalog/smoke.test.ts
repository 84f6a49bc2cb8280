import assert from 'node:assert/strict';
import { it } from 'node:test';
import { carry, collect, entryOf, viewOf, World } from './world.ts';

it('smoke', async () => {
  const world = new World();
  const a = await world.founded();
  await world.admit(a, 1);
  await a.author([world.entryDraft(1), world.entryDraft(2, { parent: entryOf(1) })], world.admin);
  const b = await world.catalog(1);
  await carry(a, b);
  assert.deepEqual(await viewOf(b), await viewOf(a));
  await b.author([world.entryDraft(1, { parent: entryOf(2) }), world.versionDraft(1, 2)], world.admin);
  await carry(b, a);
  assert.deepEqual(await viewOf(b), await viewOf(a));
  console.log(JSON.stringify(await viewOf(a), null, 1));
  console.log(await a.digest('entry'));
  assert.deepEqual(await a.digests(), await b.digests());
});
