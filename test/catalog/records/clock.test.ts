import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { futureMsMax, HybridClock } from '../../../src/catalog/records/clock.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { hlcTicksPerMs } from '../../../src/model/records.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { carry, collect, entryOf, OwnClock, World } from '../world.ts';

const minuteMs = 60_000;
const world = new World();
const [one, two, three] = [world.device(1), world.device(2), world.device(3)];

const clockWrong = (error: unknown) => isPeerstorError(error, 'clock-wrong');

describe('hybrid clock', () => {
  it('is never behind the wall, never behind what it saw, and never stands still', async () => {
    const clock = new ManualClock();
    const hybrid = new HybridClock(clock);
    const first = hybrid.next();
    assert.equal(first, clock.wallMs() * hlcTicksPerMs);
    assert.equal(hybrid.next(), first + 1);
    hybrid.observe(first + 500);
    assert.equal(hybrid.next(), first + 501);
    assert.equal(hybrid.next(first + 900), first + 901);
    await clock.pass(10);
    assert.equal(hybrid.next(), clock.wallMs() * hlcTicksPerMs);
  });

  it('does not run back when the wall clock does, nor after a restart', () => {
    const own = new OwnClock(new ManualClock());
    const hybrid = new HybridClock(own);
    const before = hybrid.next();
    own.aheadMs = -minuteMs;
    assert.equal(hybrid.next(), before + 1);
    const restarted = new HybridClock(own);
    restarted.restore(hybrid.last);
    assert.equal(restarted.next(), before + 2);
  });

  it('is not pushed by a record from far ahead', () => {
    const clock = new ManualClock();
    const hybrid = new HybridClock(clock);
    hybrid.observe((clock.wallMs() + futureMsMax + 1000) * hlcTicksPerMs);
    assert.equal(hybrid.next(), clock.wallMs() * hlcTicksPerMs);
  });

  it('drops a mark from far ahead once a peer agrees that the wall clock is right', () => {
    const clock = new ManualClock();
    const hybrid = new HybridClock(clock);
    const bogus = (clock.wallMs() + 60 * minuteMs) * hlcTicksPerMs;
    hybrid.restore(bogus);
    assert.equal(hybrid.next(), bogus + 1);
    hybrid.heardPeer(one, clock.wallMs());
    assert.equal(hybrid.next(), clock.wallMs() * hlcTicksPerMs);
  });

  it('is confirmed by a peer that agrees, until it jumps', async () => {
    const trueClock = new ManualClock();
    const own = new OwnClock(trueClock);
    const hybrid = new HybridClock(own);
    assert.equal(hybrid.isConfirmed(), false);
    hybrid.heardPeer(one, own.wallMs() + 60 * minuteMs);
    assert.equal(hybrid.isConfirmed(), false, 'one of the two is wrong');
    hybrid.heardPeer(two, own.wallMs());
    await trueClock.pass(600 * minuteMs);
    assert.equal(hybrid.isConfirmed(), true, 'a clock that is left alone stays right');
    own.aheadMs = 24 * 60 * minuteMs;
    assert.equal(hybrid.isConfirmed(), false);
    hybrid.heardPeer(two, trueClock.wallMs());
    assert.equal(hybrid.isConfirmed(), false);
    own.aheadMs = 0;
    assert.equal(hybrid.isConfirmed(), true);
  });

  it('tells times alone, and with others once one of them agrees', async () => {
    const network = new World();
    const catalog = await network.founded();
    assert.equal(catalog.isClockRight(), true);
    await network.admit(catalog, 1);
    assert.equal(catalog.isClockRight(), false);
    catalog.peerClock(network.device(1), network.clock.wallMs());
    assert.equal(catalog.isClockRight(), true);
  });

  it('lets nobody author with a clock that two peers call wrong, or that was never set', () => {
    const trueClock = new ManualClock();
    const own = new OwnClock(trueClock);
    const hybrid = new HybridClock(own);
    hybrid.checkFitToAuthor();
    hybrid.heardPeer(one, own.wallMs() - 3 * minuteMs);
    hybrid.checkFitToAuthor();
    hybrid.heardPeer(two, own.wallMs() - 3 * minuteMs);
    assert.throws(() => hybrid.checkFitToAuthor(), clockWrong);
    hybrid.heardPeer(three, own.wallMs());
    hybrid.heardPeer(two, own.wallMs());
    hybrid.checkFitToAuthor();
    const unset = new HybridClock({ ...own, wallMs: () => 5000 });
    assert.throws(() => unset.checkFitToAuthor(), clockWrong);
  });

  it('lets author whom one of two peers agrees with, or who is between them', () => {
    const own = new OwnClock(new ManualClock());
    const hybrid = new HybridClock(own);
    const hear = (...minutes: number[]) => {
      for (const [index, device] of [one, two, three, world.device(4)].slice(0, minutes.length).entries())
        hybrid.heardPeer(device, own.wallMs() + (minutes[index] ?? 0) * minuteMs);
    };
    for (const minutes of [
      [0, 60],
      [-60, 0],
      [-1, -60],
      [-60, 60],
      [0, 1, 60, 60],
    ]) {
      hear(...minutes);
      hybrid.checkFitToAuthor();
    }
    hear(0, 60, 60, 60);
    assert.throws(() => hybrid.checkFitToAuthor(), clockWrong);
  });

  it('forgets what peers said when its own clock was set, or it slept', () => {
    const own = new OwnClock(new ManualClock());
    const hybrid = new HybridClock(own);
    for (const device of [one, two]) hybrid.heardPeer(device, own.wallMs() - 60 * minuteMs);
    assert.throws(() => hybrid.checkFitToAuthor(), clockWrong);
    own.aheadMs = -60 * minuteMs;
    hybrid.checkFitToAuthor();
  });
});

