import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type KeptSecrets, NetworkSecrets } from '../../../src/node/home/network-secrets.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const dayMs = 86_400_000;
const overlapMs = 7 * dayMs;
const secretOf = (number: number) => new Uint8Array(32).fill(number);

describe('network secrets', () => {
  it('a replaced network secret is kept for the overlap, and its end is reported', async () => {
    const w = world();
    assert.equal(await w.secrets.learn({ epoch: 1, secret: secretOf(1) }), true);
    assert.deepEqual(w.numbers(), [1, 0]);
    await w.clock.pass(overlapMs - 1);
    assert.deepEqual(w.numbers(), [1, 0]);
    await w.clock.pass(1);
    assert.deepEqual(w.numbers(), [1]);
    assert.equal(w.told(), 2, 'once for the new secret, once for the end of the old one');
  });

  it('the overlap of network secrets counts from when the new one was made, not from when it arrived', async () => {
    const w = world();
    await w.clock.pass(5 * dayMs);
    await w.secrets.learn({ epoch: 1, secret: secretOf(1) }, w.clock.wallMs() - 5 * dayMs);
    await w.clock.pass(2 * dayMs);
    assert.deepEqual(w.numbers(), [1]);
    await w.secrets.learn({ epoch: 2, secret: secretOf(2) }, w.clock.wallMs() - 30 * dayMs);
    assert.deepEqual(w.numbers(), [2], 'one that was replaced long ago is not used at all');
  });

  it('an admin whose clock is ahead gets no longer overlap of network secrets', async () => {
    const w = world();
    await w.secrets.learn({ epoch: 1, secret: secretOf(1) }, w.clock.wallMs() + 365 * dayMs);
    await w.clock.pass(overlapMs);
    assert.deepEqual(w.numbers(), [1]);
  });

  it('several network secrets are in force at once, the newest first, and an older one is not taken', async () => {
    const w = world();
    await w.secrets.learn({ epoch: 1, secret: secretOf(1) });
    await w.clock.pass(dayMs);
    await w.secrets.learn({ epoch: 3, secret: secretOf(3) });
    assert.deepEqual(w.numbers(), [3, 1, 0]);
    assert.equal(await w.secrets.learn({ epoch: 2, secret: secretOf(2) }), false);
    assert.equal(await w.secrets.learn({ epoch: 3, secret: secretOf(3) }), false);
    // Two admins made one at once: the other one won.
    assert.equal(await w.secrets.learn({ epoch: 3, secret: secretOf(4) }), true);
    assert.deepEqual(w.numbers(), [4, 3, 1, 0]);
  });

  it('network secrets survive a restart, and are used only when they are on disk', async () => {
    const w = world();
    await w.secrets.learn({ epoch: 1, secret: secretOf(1) });
    const again = world({ clock: w.clock, kept: w.saved() });
    again.secrets.start();
    assert.deepEqual(again.numbers(), [1, 0]);
    await w.clock.pass(overlapMs);
    assert.deepEqual(again.numbers(), [1]);
    again.failDisk();
    await assert.rejects(again.secrets.learn({ epoch: 2, secret: secretOf(2) }), /disk/);
    assert.deepEqual(again.numbers(), [1]);
  });
});

function world(given: { clock?: ManualClock; kept?: KeptSecrets } = {}) {
  const clock = given.clock ?? new ManualClock();
  let saved: KeptSecrets = given.kept ?? { current: { epoch: 0, secret: secretOf(0) }, replaced: [] };
  let isDiskFull = false;
  let told = 0;
  const save = async (kept: KeptSecrets) => {
    if (isDiskFull) throw new Error('the disk is full');
    saved = kept;
  };
  const secrets = new NetworkSecrets({ kept: saved, save, clock, overlapMs });
  secrets.onChange(() => {
    told += 1;
  });
  return {
    clock,
    secrets,
    numbers: () => secrets.inForce().map(([first]) => first),
    saved: () => saved,
    told: () => told,
    failDisk: () => {
      isDiskFull = true;
    },
  };
}
