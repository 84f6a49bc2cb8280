import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryOutbox } from '../../../src/catalog/index.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { carry, entryOf, World } from '../world.ts';

describe('a catalog on a full disk', () => {
  it('refuses before anything is written, and goes on by itself when there is room', async () => {
    const world = new World();
    let isFull = false;
    const mustHaveRoom = () => {
      if (isFull) throw new PeerstorError('disk-full', 'The disk is full.');
    };
    const a = await world.founded({ mustHaveRoom });
    isFull = true;
    const vector = a.vector();
    await assert.rejects(a.author([world.entryDraft(1)], world.admin), { code: 'disk-full' });
    assert.deepEqual(a.vector(), vector);
    assert.equal(a.get('entry', entryOf(1)), undefined);
    isFull = false;
    await a.author([world.entryDraft(1)], world.admin);
    assert.ok(a.get('entry', entryOf(1)));
    await a.stop();
  });

  for (const place of ['the journal', 'the database']) {
    it(`says disk-full where ${place} is cut off, and has no half of it after a restart`, async () => {
      const world = new World();
      const store = new MemoryOrderedStore();
      const outbox = createMemoryOutbox();
      const a = await world.founded({ store, outbox });
      const noSpace = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      const fail = () => Promise.reject(noSpace);
      const [append, batch] = [outbox.append, store.batch];
      if (place === 'the journal') outbox.append = fail;
      else store.batch = fail;
      const drafts = [world.entryDraft(1), world.entryDraft(2)];
      await assert.rejects(a.author(drafts, world.admin), { code: 'disk-full' });
      // What reached the disk is not known: nothing more is written in this run.
      await assert.rejects(a.author([world.entryDraft(3)], world.admin), { code: 'disk-full' });
      outbox.append = append;
      store.batch = batch;
      await a.stop();
      const again = await world.catalog(0, { store, outbox });
      const [one, two] = [again.get('entry', entryOf(1)), again.get('entry', entryOf(2))];
      assert.equal(one === undefined, two === undefined);
      const reached = again.vector()[again.self] ?? 0;
      const [record] = await again.author([world.entryDraft(4)], world.admin);
      assert.equal(record?.seq, reached + 1, 'no number is skipped');
      assert.equal(again.lastSeqHere(again.self), reached + 1);
      const b = await world.catalog(1);
      await carry(again, b);
      assert.ok(b.get('entry', entryOf(4)));
      assert.deepEqual(b.vector(), again.vector());
      assert.equal((await again.missing(again.self, 0)).records.length, reached + 1);
      await again.stop();
      await b.stop();
    });
  }
});