describe('records from the future', () => {
  it('are kept and forwarded, and applied when they are due', async () => {
    const clock = new ManualClock();
    const shared = new World(clock);
    const own = new OwnClock(clock);
    const a = await shared.founded();
    await shared.admit(a, 1);
    const fast = await shared.catalog(1, { clock: own });
    await carry(a, fast);
    own.aheadMs = 60 * minuteMs;
    await fast.author([shared.entryDraft(1)], shared.admin);
    assert.equal((await collect(fast.children(entryOf(0)))).length, 1, 'its author sees it');
    await carry(fast, a);
    assert.equal((await collect(a.children(entryOf(0)))).length, 0);
    assert.equal((await a.missing(shared.device(1), 0)).records.length, 1);
    const [mine] = await a.author([shared.entryDraft(2)], shared.admin);
    assert.ok(mine && mine.hlc < (clock.wallMs() + 1) * hlcTicksPerMs);
    await clock.pass(55 * minuteMs + 20_000);
    await clock.until(a.author([shared.entryDraft(3)], shared.admin));
    assert.equal((await collect(a.children(entryOf(0)))).length, 3);
    await a.stop();
    await fast.stop();
  });

  it('that were applied while the own clock was ahead are taken back when it is set right', async () => {
    const clock = new ManualClock();
    const shared = new World(clock);
    const own = new OwnClock(clock);
    const a = await shared.founded();
    await shared.admit(a, 1, 2);
    const fast = await shared.catalog(1, { clock: own });
    await carry(a, fast);
    const also = new OwnClock(clock);
    const b = await shared.catalog(2, { clock: also });
    await carry(a, b);
    own.aheadMs = also.aheadMs = 60 * minuteMs;
    await clock.pass(20_000);
    await fast.author([shared.entryDraft(1)], shared.admin);
    await carry(fast, b);
    assert.equal((await collect(b.children(entryOf(0)))).length, 1);
    also.aheadMs = 0;
    await clock.pass(20_000);
    await clock.until(b.author([shared.entryDraft(2)], shared.admin));
    assert.deepEqual(
      (await collect(b.children(entryOf(0)))).map(({ id }) => id),
      [entryOf(2)],
    );
    for (const catalog of [a, b, fast]) await catalog.stop();
  });
});
