import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isPeerstorError } from '../../../../src/model/errors.ts';
import { type CreditAccount, CreditPool, CreditPurse } from '../../../../src/node/network/frames/credits.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const limits = { start: 2, perPeer: 8, total: 10 };

describe('credits', () => {
  it('credit control grants what a peer asks for, up to its window', () => {
    const { grants, account } = onePeer();
    account.asked(5);
    assert.deepEqual(grants, [2]);
    account.taken();
    account.done();
    assert.deepEqual(grants, [2, 1]);
  });

  it('credit control refuses a large request without a credit', () => {
    const { account } = onePeer();
    assert.throws(
      () => account.taken(),
      (error) => isPeerstorError(error, 'bad-frame'),
    );
  });

  it('credit control adds one credit per second without overload while all are used, up to the limit', async () => {
    const { account, clock } = onePeer();
    account.asked(1000);
    for (let second = 0; second < 20; second += 1) {
      await clock.pass(1000);
      account.taken();
      account.done();
    }
    assert.equal(account.window, 8);
  });

  it('credit control does not grow for an idle peer', async () => {
    const { account, clock } = onePeer();
    await clock.pass(60_000);
    account.asked(1);
    account.taken();
    account.done();
    assert.equal(account.window, 2);
  });

  it('credit control halves after a slow round trip, down to one', async () => {
    const { account, clock } = onePeer();
    account.asked(1000);
    for (let second = 0; second < 20; second += 1) {
      await clock.pass(1000);
      account.taken();
      account.done();
    }
    account.observe(499);
    assert.equal(account.window, 8);
    for (const expected of [4, 2, 1, 1]) {
      account.observe(501);
      assert.equal(account.window, expected);
    }
  });

  it('credit control never grants more than the pool, and serves every peer in turn', () => {
    const pool = new CreditPool(limits, new ManualClock());
    const peers = Array.from({ length: 8 }, () => {
      const peer = { granted: 0, account: undefined as CreditAccount | undefined };
      peer.account = pool.open((count) => {
        peer.granted += count;
      });
      return peer;
    });
    for (const { account } of peers) account?.asked(100);
    assert.equal(pool.held, 10);
    for (let round = 0; round < 80; round += 1) {
      const peer = peers.find(({ granted }) => granted > 0);
      if (peer === undefined) break;
      peer.granted -= 1;
      peer.account?.taken();
      peer.account?.done();
      assert.equal(pool.held, 10);
    }
    const used = peers.map(({ granted }) => granted);
    assert.ok(used.every((count) => count <= 2));
    for (const { account } of peers) account?.close();
    assert.equal(pool.held, 0);
  });

  it('credit control stays balanced in any order of events', () => {
    const step = fc.record({
      peer: fc.integer({ min: 0, max: 4 }),
      act: fc.constantFrom('ask', 'take', 'done', 'return', 'slow'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const pool = new CreditPool(limits, new ManualClock());
        const peers = Array.from({ length: 5 }, () => {
          const peer = { credits: 0, running: 0, account: undefined as CreditAccount | undefined };
          peer.account = pool.open((count) => {
            peer.credits += count;
          });
          return peer;
        });
        for (const { peer: index, act } of steps) {
          const peer = peers[index];
          if (peer?.account === undefined) continue;
          if (act === 'ask') peer.account.asked(3);
          if (act === 'slow') peer.account.observe(1000);
          if (act === 'take' && peer.credits > 0) {
            peer.credits -= 1;
            peer.running += 1;
            peer.account.taken();
          }
          if (act === 'done' && peer.running > 0) {
            peer.running -= 1;
            peer.account.done();
          }
          if (act === 'return' && peer.credits > 0) {
            peer.credits -= 1;
            peer.account.returned(1);
          }
          const out = peers.reduce((sum, { credits, running }) => sum + credits + running, 0);
          assert.equal(pool.held, out);
          assert.ok(out <= limits.total);
        }
      }),
    );
  });

  it('credit control hands credits to waiting requests in order, and returns unneeded ones', async () => {
    const told: [string, number][] = [];
    const purse = new CreditPurse((kind, count) => told.push([kind, count]));
    const gone = new AbortController();
    const order: string[] = [];
    const first = purse.take(new AbortController().signal).then(() => order.push('first'));
    const left = purse.take(gone.signal);
    const last = purse.take(new AbortController().signal).then(() => order.push('last'));
    gone.abort(new Error('gone'));
    await assert.rejects(left, /gone/);
    purse.granted(3);
    await Promise.all([first, last]);
    assert.deepEqual(order, ['first', 'last']);
    assert.deepEqual(told, [
      ['creditAsk', 1],
      ['creditAsk', 1],
      ['creditAsk', 1],
      ['creditReturn', 1],
    ]);
  });
});

function onePeer() {
  const clock = new ManualClock();
  const grants: number[] = [];
  const account = new CreditPool(limits, clock).open((count) => grants.push(count));
  return { clock, grants, account };
}
