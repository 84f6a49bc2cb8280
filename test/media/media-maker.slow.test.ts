import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import sharp from 'sharp';
import { createMediaMaker } from '../../src/media/index.ts';
import { childFlags, type MediaChild } from '../../src/media/media-child.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { MadeMedia, MediaContent } from '../../src/model/contracts/media/media-maker.ts';
import { silentLog } from '../../src/model/log.ts';
import { until } from '../support/until.ts';
import { heicPicture } from './heic-picture.ts';
import { claimingSize, newCr3, newFilm, newPicture, newRaf, newRaw } from './pictures.ts';

const children: MediaChild[] = [];
const maker = createMediaMaker({
  clock: systemClock,
  log: silentLog,
  // Films have a test file of their own.
  ffmpegPath: '/nowhere/ffmpeg',
  onChild: (child) => children.push(child),
});
after(() => maker.stop());
const never = new AbortController().signal;

/** @param pieceBytes how much one piece has: reads come in several */
function contentOf(bytes: Uint8Array, pieceBytes = 10_000): MediaContent {
  return {
    size: bytes.length,
    async *read({ start, end }) {
      for (let at = start; at < end; at += pieceBytes)
        yield bytes.subarray(at, Math.min(end, at + pieceBytes));
    },
  };
}

async function made(bytes: Uint8Array): Promise<MadeMedia> {
  const one = await maker.make(contentOf(bytes), never);
  assert.ok(one);
  return one;
}

/** Mean red of the left and the right half: what `newPicture` colors. */
async function halves(webp: Uint8Array): Promise<[number, number]> {
  const { width = 0, height = 0 } = await sharp(webp).metadata();
  const half = Math.floor(width / 2);
  const red = async (left: number) => {
    const part = await sharp(webp).extract({ left, top: 0, width: half, height }).toBuffer();
    return (await sharp(part).stats()).channels[0]?.mean ?? 0;
  };
  return [await red(0), await red(width - half)];
}

