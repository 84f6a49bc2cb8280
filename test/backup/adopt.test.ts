import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { SourcedChunkStore } from '../../src/backup/index.ts';
import type { ChunkChange } from '../../src/model/contracts/chunk-store.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { type ChunkId, entryId } from '../../src/model/ids.ts';
import { BackupWorld } from './world.ts';

const isMissing = (error: unknown) => isPeerstorError(error, 'chunk-missing');

/** A folder with a picture, a text that is compressed, and a note that is sealed within its manifest; adopted. */
class AdoptedFolder {
  readonly world: BackupWorld;
  readonly id: string;
  /** What this device has, as other rooms see it. */
  readonly store: SourcedChunkStore;
  readonly changes: ChunkChange[] = [];

  private constructor(world: BackupWorld, id: string) {
    this.world = world;
    this.id = id;
    this.store = new SourcedChunkStore(world.volumes, world.adopted);
    this.store.onChange((change) => this.changes.push(change));
  }

  static async in(use: (folder: AdoptedFolder) => Promise<void>): Promise<void> {
    const world = await BackupWorld.start();
    try {
      await world.write('2026/picture.jpg', randomBytes(1_500_000));
      await world.write('2026/letter.txt', 'a line of the letter\n'.repeat(30_000));
      await world.write('note', 'short');
      const id = await world.add({ kind: 'adopt', target: '/Adopted' });
      // Runs that begin by themselves would have looked before those of the test.
      await world.service.change(world.session, id, { watch: false });
      const folder = new AdoptedFolder(world, id);
      const run = await world.run(id);
      assert.equal(run.state, 'done', run.sentence);
      await use(folder);
    } finally {
      await world.stop();
    }
  }

  /** Chunks that this device tells others it has. */
  async held(): Promise<ChunkId[]> {
    return (await Array.fromAsync(this.store.list())).map(({ id }) => id);
  }

  /** Each gives exactly the bytes that were sealed when the file was read. @returns how many there are */
  async mustGiveAll(): Promise<number> {
    const held = await this.held();
    for (const id of held) {
      const sealed = this.world.device.network.chunks.get(id);
      assert.ok(sealed, `${id} was sealed once`);
      assert.deepEqual(Buffer.from(await this.store.get(id)), Buffer.from(sealed));
      assert.equal(this.store.sizeOf(id), sealed.length);
    }
    return held.length;
  }

  /** Reads all; those that cannot be made again are missing, never other bytes. */
  async readAll(): Promise<{ given: number; missing: number }> {
    const count = { given: 0, missing: 0 };
    for (const id of await this.held())
      await this.store.get(id).then(
        () => (count.given += 1),
        (error) => {
          assert.ok(isMissing(error), String(error));
          count.missing += 1;
        },
      );
    return count;
  }
}

