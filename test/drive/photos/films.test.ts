import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Drive, OpenContent } from '../../../src/model/contracts/drive.ts';
import type { RenditionFiles } from '../../../src/model/contracts/media/rendition-files.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import { entryId } from '../../../src/model/ids.ts';
import { until } from '../../support/until.ts';
import { coded } from '../errors.ts';
import { createHome, password, put, username } from '../world.ts';
import { FakeMaker, pictureText } from './fake-maker.ts';

class MemoryFiles implements RenditionFiles {
  readonly files = new Map<string, Buffer>();
  usedBytes = () => 0;
  sizeOf = async (id: string) => this.files.get(id)?.length;
  read = async (id: string, start: number, end: number) =>
    this.files.get(id)?.subarray(start, end) ?? new Uint8Array(0);
  async write(id: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const all: Uint8Array[] = [];
    for await (const piece of pieces) all.push(piece);
    this.files.set(id, Buffer.concat(all));
  }
}

const never = new AbortController().signal;
async function readAll(content: OpenContent, start = 0, end = content.size): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content.read({ start, end }, never)) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

async function withFilm(maker = new FakeMaker(), words = '') {
  const home = await createHome(undefined, maker);
  const text = pictureText({}, 'film') + words;
  const file = await put(home.drive, home.root, 'a.mp4', text, { mime: 'video/mp4' });
  await until('it was read', async () => (await home.drive.entry(entryId(file.id))).media !== null);
  return { ...home, maker, text, id: entryId(file.id) };
}

const shown = async (drive: Drive, id: string) => (await drive.entry(entryId(id))).thumbnail !== null;

describe('the picture of a film', () => {
  it('is set by a page where nobody has ffmpeg, once, and is no business of others', async () => {
    const { drive, id } = await withFilm();
    assert.equal(await shown(drive, id), false);
    await assert.rejects(drive.setPoster(id, Buffer.from('no picture')), coded('bad-input'));
    await assert.rejects(drive.setPoster(id, Buffer.from(pictureText({}, 'film'))), coded('bad-input'));
    const view = await drive.setPoster(id, Buffer.from(pictureText()));
    assert.equal(view.media?.kind, 'video');
    assert.equal(view.thumbnail, `/api/v1/entries/${id}/thumbnail`);
    const thumbnail = await drive.thumbnail(id, 240);
    assert.ok(thumbnail !== 'making' && thumbnail.size === 5000);
    await assert.rejects(drive.setPoster(id, Buffer.from(pictureText())), coded('conflict'));
  });

  it('is made by a device with ffmpeg when the owner signs in there, of films that were read without', async () => {
    const { drive, id, device, maker, world } = await withFilm();
    assert.equal(await shown(drive, id), false);
    maker.abilities = { posters: true, renditions: false };
    const again = await device.restart();
    const session = await again.accounts.login(username, password, 'here');
    await until('it has a picture', async () => {
      await world.clock.pass(3000);
      return shown(session.drive, id);
    });
    assert.equal((await session.drive.entry(id)).media?.kind, 'video');
  });
});

describe('a smaller film', () => {
  async function withFiles(words?: string) {
    const maker = new FakeMaker();
    const files = new MemoryFiles();
    maker.renditions = files;
    maker.abilities = { posters: true, renditions: true };
    return { ...(await withFilm(maker, words)), files };
  }

  it('is made on demand, tells how far it is, and is kept sealed', async () => {
    const { drive, id, maker, files, text } = await withFiles(`\n${'x'.repeat(3_000_000)}`);
    await assert.rejects(drive.rendition(id), coded('no-rendition'));
    const slow = Promise.withResolvers<void>();
    maker.pause = slow.promise;
    await drive.makeRendition(id);
    await until('it is under way', async () => {
      const now = await drive.rendition(id);
      return 'state' in now && now.progress === 0.5;
    });
    slow.resolve();
    await until('it is there', async () => !('state' in (await drive.rendition(id))));
    const rendition = await drive.rendition(id);
    assert.ok(!('state' in rendition));
    const whole = Buffer.from(`smaller: ${text}`);
    assert.deepEqual([rendition.size, rendition.mime], [whole.length, 'video/mp4']);
    assert.ok(whole.equals(await readAll(rendition)));
    const [start, end] = [1_048_570, 2_097_160];
    assert.ok(whole.subarray(start, end).equals(await readAll(rendition, start, end)));
    const [sealed = Buffer.alloc(0)] = files.files.values();
    assert.equal(sealed.includes('xxxxxxxx'), false);
    assert.ok(!('state' in (await drive.makeRendition(id))));
    // Its second piece in the place of the first one is refused.
    sealed.set(sealed.subarray(1_048_604, 2 * 1_048_604), 0);
    await assert.rejects(readAll(rendition), coded('forbidden'));
  });

  it('is not there for pictures, where there is no ffmpeg, and of what cannot be decoded', async () => {
    const { drive, root, id, maker } = await withFiles();
    const picture = await put(drive, root, 'a.jpg', pictureText(), { mime: 'image/jpeg' });
    await assert.rejects(drive.makeRendition(entryId(picture.id)), coded('no-rendition'));
    maker.abilities = { posters: false, renditions: false };
    await assert.rejects(drive.makeRendition(id), /install ffmpeg/);
    maker.abilities = { posters: true, renditions: true };
    maker.fault = new PeerstorError('bad-input', 'This film cannot be decoded here.');
    await drive.makeRendition(id);
    await until('it was given up', async () =>
      drive.rendition(id).then(
        () => false,
        (error: PeerstorError) => /cannot be decoded/.test(error.message),
      ),
    );
    await assert.rejects(drive.makeRendition(id), /cannot be decoded/);
  });
});
