/** Files that somebody made to break a decoder: whatever they are, the answer is one of those that there are. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMediaMaker } from '../../src/media/index.ts';
import type { MediaChild } from '../../src/media/media-child.ts';
import { systemClock } from '../../src/model/clock.ts';
import { silentLog } from '../../src/model/log.ts';
import { freshSeed } from '../support/fresh-seed.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { heicPicture } from './heic-picture.ts';
import { claimingSize, newCr3, newFilm, newPicture, newRaf, newRaw } from './pictures.ts';

const mutations = 2000;
const { signal } = new AbortController();

describe('files that were damaged on purpose', { timeout: 1_800_000 }, () => {
  it(`cost at most the process that reads them, with seed ${freshSeed}`, async () => {
    const random = seededRandom(freshSeed);
    const pick = (below: number) => Math.floor(random.next() * below);
    const exif = {
      IFD0: { Make: 'Canon' },
      IFD2: { DateTimeOriginal: '2026:07:14 15:03:22' },
      IFD3: { GPSLatitudeRef: 'N' },
    };
    const originals = [newFilm({ xyz: '+48.1+011.5/' }), newFilm({ brand: 'qt  ' })];
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const) {
      originals.push(await newPicture({ width: 200, height: 150, format, exif }));
    }
    const large = await newPicture({ width: 1600, height: 1200, seed: 3 });
    originals.push(newRaw(large, 6), newCr3(large, 6), newRaf(large), heicPicture);
    originals.push(claimingSize(await newPicture({ format: 'png' }), 40_000, 40_000));

    function mutated(): Uint8Array {
      const bytes = Buffer.from(originals[pick(originals.length)] ?? []);
      // Heads say how long things are: most changes go there.
      const area = random.next() < 0.7 ? Math.min(600, bytes.length) : bytes.length;
      for (let change = 0; change <= pick(12); change += 1) {
        const at = pick(area);
        const kind = pick(4);
        if (kind === 0) bytes[at] = pick(256);
        else if (kind === 1) bytes.fill(0xff, at, Math.min(at + 4, bytes.length));
        else if (kind === 2) bytes.fill(0, at, Math.min(at + 4, bytes.length));
        else bytes.copy(bytes, at, pick(bytes.length), pick(bytes.length));
      }
      return new Uint8Array(random.next() < 0.2 ? bytes.subarray(0, pick(bytes.length)) : bytes);
    }

    const children: MediaChild[] = [];
    const maker = createMediaMaker({
      clock: systemClock,
      log: silentLog,
      answerWaitMs: 20_000,
      onChild: (child) => children.push(child),
    });
    const told: Record<string, number> = {};
    for (let count = 0; count < mutations; count += 1) {
      const bytes = mutated();
      const made = await maker.make(
        {
          size: bytes.length,
          async *read({ start, end }) {
            yield bytes.subarray(start, end);
          },
        },
        signal,
      );
      const word = made === null ? 'nothing' : (made.facts.problem ?? 'made');
      told[word] = (told[word] ?? 0) + 1;
    }
    const good = await newPicture({ width: 300, height: 200 });
    const last = await maker.make(
      {
        size: good.length,
        async *read({ start, end }) {
          yield good.subarray(start, end);
        },
      },
      signal,
    );
    assert.equal(last?.thumbnails.length, 2);
    assert.ok((told.made ?? 0) > 100 && (told.damaged ?? 0) > 50, JSON.stringify(told));
    console.log(`# ${JSON.stringify(told)}, ${children.length} processes`);
    await maker.stop();
  });
});
