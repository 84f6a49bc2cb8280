import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PeerstorError } from '../../../src/model/errors.ts';
import { type ChunkId, chunkId } from '../../../src/model/ids.ts';
import { silentLog } from '../../../src/model/log.ts';
import { Surplus } from '../../../src/node/volumes/surplus.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const idOf = (number: number): ChunkId => chunkId(number.toString(16).padStart(64, '0'));

describe('chunks without a place on this device', () => {
  it('chunks without a place on this device are given to others until none is left', async () => {
    const clock = new ManualClock();
    const here = new Set([1, 2, 3].map(idOf));
    let asked = 0;
    let takers: ChunkId[] = [];
    const surplus = new Surplus({
      store: {
        async *surplus() {
          yield* [...here];
        },
        release: async (id) => void here.delete(id),
      },
      chunks: {
        handOverBatch: async (ids) => [...ids],
        async handOver(id, giveUp) {
          asked += 1;
          if (!takers.includes(id)) return false;
          await giveUp();
          return true;
        },
      },
      clock,
      log: silentLog,
      againMs: 1000,
    });
    surplus.begin();
    await clock.pass(2500);
    assert.deepEqual([here.size, surplus.waiting], [3, 3]);
    takers = [idOf(1), idOf(3)];
    await clock.pass(2000);
    assert.deepEqual([...here], [idOf(2)]);
    takers = [idOf(2)];
    await clock.pass(2000);
    assert.deepEqual([here.size, surplus.waiting], [0, 0]);
    const before = asked;
    await clock.pass(60_000);
    assert.equal(asked, before);
    await surplus.stop();
  });

  it('chunks without a place on this device are tried again after the disk failed', async () => {
    const clock = new ManualClock();
    let tries = 0;
    const surplus = new Surplus({
      store: {
        async *surplus() {
          yield idOf(1);
        },
        release: async () => {
          throw new PeerstorError('storage-failed', 'The disk does not answer.');
        },
      },
      chunks: {
        handOverBatch: async (ids) => [...ids],
        async handOver(_id, giveUp) {
          tries += 1;
          await giveUp();
          return true;
        },
      },
      clock,
      log: silentLog,
      againMs: 1000,
    });
    surplus.begin();
    await clock.pass(5500);
    assert.ok(tries >= 5, `${tries}`);
    await surplus.stop();
  });
});
