import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { newRecoveryCode } from '../../src/crypto/index.ts';
import { entryId } from '../../src/model/ids.ts';
import { openRescuedDrive, type RescuedDrive } from '../../src/rescue/index.ts';
import { createRescueWorld, password, type RescueWorld, username } from './world.ts';

const big = randomBytes(3 * 1024 * 1024);

async function withWorld(use: (world: RescueWorld) => Promise<void>): Promise<void> {
  const world = await createRescueWorld();
  try {
    await world.put('/plan größe.txt', Buffer.from('a plan'));
    await world.put('/photos/2026/beach.jpg', big);
    await use(world);
  } finally {
    await world.close();
  }
}

async function rescue(world: RescueWorld, volumes: string[], words = world.words): Promise<RescuedDrive> {
  return openRescuedDrive({ volumes, words, scratch: await world.scratch() });
}

async function contentOf({ drive }: RescuedDrive, path: string): Promise<Buffer> {
  const { id } = await drive.resolve(path.split('/').filter((name) => name !== ''));
  const content = await drive.open(entryId(id));
  const pieces: Uint8Array[] = [];
  for await (const piece of content.read({ start: 0, end: content.size }, new AbortController().signal))
    pieces.push(piece);
  return Buffer.concat(pieces);
}

async function journalOf(volume: string | undefined): Promise<string> {
  const folder = join(volume ?? '', 'segments');
  const name = (await readdir(folder)).find((one) => one.endsWith('.catalog'));
  assert.ok(name, `${volume} has no journal`);
  return join(folder, name);
}

describe('a drive that is rescued', () => {
  it('is whole from any two of three volumes and the recovery words', async () => {
    await withWorld(async (world) => {
      await world.save();
      for (const lost of world.volumes) {
        const rescued = await rescue(
          world,
          world.volumes.filter((volume) => volume !== lost),
        );
        try {
          assert.equal(rescued.username, username);
          assert.deepEqual(rescued.problems, []);
          assert.equal(String(await contentOf(rescued, '/plan größe.txt')), 'a plan');
          assert.ok((await contentOf(rescued, '/photos/2026/beach.jpg')).equals(big));
        } finally {
          await rescued.close();
        }
      }
    });
  });

  it('says of a file whose chunks are on none of the volumes that they are missing', async () => {
    await withWorld(async (world) => {
      await world.save();
      const rescued = await rescue(world, world.volumes.slice(0, 1));
      try {
        await assert.rejects(contentOf(rescued, '/photos/2026/beach.jpg'), { code: 'chunk-missing' });
      } finally {
        await rescued.close();
      }
    });
  });

  it('takes a damaged chunk from another volume, and says when every copy is damaged', async () => {
    await withWorld(async (world) => {
      await world.save();
      const damage = async (volume: string | undefined) => {
        const path = join(volume ?? '', 'segments', '00000001.segment');
        const file = await open(path, 'r+');
        const { size } = await file.stat();
        // Past the head and the first record's head, and every 100 KiB from there.
        for (let at = 64 + 64 + 1000; at < size; at += 100 * 1024)
          await file.write(Buffer.of(0xff, 0, 0xff), 0, 3, at);
        await file.close();
      };
      await damage(world.volumes[0]);
      const whole = await rescue(world, world.volumes);
      assert.ok((await contentOf(whole, '/photos/2026/beach.jpg')).equals(big));
      await whole.close();
      for (const volume of world.volumes.slice(1)) await damage(volume);
      const broken = await rescue(world, world.volumes);
      await assert.rejects(contentOf(broken, '/photos/2026/beach.jpg'), { code: 'chunk-corrupt' });
      await broken.close();
    });
  });

  it('does not open with the words of somebody else, and names a word that is none', async () => {
    await withWorld(async (world) => {
      await world.save();
      await assert.rejects(rescue(world, world.volumes, newRecoveryCode()), { code: 'wrong-password' });
      await assert.rejects(rescue(world, world.volumes, `${'abandon '.repeat(23)}peerstor`), {
        code: 'bad-input',
        message: /Word 24, "peerstor"/,
      });
    });
  });

  it('has no name in clear on any volume', async () => {
    await withWorld(async (world) => {
      await world.save();
      for (const volume of world.volumes) {
        for (const name of await readdir(join(volume, 'segments'))) {
          const bytes = await readFile(join(volume, 'segments', name));
          for (const needle of [username, 'größe', 'beach.jpg', 'laptop'])
            assert.equal(bytes.includes(needle), false, `${volume}/${name} holds "${needle}"`);
        }
      }
    });
  });
});