describe('a picture', () => {
  it('becomes thumbnails of three sizes, no larger than itself and without its metadata', async () => {
    const exif = { IFD0: { Make: 'Canon', Model: 'Canon EOS R5' } };
    const { facts, thumbnails } = await made(await newPicture({ width: 3000, height: 2000, exif }));
    assert.deepEqual(
      thumbnails.map(({ size, width, height }) => [size, width, height]),
      [
        [240, 240, 160],
        [720, 720, 480],
        [2160, 2160, 1440],
      ],
    );
    for (const { bytes, width, height } of thumbnails) {
      const described = await sharp(bytes).metadata();
      assert.deepEqual([described.format, described.width, described.height], ['webp', width, height]);
      assert.equal(described.exif, undefined);
    }
    assert.deepEqual(
      [facts.width, facts.height, facts.format, facts.camera],
      [3000, 2000, 'jpeg', 'Canon EOS R5'],
    );
    assert.ok(facts.thumbhash && facts.thumbhash.length <= 25);
    assert.equal(facts.perceptualHash?.length, 8);
  });

  it('that is small gets only the sizes that show more', async () => {
    for (const [edge, sizes] of [
      [1, [240]],
      [240, [240]],
      [241, [240, 720]],
      [720, [240, 720]],
    ] as const) {
      const { thumbnails } = await made(await newPicture({ width: edge, height: 1 }));
      assert.deepEqual(
        thumbnails.map(({ size }) => size),
        sizes,
        `${edge} pixels`,
      );
      assert.equal(thumbnails.at(-1)?.width, edge);
    }
  });

  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`with EXIF orientation ${orientation} is shown as it was taken`, async () => {
      const plain = await newPicture({ width: 400, height: 300, exif: { IFD0: { Orientation: '1' } } });
      const bytes = new Uint8Array(await sharp(plain).withMetadata({ orientation }).toBuffer());
      const { facts, thumbnails } = await made(bytes);
      const isTurned = orientation >= 5;
      assert.deepEqual([facts.width, facts.height], isTurned ? [300, 400] : [400, 300]);
      const shown = thumbnails[0];
      assert.ok(shown);
      assert.deepEqual([shown.width, shown.height], isTurned ? [180, 240] : [240, 180]);
      // Red is on the left as stored; where that goes, the orientation says (CIPA DC-008, table 6).
      const [left, right] = await halves(shown.bytes);
      if (isTurned) assert.ok(Math.abs(left - right) < 20, `${left} ${right}`);
      else if (orientation === 1 || orientation === 4) assert.ok(left > right + 100);
      else assert.ok(right > left + 100);
    });
  }

  it('is read in every format that phones, cameras and browsers write', async () => {
    for (const format of ['png', 'webp', 'gif', 'avif', 'tiff'] as const) {
      const { facts, thumbnails } = await made(await newPicture({ width: 300, height: 200, format }));
      assert.deepEqual(
        [facts.format, facts.width, facts.height, facts.problem],
        [format, 300, 200, undefined],
      );
      assert.equal(thumbnails.length, 2);
    }
  });

  it('from the sensor of a camera is shown by the finished picture inside, turned as the camera was held', async () => {
    const jpeg = await newPicture({ width: 1600, height: 1200, seed: 3 });
    assert.ok(jpeg.length > 20_000);
    for (const [orientation, size] of [
      [1, [1600, 1200]],
      [6, [1200, 1600]],
    ] as const) {
      const { facts, thumbnails } = await made(newRaw(jpeg, orientation));
      assert.deepEqual([facts.format, facts.width, facts.height, facts.problem], ['raw', ...size, undefined]);
      assert.equal(thumbnails.length, 3);
    }
    // Built alike, but no camera says that it made it.
    assert.equal((await made(newRaw(jpeg, 1, { make: false }))).facts.format, 'tiff');
  });

  it('of the HEIC that phones write is decoded, not turned by its EXIF, and cut off it is called damaged', async () => {
    const { facts, thumbnails } = await made(heicPicture);
    assert.deepEqual(
      [facts.format, facts.width, facts.height, facts.camera, facts.problem],
      ['heic', 96, 64, 'Apple iPhone 12', undefined],
    );
    assert.deepEqual(facts.takenAt, { local: '2026-07-14T15:03:22', offsetMinutes: 120 });
    assert.ok(facts.gps && Math.abs(facts.gps.latitude - 48.1333) < 0.001);
    const [left, right] = await halves(thumbnails[0]?.bytes ?? new Uint8Array(0));
    assert.ok(left > 180 && right < 80, `${left} ${right}`);
    for (const length of [60, 500, heicPicture.length - 400]) {
      const cut = await made(heicPicture.subarray(0, length));
      assert.deepEqual([cut.facts.problem, cut.thumbnails.length], ['damaged', 0], `${length} bytes`);
    }
    // It holds no memory of the file before.
    assert.equal((await made(heicPicture)).thumbnails.length, 1);
  });

  it('from cameras of Canon and Fujifilm is shown by the JPEG in the raw file, with its facts', async () => {
    const exif = { IFD0: { Make: 'FUJIFILM', Model: 'X-T5' } };
    const jpeg = await newPicture({ width: 1600, height: 1200, exif });
    const canon = await made(newCr3(await newPicture({ width: 1600, height: 1200 }), 6));
    assert.deepEqual(
      [canon.facts.format, canon.facts.width, canon.facts.height, canon.facts.camera, canon.facts.takenAt],
      ['raw', 1200, 1600, 'Canon EOS R5', { local: '2026-07-14T15:03:22', offsetMinutes: 120 }],
    );
    const fuji = await made(newRaf(jpeg));
    assert.deepEqual(
      [fuji.facts.format, fuji.facts.width, fuji.facts.camera, fuji.thumbnails.length],
      ['raw', 1600, 'FUJIFILM X-T5', 3],
    );
    for (const file of [newCr3(jpeg, 1), newRaf(jpeg)]) {
      const cut = await made(file.subarray(0, 400));
      assert.deepEqual([cut.facts.problem, cut.thumbnails.length], ['unsupported', 0]);
    }
  });

  it('with 16 bits, in CMYK, transparent or animated is read', async () => {
    const raw = await newPicture({ width: 300, height: 200, format: 'png' });
    const cmyk = await sharp(raw).toColourspace('cmyk').jpeg().toBuffer();
    const deep = await sharp(raw).toColourspace('rgb16').png().toBuffer();
    const clear = await sharp(raw).ensureAlpha(0.5).png().toBuffer();
    const frames = await sharp([raw, raw], { join: { animated: true } })
      .gif()
      .toBuffer();
    for (const bytes of [cmyk, deep, clear, frames]) {
      const { facts, thumbnails } = await made(new Uint8Array(bytes));
      assert.deepEqual(
        [facts.width, facts.height, facts.problem, thumbnails.length],
        [300, 200, undefined, 2],
      );
    }
    assert.equal(
      (await sharp((await made(new Uint8Array(clear))).thumbnails[0]?.bytes).metadata()).hasAlpha,
      true,
    );
  });

  it('says where and when it was taken, south and west too, before 1970 too', async () => {
    const exif = {
      IFD0: { Make: 'NIKON CORPORATION', Model: 'NIKON D850' },
      IFD2: {
        DateTimeOriginal: '1955:02:28 23:59:59',
        FNumber: '28/10',
        ExposureTime: '1/250',
        LensModel: 'a lens',
        FocalLength: '50/1',
      },
      IFD3: {
        GPSLatitudeRef: 'S',
        GPSLatitude: '33/1 26/1 0/1',
        GPSLongitudeRef: 'W',
        GPSLongitude: '70/1 40/1 0/1',
      },
    };
    const { facts } = await made(await newPicture({ exif }));
    assert.equal(facts.camera, 'NIKON D850');
    assert.equal(facts.lens, 'a lens');
    assert.deepEqual(facts.exposure, { seconds: 1 / 250, fNumber: 2.8, focalLengthMm: 50 });
    assert.deepEqual(facts.gps, { latitude: -33.4333333, longitude: -70.6666667 });
    assert.deepEqual(facts.takenAt, { local: '1955-02-28T23:59:59', offsetMinutes: -240 });
  });

  it('under a wrong name is told by its content, and what is no picture is none', async () => {
    assert.equal(await maker.make(contentOf(Buffer.from('plain text, and quite some of it')), never), null);
    assert.equal(await maker.make(contentOf(new Uint8Array(0)), never), null);
    assert.equal(
      await maker.make(contentOf(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')), never),
      null,
    );
  });

  it('that ends too early is shown as far as it goes, or called damaged', async () => {
    const whole = await newPicture({ width: 800, height: 600 });
    const cut = await made(whole.subarray(0, Math.floor(whole.length / 2)));
    assert.equal(cut.thumbnails.length, 3);
    const head = await made(whole.subarray(0, 20));
    assert.deepEqual([head.facts.problem, head.thumbnails.length], ['damaged', 0]);
  });

  it('of more pixels or bytes than are decoded is refused by its head', async () => {
    const bomb = claimingSize(await newPicture({ format: 'png' }), 20_000, 15_000);
    const { facts, thumbnails } = await made(bomb);
    assert.deepEqual(
      [facts.problem, facts.width, facts.height, thumbnails.length],
      ['too-large', 20_000, 15_000, 0],
    );
    const long: MediaContent = { ...contentOf(await newPicture()), size: 10 ** 10 };
    assert.equal((await maker.make(long, never))?.facts.problem, 'too-large');
  });
});

