import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import sharp from 'sharp';
import { createMediaMaker } from '../../src/media/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { MediaContent } from '../../src/model/contracts/media/media-maker.ts';
import { silentLog } from '../../src/model/log.ts';

const lacksFfmpeg = spawnSync('ffmpeg', ['-version']).status !== 0 && 'there is no ffmpeg on this machine';
const maker = createMediaMaker({ clock: systemClock, log: silentLog });
const without = createMediaMaker({ clock: systemClock, log: silentLog, ffmpegPath: '/nowhere/ffmpeg' });
const folder = mkdtempSync(join(tmpdir(), 'peerstor-films-'));
after(async () => {
  await Promise.all([maker.stop(), without.stop()]);
  rmSync(folder, { recursive: true });
});
const never = new AbortController().signal;

function contentOf(bytes: Uint8Array): MediaContent {
  return {
    size: bytes.length,
    async *read({ start, end }) {
      for (let at = start; at < end; at += 50_000) yield bytes.subarray(at, Math.min(end, at + 50_000));
    },
  };
}

/** Three seconds that are blue for the first half a second, then red. */
function film(name: string, ...args: string[]): Uint8Array {
  const path = join(folder, name);
  const colors = ['blue', 'red'].map(
    (color, at) => `color=${color}:size=320x180:rate=10:duration=${at ? 2.5 : 0.5}`,
  );
  const inputs = colors.flatMap((color) => ['-f', 'lavfi', '-i', color]);
  const joined = ['-filter_complex', '[0][1]concat=n=2:v=1'];
  execFileSync('ffmpeg', ['-loglevel', 'error', ...inputs, ...joined, ...args, path]);
  return new Uint8Array(readFileSync(path));
}

const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '5'];

describe('a film', { skip: lacksFfmpeg }, () => {
  it('of each kind that browsers and phones write has facts, and a picture a second into it', async () => {
    for (const [name, args, codec] of [
      ['a.mp4', h264, 'h264'],
      ['b.mov', h264, 'h264'],
      ['c.mkv', h264, 'h264'],
      ['d.webm', ['-c:v', 'libvpx', '-g', '5'], 'vp8'],
      ['e.mp4', [...h264, '-movflags', 'frag_keyframe+empty_moov'], 'h264'],
    ] as const) {
      const made = await maker.make(contentOf(film(name, ...args)), never);
      assert.ok(made, name);
      const { facts, thumbnails } = made;
      assert.deepEqual(
        [facts.kind, facts.width, facts.height, facts.codec],
        ['video', 320, 180, codec],
        name,
      );
      // One in fragments says no duration in its head.
      if (name !== 'e.mp4') assert.ok(Math.abs((facts.durationSeconds ?? 0) - 3) < 0.2, name);
      assert.deepEqual(
        thumbnails.map(({ size, width, height }) => [size, width, height]),
        [
          [240, 240, 135],
          [720, 320, 180],
        ],
        name,
      );
      const { channels } = await sharp(thumbnails[0]?.bytes).stats();
      const [red = 0, , blue = 0] = channels.map(({ mean }) => mean);
      if (name !== 'e.mp4') assert.ok(red > 150 && blue < 80, `${name}: ${red} ${blue}`);
      assert.ok(facts.thumbhash);
    }
  });

  it('has its facts and no problem where there is no ffmpeg, and a problem where ffmpeg cannot decode it', async () => {
    const bytes = film('f.mp4', ...h264);
    const plain = await without.make(contentOf(bytes), never);
    assert.deepEqual(
      [plain?.facts.problem, plain?.thumbnails.length, plain?.facts.width],
      [undefined, 0, 320],
    );
    assert.deepEqual(await without.films(), { posters: false, renditions: false });
    // The box of the pictures (`mdat`) has nothing but noise.
    const noise = Uint8Array.from(bytes);
    const at = Buffer.from(bytes).indexOf('mdat') + 4;
    noise.fill(0x55, at, Buffer.from(bytes).indexOf('moov') - 4);
    const made = await maker.make(contentOf(noise), never);
    assert.deepEqual(
      [made?.facts.problem, made?.facts.width, made?.thumbnails.length],
      ['unsupported', 320, 0],
    );
  });

  it('whose bytes cannot be read is the error of who reads, never a fact about it', async () => {
    const bytes = film('g.mp4', ...h264);
    const plain = contentOf(bytes);
    const away = new Error('the device with the bytes is off');
    const failing: MediaContent = {
      ...plain,
      async *read(range, signal) {
        // The facts come first; they are read from the end.
        if (range.start < 5000 && range.end - range.start > 100) throw away;
        yield* plain.read(range, signal);
      },
    };
    await assert.rejects(maker.make(failing, never), away);
  });

  it('becomes a smaller one that says how long it is, and that ends with who asked for it', async () => {
    const bytes = film('h.mkv', ...h264);
    const pieces: Uint8Array[] = [];
    let told = 0;
    const options = { signal: never, onProgress: (share: number) => (told = share) };
    for await (const piece of maker.render(contentOf(bytes), { durationSeconds: 3 }, options))
      pieces.push(piece);
    assert.ok(told > 0.8 && told <= 1, `${told}`);
    const made = await without.make(contentOf(Buffer.concat(pieces)), never);
    assert.deepEqual(
      [
        made?.facts.format,
        made?.facts.codec,
        made?.facts.width,
        made?.facts.height,
        made?.facts.durationSeconds,
      ],
      ['mp4', 'h264', 320, 180, 3],
    );
    const leaving = new AbortController();
    leaving.abort(new Error('enough'));
    const left = maker.render(contentOf(bytes), {}, { signal: leaving.signal });
    await assert.rejects(Array.fromAsync(left), /enough/);
    const noise = Buffer.from(bytes).fill(0x55, 5000);
    const broken = maker.render(contentOf(noise.subarray(0, 300)), {}, { signal: never });
    await assert.rejects(Array.fromAsync(broken), { code: 'bad-input' });
    await assert.rejects(
      Array.fromAsync(without.render(contentOf(bytes), {}, { signal: never })),
      /install ffmpeg/,
    );
  });

  it('cannot make ffmpeg read another file or address', async () => {
    const list = Buffer.from(`ffconcat version 1.0\nfile '${join(folder, 'a.mp4')}'\n`);
    const playlist = Buffer.from('#EXTM3U\n#EXTINF:3,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n');
    for (const bytes of [list, playlist]) {
      const made = maker.render(contentOf(bytes), {}, { signal: never });
      await assert.rejects(Array.fromAsync(made), { code: 'bad-input' });
    }
  });
});