describe('a catalog journal', () => {
  it('grows by what is new, and is not written again', async () => {
    await withWorld(async (world) => {
      await world.save();
      const path = await journalOf(world.volumes[0]);
      const before = await readFile(path);
      await world.save();
      assert.ok((await readFile(path)).equals(before), 'nothing was new');
      await world.put('/later.txt', Buffer.from('later'));
      await world.save();
      const grown = await readFile(path);
      assert.ok(grown.length > before.length && grown.subarray(0, before.length).equals(before));
      const rescued = await rescue(world, world.volumes);
      assert.equal(String(await contentOf(rescued, '/later.txt')), 'later');
      await rescued.close();
    });
  });

  it('goes on behind a frame that a crash cut', async () => {
    await withWorld(async (world) => {
      await world.save();
      const path = await journalOf(world.volumes[0]);
      await world.put('/cut.txt', Buffer.from('cut'));
      await world.save();
      await truncate(path, (await stat(path)).size - 5);
      await world.put('/after.txt', Buffer.from('after'));
      await world.save();
      for (const volume of world.volumes.slice(1)) await rm(await journalOf(volume));
      const rescued = await rescue(world, world.volumes);
      assert.deepEqual(rescued.problems, []);
      assert.equal(String(await contentOf(rescued, '/cut.txt')), 'cut');
      assert.equal(String(await contentOf(rescued, '/after.txt')), 'after');
      await rescued.close();
    });
  });

  it('that is damaged costs some records only, is told, and is written anew by its device', async () => {
    await withWorld(async (world) => {
      await world.save();
      const before = (await stat(await journalOf(world.volumes[0]))).size;
      await world.put('/second.txt', Buffer.from('second'));
      await world.save();
      for (const volume of world.volumes) {
        const file = await open(await journalOf(volume), 'r+');
        await file.write(Buffer.of(0xff, 0xfe), 0, 2, before + 40);
        await file.close();
      }
      const rescued = await rescue(world, world.volumes);
      assert.match(rescued.problems.join('\n'), /1 of its pages are damaged/);
      assert.equal(String(await contentOf(rescued, '/plan größe.txt')), 'a plan');
      await rescued.close();
      await world.save();
      const whole = await rescue(world, world.volumes);
      assert.deepEqual(whole.problems, []);
      assert.equal(String(await contentOf(whole, '/second.txt')), 'second');
      await whole.close();
    });
  });

  it('opens also where its keyring or its first page is damaged', async () => {
    await withWorld(async (world) => {
      await world.save();
      await world.put('/second.txt', Buffer.from('second'));
      await world.save();
      const damage = async (path: string, at: number) => {
        const file = await open(path, 'r+');
        await file.write(Buffer.of(0xff, 0xfe), 0, 2, at);
        await file.close();
      };
      const paths = await Promise.all(world.volumes.map((volume) => journalOf(volume)));
      // Behind the head of 12 bytes comes the keyring, and behind that the first page; each has a head of 8 bytes.
      for (const path of paths) await damage(path, 12 + 8 + 30);
      const [first = ''] = paths;
      const keyringBytes = (await readFile(first)).readUInt32BE(12);
      await damage(first, 12 + 8 + keyringBytes + 8 + 30);
      const rescued = await rescue(world, world.volumes);
      const problems = rescued.problems.join('\n');
      assert.match(problems, /pages are damaged/);
      assert.doesNotMatch(problems, /no keyring|which network/);
      assert.equal(String(await contentOf(rescued, '/plan größe.txt')), 'a plan');
      assert.equal(String(await contentOf(rescued, '/second.txt')), 'second');
      await rescued.close();
      await world.save();
      const whole = await rescue(world, world.volumes);
      assert.deepEqual(whole.problems, []);
      await whole.close();
    });
  });

  it('opens to new recovery words, and to the old ones no more', async () => {
    await withWorld(async (world) => {
      await world.save();
      const fresh = await world.device.accounts.recoveryCode(world.session, password, { renew: true });
      await world.save();
      await assert.rejects(rescue(world, world.volumes), { code: 'wrong-password' });
      const rescued = await rescue(world, world.volumes, fresh);
      assert.equal(String(await contentOf(rescued, '/plan größe.txt')), 'a plan');
      await rescued.close();
    });
  });
});
