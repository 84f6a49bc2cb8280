/**
 * Thumbnails per second through the process that decodes, against a bare loop of sharp in this process that makes the
 * same pictures; and what the process needs. `--photos N` of 12 megapixels (12).
 */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { createMediaMaker } from '../src/media/index.ts';
import { systemClock } from '../src/model/clock.ts';
import { silentLog } from '../src/model/log.ts';

const at = process.argv.indexOf('--photos');
const count = at < 0 ? 12 : Number(process.argv[at + 1]);
const rounds = 2;

/** Grain and shapes, as photos have them: a plain area would be coded for nothing. */
async function photo(seed: number): Promise<Uint8Array> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const small = await sharp({ create: { width: 400, height: 300, channels: 3, background: 'gray', noise } })
    .tint({ r: (seed * 53) % 256, g: (seed * 97) % 256, b: (seed * 151) % 256 })
    .png()
    .toBuffer();
  return new Uint8Array(
    await sharp(small).resize(4000, 3000, { kernel: 'cubic' }).jpeg({ quality: 88 }).toBuffer(),
  );
}

async function bare(bytes: Uint8Array): Promise<void> {
  const { data, info } = await sharp(bytes)
    .rotate()
    .resize(2160, 2160, { fit: 'inside' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const raw = () => sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
  await raw().webp({ quality: 80, effort: 1 }).toBuffer();
  await raw().resize(720, 720, { fit: 'inside' }).webp({ quality: 76, effort: 3 }).toBuffer();
  await raw().resize(240, 240, { fit: 'inside' }).webp({ quality: 72, effort: 4 }).toBuffer();
}

const photos: Uint8Array[] = [];
for (let seed = 0; seed < count; seed += 1) photos.push(await photo(seed));
const mib = photos.reduce((sum, { length }) => sum + length, 0) / 1024 ** 2;
console.log(
  `${count} photos of 12 megapixels, ${(mib / count).toFixed(1)} MiB each; libvips with one thread`,
);

let pid: number | undefined;
const maker = createMediaMaker({
  clock: systemClock,
  log: silentLog,
  onChild: (child) => {
    pid = child.pid;
  },
});
const { signal } = new AbortController();
let mostBytes = 0;
const make = (bytes: Uint8Array) =>
  maker.make(
    {
      size: bytes.length,
      async *read({ start, end }) {
        yield bytes.subarray(start, end);
      },
    },
    signal,
  );

sharp.concurrency(1);
sharp.cache(false);
const first = photos[0] ?? new Uint8Array();
await make(first);
await bare(first);
const ratios: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const bareRate = await rate(bare);
  const ourRate = await rate(async (bytes) => {
    await make(bytes);
    mostBytes = Math.max(mostBytes, residentBytes());
  });
  ratios.push(ourRate / bareRate);
  console.log(
    `bare sharp ${bareRate.toFixed(2)} photos/s, the media room ${ourRate.toFixed(2)} photos/s, ratio ${(ourRate / bareRate).toFixed(2)}`,
  );
}
await maker.stop();
console.log(
  `ratio ${Math.max(...ratios).toFixed(2)} (aim ≥ 0.8); the process has ${Math.round(mostBytes / 1024 ** 2)} MiB`,
);

async function rate(work: (bytes: Uint8Array) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  for (const bytes of photos) await work(bytes);
  return (photos.length * 1000) / (performance.now() - began);
}

/** Of the child, where the system tells. */
function residentBytes(): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return pages * 4096;
  } catch {
    return 0;
  }
}