describe('a film', () => {
  it('says how long and how large it is, when and where it was taken', async () => {
    const created = 2_082_844_800 + Date.UTC(2026, 6, 14, 13, 3, 22) / 1000;
    const { facts, thumbnails } = await made(newFilm({ turned: true, created, xyz: '+48.1374+011.5755/' }));
    assert.deepEqual(facts, {
      kind: 'video',
      format: 'mp4',
      width: 1080,
      height: 1920,
      durationSeconds: 2.5,
      takenAt: { local: '2026-07-14T15:03:22', offsetMinutes: 120 },
      gps: { latitude: 48.1374, longitude: 11.5755 },
    });
    assert.deepEqual(thumbnails, []);
  });

  it('without its description is called damaged', async () => {
    const film = newFilm();
    assert.equal((await made(film.subarray(0, 4000))).facts.problem, 'damaged');
  });
});

describe('the process that decodes', () => {
  it('that is killed in the middle costs nothing but the wait', async () => {
    const bytes = await newPicture({ width: 300, height: 200 });
    const plain = contentOf(bytes);
    let kills = 0;
    const killing: MediaContent = {
      ...plain,
      read(range, signal) {
        if (range.start === 0 && range.end === bytes.length && kills === 0) {
          kills += 1;
          process.kill(children.at(-1)?.pid ?? 0, 'SIGKILL');
        }
        return plain.read(range, signal);
      },
    };
    const one = await maker.make(killing, never);
    assert.deepEqual([one?.thumbnails.length, kills], [2, 1]);
  });

  it('that dies at the same picture again gives that picture up, and goes on with the next', async () => {
    const bytes = await newPicture({ width: 300, height: 200 });
    const plain = contentOf(bytes);
    const deadly: MediaContent = {
      ...plain,
      read(range, signal) {
        process.kill(children.at(-1)?.pid ?? 0, 'SIGKILL');
        return plain.read(range, signal);
      },
    };
    assert.equal((await maker.make(deadly, never))?.facts.problem, 'failed');
    assert.equal((await made(bytes)).thumbnails.length, 2);
  });

  it('that grows beyond its bound of memory, or hangs, is ended', async () => {
    const small = { childBytesMax: 1 };
    const strict = createMediaMaker({ clock: systemClock, log: silentLog, limits: small });
    const picture = contentOf(await newPicture({ width: 6000, height: 6000, format: 'png' }));
    assert.equal((await strict.make(picture, never))?.facts.problem, 'failed');
    await strict.stop();
    const hung: MediaChild[] = [];
    const impatient = createMediaMaker({
      clock: systemClock,
      log: silentLog,
      answerWaitMs: 1500,
      onChild: (child) => hung.push(child),
    });
    const stopping: MediaContent = {
      ...picture,
      read(range, signal) {
        process.kill(hung.at(-1)?.pid ?? 0, 'SIGSTOP');
        return picture.read(range, signal);
      },
    };
    assert.equal((await impatient.make(stopping, never))?.facts.problem, 'failed');
    assert.equal(hung.length, 2);
    await impatient.stop();
  });

  it('is left by a reader that fails or a caller that leaves, and tells the reason', async () => {
    const plain = contentOf(await newPicture());
    const away = new Error('the device with the bytes is off');
    const failing: MediaContent = {
      ...plain,
      // biome-ignore lint/correctness/useYield: it fails before the first piece
      async *read() {
        throw away;
      },
    };
    await assert.rejects(maker.make(failing, never), away);
    const leaving = new AbortController();
    const slow: MediaContent = {
      ...plain,
      async *read(range, signal) {
        leaving.abort(new Error('enough'));
        yield* plain.read(range, signal);
      },
    };
    await assert.rejects(maker.make(slow, leaving.signal), /enough/);
    assert.equal((await made(await newPicture())).thumbnails.length, 1);
  });

  it('may read no file of a user, write none, and start no program', () => {
    const folder = mkdtempSync(join(tmpdir(), 'peerstor-child-'));
    const secret = join(folder, 'secret.txt');
    writeFileSync(secret, 'secret');
    const tries = [
      `require('fs').readFileSync(${JSON.stringify(secret)})`,
      `require('fs').readdirSync(${JSON.stringify(folder)})`,
      `require('fs').writeFileSync(${JSON.stringify(join(folder, 'new'))}, 'x')`,
      "require('child_process').execFileSync('/bin/true')",
      "new (require('worker_threads').Worker)('0', { eval: true })",
    ];
    for (const code of tries) {
      const { status, stderr } = spawnSync(process.execPath, [...childFlags(), '-e', code], {
        encoding: 'utf8',
      });
      assert.equal(status, 1, code);
      assert.match(stderr, /ERR_ACCESS_DENIED/, code);
    }
    const own = [...childFlags(), '-e', 'require("fs").readFileSync("package.json")'];
    assert.equal(spawnSync(process.execPath, own).status, 0);
    rmSync(folder, { recursive: true });
  });

  it('ends when it had nothing to do', async () => {
    const seen: MediaChild[] = [];
    const idle = createMediaMaker({
      clock: systemClock,
      log: silentLog,
      idleMs: 1,
      onChild: (child) => seen.push(child),
    });
    await idle.make(contentOf(await newPicture()), never);
    await until('the child ended', () => seen[0]?.isOver === true);
    await idle.stop();
  });
});
