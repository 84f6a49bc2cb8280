import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { placesIn, Reservoir } from '../../../../src/drive/accounts/upkeep/restore-sample.ts';
import type { ReadElsewhere, RestorableUser } from '../../../../src/model/contracts/restoring.ts';
import { PeerstorError } from '../../../../src/model/errors.ts';
import { type ChunkId, entryId } from '../../../../src/model/ids.ts';
import { seededRandom } from '../../../support/seeded-random.ts';
import { coded } from '../../errors.ts';
import { createHome, type Home, password, pieces, put, username } from '../../world.ts';

const never = new AbortController().signal;
const large = Buffer.from(seededRandom(1).bytes(1_500_000)).toString('base64');

function onlyUser({ device }: Home): RestorableUser {
  const [user] = device.accounts.restorable();
  assert.ok(user);
  return user;
}

/** All chunks of the world, and which of them were asked for. */
function elsewhere({ world }: Home): { asked: ChunkId[]; read: ReadElsewhere } {
  const asked: ChunkId[] = [];
  return {
    asked,
    async read(id) {
      asked.push(id);
      const bytes = world.chunks.get(id);
      if (bytes) return bytes;
      throw new PeerstorError('chunk-missing', 'They say that they have it.');
    },
  };
}

describe('files for the restore drill', () => {
  it('come back whole by what is elsewhere alone, inline, of one chunk and of many', async () => {
    const home = await createHome();
    const user = onlyUser(home);
    for (const content of ['', 'short', large.slice(0, 100_000), large]) {
      const { id } = await put(home.drive, home.root, `${content.length}.txt`, content);
      const { asked, read } = elsewhere(home);
      home.device.network.read = () => assert.fail('nothing is read here');
      assert.equal(await user.restore(entryId(id), read, never), true);
      assert.ok(asked.length > 0);
    }
  });

  it('are refused when a chunk is missing, and when the content is another one', async () => {
    const home = await createHome();
    const user = onlyUser(home);
    const { id } = await put(home.drive, home.root, 'a.txt', large);
    const { asked, read } = elsewhere(home);
    await user.restore(entryId(id), read, never);
    const [manifest, first, second] = asked as [ChunkId, ChunkId, ChunkId];
    for (const lost of [manifest, first, second]) {
      const without: ReadElsewhere = (one, signal) =>
        one === lost ? Promise.reject(new PeerstorError('chunk-missing', 'Gone.')) : read(one, signal);
      await assert.rejects(user.restore(entryId(id), without, never), coded('chunk-missing'));
    }
    const swapped: ReadElsewhere = (one, signal) => read(one === first ? second : one, signal);
    await assert.rejects(user.restore(entryId(id), swapped, never), coded('chunk-corrupt'));
  });

  it('of more than 64 MiB are read in part, from the beginning to the end', async () => {
    const home = await createHome();
    const block = seededRandom(2).bytes(2 ** 20);
    const blocks = Array.from({ length: 66 }, (_, number) => Uint8Array.from(block).fill(number, 0, 1000));
    const { entry } = await home.drive.upload(home.root, 'film.mkv', pieces(blocks), {});
    const { asked, read } = elsewhere(home);
    assert.equal(await onlyUser(home).restore(entryId(entry.id), read, never), true);
    assert.ok(
      asked.length > 30 && asked.length < home.world.chunks.size,
      `${asked.length} of ${home.world.chunks.size}`,
    );
    const last = asked.at(-1);
    const without: ReadElsewhere = (one, signal) =>
      one === last ? Promise.reject(new PeerstorError('chunk-missing', 'Gone.')) : read(one, signal);
    await assert.rejects(onlyUser(home).restore(entryId(entry.id), without, never), coded('chunk-missing'));
  });

  it('are those outside the trash, of their owner, at random', async () => {
    const home = await createHome();
    const user = onlyUser(home);
    const ids: string[] = [];
    for (let number = 0; number < 12; number += 1) {
      ids.push((await put(home.drive, home.root, `${number}.txt`, `${number}`)).id);
    }
    const folder = await home.drive.createFolder(home.root, 'old');
    const inside = await put(home.drive, folder.id, 'inside.txt', 'x');
    await home.drive.trash(entryId(folder.id));
    const [trashed = ''] = ids.splice(0, 1);
    await home.drive.trash(entryId(trashed));
    const all = await user.sample(100);
    assert.deepEqual([...all].sort(), [...ids].sort());
    assert.equal((await user.sample(5)).length, 5);
    const { read } = elsewhere(home);
    for (const gone of [trashed, inside.id, 'f'.repeat(32)]) {
      assert.equal(await user.restore(entryId(gone), read, never), false);
    }
  });

  it('cannot be opened any more when the user has signed out', async () => {
    const home = await createHome();
    const user = onlyUser(home);
    const { id } = await put(home.drive, home.root, 'a.txt', large);
    const { read } = elsewhere(home);
    const slow: ReadElsewhere = async (one, signal) => {
      await home.device.accounts.logout(home.session.secret);
      signal.throwIfAborted();
      return read(one, signal);
    };
    await assert.rejects(user.restore(entryId(id), slow, never), coded('aborted'));
    assert.deepEqual(home.device.accounts.restorable(), []);
    await assert.rejects(user.restore(entryId(id), read, never), coded('aborted'));
    await home.device.accounts.login(username, password, 'here');
    assert.equal(await onlyUser(home).restore(entryId(id), read, never), true);
  });
});

describe('what a drill reads', () => {
  it('is as many as wanted, each once, each as likely as any other', () => {
    const counts = new Array<number>(20).fill(0);
    const random = seededRandom(7);
    for (let time = 0; time < 2000; time += 1) {
      const reservoir = new Reservoir<number>(5, random);
      for (let item = 0; item < 20; item += 1) reservoir.add(item);
      const items = reservoir.items();
      assert.equal(new Set(items).size, 5);
      for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
    }
    for (const count of counts) assert.ok(count > 400 && count < 600, `${counts}`);
  });

  it('of a large file has a place in every part, none of them outside', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 40 }),
        fc.integer({ min: 1, max: 64 }),
        fc.integer(),
        (size, count, seed) => {
          const places = placesIn(size, count, seededRandom(seed));
          assert.ok(
            places.every((place, at) => place >= 0 && place < size && place > (places[at - 1] ?? -1)),
          );
          assert.equal(places[0], 0);
          assert.equal(places.at(-1), size - 1);
          for (let part = 0; size >= count && part < count; part += 1) {
            const [from, to] = [Math.floor((part * size) / count), Math.ceil(((part + 1) * size) / count)];
            assert.ok(places.some((place) => place >= from && place < to));
          }
        },
      ),
    );
  });
});
