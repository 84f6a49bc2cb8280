import assert from 'node:assert/strict';
import { it } from 'node:test';
import { carry, OwnClock, World } from '../world.ts';

it('a device that has just joined concludes nothing until it has met one that is whole, or all', async () => {
  const world = new World();
  const a = await world.founded();
  assert.equal(a.isCaughtUp(), true, 'who founds a network lacks nothing');
  await world.admit(a, 1, 2);
  assert.equal(a.isCaughtUp(), true);
  for (const met of [
    { devices: [world.device(0)], whole: true },
    { devices: [0, 2].map((index) => world.device(index)), whole: false },
  ]) {
    const b = await world.catalog(1);
    assert.equal(b.isCaughtUp(), false);
    await b.caughtUp({ devices: [], whole: false });
    assert.equal(b.isCaughtUp(), false, 'an empty list of members is no reason');
    await carry(a, b);
    await b.caughtUp({ devices: [world.device(0)], whole: false });
    assert.equal(b.isCaughtUp(), false);
    await b.caughtUp(met);
    assert.equal(b.isCaughtUp(), true);
  }
});

it('a device whose clock is behind concludes nothing from what it does not show yet', async () => {
  const world = new World();
  const a = await world.founded();
  await world.admit(a, 1);
  const clock = new OwnClock(world.clock);
  const b = await world.catalog(1, { clock });
  await carry(a, b);
  await b.caughtUp({ devices: [world.device(0)], whole: true });
  assert.equal(b.isCaughtUp(), true);
  clock.aheadMs = -2 * 365 * 86_400_000;
  await a.author([world.entryDraft(1)], world.admin);
  await carry(a, b);
  assert.equal(b.isCaughtUp(), false);
  clock.aheadMs = 0;
  assert.equal(b.isCaughtUp(), false, 'not before all of it is shown');
  for (let round = 0; !b.isCaughtUp(); round += 1) {
    assert.ok(round < 20, 'it is shown, and then that is so');
    await world.clock.pass(5000);
  }
  await b.stop();
});