describe('an adopted folder', () => {
  it('is shown in the drive, and its plain files give every chunk, which takes no room in a volume', async () => {
    await AdoptedFolder.in(async (folder) => {
      const { world, store } = folder;
      assert.deepEqual(await world.saved('/Adopted'), await world.source());
      const chunks = await folder.mustGiveAll();
      assert.ok(chunks >= 3, `${chunks} chunks`);
      assert.equal(world.volumes.usage().chunks, 0);
      const [id] = await folder.held();
      assert.ok(id && store.isEditable(id) && (await store.touch(id)));
      // A device that is asked to promise them says no: `replication/serving/hold.ts`.
      assert.equal(await store.put(id, new Uint8Array(world.device.network.chunks.get(id) ?? [])), 'present');
      assert.equal(world.volumes.usage().chunks, 0);
      const ordered: string[] = [];
      for await (const { id: next, position } of store.inReadingOrder()) ordered.push(`${position} ${next}`);
      assert.equal(ordered.length, chunks);
      const after = ordered[1]?.split(' ').slice(0, -1).join(' ') ?? '';
      assert.equal((await Array.fromAsync(store.inReadingOrder({ after }))).length, chunks - 2);
    });
  });

  it('never serves a file that was edited, also where its size and time are the same, and takes it as a new version', async () => {
    await AdoptedFolder.in(async (folder) => {
      const { world, store, changes } = folder;
      const before = await folder.mustGiveAll();
      const path = world.at('2026', 'picture.jpg');
      const { mtime, size } = await stat(path);
      await writeFile(path, randomBytes(size));
      await utimes(path, mtime, mtime);
      const { given, missing } = await folder.readAll();
      assert.ok(missing > 0 && given > 0 && given < before);
      const left = await folder.mustGiveAll();
      assert.equal(left, given, 'what is lost is told, and not listed any more');
      assert.ok(changes.some((change) => change.kind === 'lost'));
      const entry = await world.drive.resolve(['Adopted', '2026', 'picture.jpg']);
      const run = await world.run(folder.id);
      assert.equal(run.changed, 1, run.sentence);
      assert.deepEqual(await world.saved('/Adopted'), await world.source());
      assert.equal((await world.drive.versions(entryId(entry.id))).length, 2);
      await folder.mustGiveAll();
      assert.equal((await folder.readAll()).missing, 0);
      for (const id of await folder.held()) assert.ok(store.has(id));
    });
  });

  it('keeps in the drive what is gone from the folder, and says so', async () => {
    await AdoptedFolder.in(async (folder) => {
      const { world } = folder;
      const before = await world.saved('/Adopted');
      await rm(world.at('2026', 'letter.txt'));
      const run = await world.run(folder.id);
      assert.match(run.sentence, /1 are gone from the folder, and stay in the drive/);
      assert.deepEqual(await world.saved('/Adopted'), before);
      await folder.mustGiveAll();
    });
  });

  it('has nothing while its drive is pulled, forgets nothing for that, and has all again when it is back', async () => {
    await AdoptedFolder.in(async (folder) => {
      const { world, store, changes } = folder;
      const held = await folder.held();
      const drive = `${world.folder}-pulled`;
      await rename(world.folder, drive);
      // What a mount point looks like without its drive.
      await mkdir(world.folder);
      await assert.rejects(store.get(held[0] as ChunkId), isMissing);
      assert.deepEqual(await folder.held(), []);
      assert.equal(changes.filter(({ kind }) => kind === 'lost').length, held.length);
      const run = await world.run(folder.id);
      assert.equal(run.state, 'failed');
      assert.match(run.sentence, /is its drive plugged in/);
      assert.deepEqual(
        world.service.alerts(world.session).map(({ code }) => code),
        ['adopted-away'],
      );
      await rm(world.folder, { recursive: true });
      await rename(drive, world.folder);
      const again = await world.run(folder.id);
      assert.deepEqual([again.state, again.unchanged, again.bytes], ['done', 3, 0], again.sentence);
      assert.deepEqual(await folder.held(), held);
      await folder.mustGiveAll();
      assert.deepEqual(world.service.alerts(world.session), []);
    });
  });

  it('is known after a restart, and what was moved in it is moved in the drive', async () => {
    await AdoptedFolder.in(async (folder) => {
      const { world } = folder;
      const held = await folder.held();
      const { id } = await world.drive.resolve(['Adopted', '2026', 'picture.jpg']);
      await world.restart();
      const store = new SourcedChunkStore(world.volumes, world.adopted);
      assert.deepEqual(
        (await Array.fromAsync(store.list())).map((one) => one.id),
        held,
      );
      await rename(world.at('2026'), world.at('later'));
      const run = await world.run(folder.id);
      assert.deepEqual([run.moved, run.added, run.deleted], [2, 0, 0], run.sentence);
      assert.equal((await world.drive.resolve(['Adopted', 'later', 'picture.jpg'])).id, id);
      assert.deepEqual(
        (await Array.fromAsync(store.list())).map((one) => one.id),
        held,
      );
      for (const one of held) await store.get(one);
    });
  });

  it('is imported into the volumes when its owner says so, and can go then', async () => {
    await AdoptedFolder.in(async (folder) => {
      const { world, store, id, changes } = folder;
      const held = await folder.held();
      await assert.rejects(world.service.remove(world.session, id), (error) => {
        assert.ok(isPeerstorError(error, 'conflict'));
        assert.match(error.message, /import the folder first/);
        return true;
      });
      changes.length = 0;
      const begun = await world.service.importAdopted(world.session, id);
      const run = await world.ended(id, begun);
      assert.equal(run.state, 'done', run.sentence);
      assert.equal(world.volumes.usage().chunks, held.length);
      assert.ok(
        changes.every(({ kind }) => kind === 'added'),
        'nothing is told as lost meanwhile',
      );
      await rm(world.folder, { recursive: true });
      for (const one of held) {
        assert.equal(store.isEditable(one), false);
        await store.get(one);
      }
      await world.service.remove(world.session, id);
      assert.deepEqual(await folder.held(), held);
    });
  });

  it('can be given up while other devices have everything, and writes nothing in the folder', async () => {
    await AdoptedFolder.in(async (folder) => {
      const { world, id } = folder;
      const before = await world.source();
      for (const one of await folder.held()) world.elsewhere.add(one);
      await world.service.remove(world.session, id);
      assert.deepEqual(await folder.held(), []);
      assert.deepEqual(await world.source(), before);
      for await (const [key] of world.rows.range({ gte: 'a', lt: 'b' })) assert.fail(`a row is left: ${key}`);
    });
  });

  it('leaves no name of a file in the index', async () => {
    await AdoptedFolder.in(async ({ world }) => {
      for await (const [key, row] of world.rows.range({ gte: '', lt: '\xff' }))
        assert.equal(/picture|letter|note/.test(key + Buffer.from(row).toString('latin1')), false);
      assert.equal((await readFile(world.at('note'))).toString(), 'short');
    });
  });
});
