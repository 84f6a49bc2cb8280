/** Facts against those of exiftool, on files that cameras and editors of twenty years wrote. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createMediaMaker } from '../../src/media/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { MediaFacts } from '../../src/model/contracts/media/media-maker.ts';
import { silentLog } from '../../src/model/log.ts';
import { fetchSamples } from './samples.ts';

const filesMin = 200;
/** Which tags of which directories are compared: those that EXIF has for it. Notes of the makers and IPTC are not read. */
const tags = [
  ...['DateTimeOriginal', 'ExposureTime', 'FNumber', 'ISO', 'FocalLength', 'LensModel'].map(
    (tag) => `ExifIFD:${tag}`,
  ),
  ...['Make', 'Model'].map((tag) => `IFD0:${tag}`),
  ...['GPSLatitude', 'GPSLongitude'].map((tag) => `Composite:${tag}`),
];

type Theirs = Readonly<Record<string, unknown>>;

describe('the facts of pictures', { timeout: 900_000 }, () => {
  it('are those that exiftool reads, on 200 files and more of many cameras', async (test) => {
    if (spawnSync('exiftool', ['-ver']).status !== 0)
      return test.skip('there is no exiftool on this machine');
    const folder = mkdtempSync(join(tmpdir(), 'peerstor-samples-'));
    try {
      await compare(test, folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

async function compare(test: TestContext, folder: string): Promise<void> {
  const files = fetchSamples(folder);
  if (typeof files === 'string') return test.skip(files);
  const asked = ['-j', '-n', '-G1', '-IFD0:Orientation', ...tags.map((tag) => `-${tag}`)];
  const { stdout } = spawnSync('exiftool', [...asked, ...files], { encoding: 'utf8', maxBuffer: 1e9 });
  const theirs = new Map<string, Theirs>(
    JSON.parse(stdout).map((one: Theirs) => [String(one.SourceFile), one]),
  );
  const maker = createMediaMaker({ clock: systemClock, log: silentLog, ffmpegPath: '/nowhere/ffmpeg' });
  const { signal } = new AbortController();
  const different: string[] = [];
  let compared = 0;
  let damaged = 0;
  for (const path of files) {
    const bytes = readFileSync(path);
    const content = {
      size: bytes.length,
      async *read({ start, end }: { start: number; end: number }) {
        yield new Uint8Array(bytes.subarray(start, end));
      },
    };
    const made = await maker.make(content, signal);
    // Many of these files were made to break readers.
    if (!made || made.facts.problem === 'failed') damaged += 1;
    else {
      compared += 1;
      const found = differences(made.facts, theirs.get(path) ?? {});
      if (found.length > 0) different.push(`${basename(path)}: ${found.join(', ')}`);
    }
  }
  await maker.stop();
  test.diagnostic(`${compared} files compared, ${damaged} are no pictures, ${different.length} differ`);
  for (const line of different) test.diagnostic(line);
  assert.ok(compared >= filesMin, `${compared} files`);
  assert.deepEqual(
    different.filter((line) => !known.some((name) => line.startsWith(name))),
    [],
  );
}

/** Where exiftool reads more. */
const known: readonly string[] = [
  // EXIF in a compressed text of the PNG, as ImageMagick wrote it before there was a chunk for it.
  ...['ReaganLargePng.png', 'ReaganSmallPng.png', 'exiv2-bug922.png', 'imagemagick.png'],
  // The JPEG inside, which has it, is cut off in this sample.
  'Panasonic.rw2',
  // Damaged on purpose.
  ...['issue_1881_coverage.jpg', 'issue_ghsa_5p8g_9xf3_gfrr_poc.webp', 'clusterfuzz-testcase'],
];

function differences(facts: MediaFacts, theirs: Theirs): string[] {
  const found: string[] = [];
  const of = (tag: string) => theirs[tag];
  const number = (value: unknown) => (typeof value === 'number' && value > 0 ? value : undefined);
  const near = (name: string, ours: number | undefined, other: number | undefined) => {
    const isNear =
      ours === undefined || other === undefined
        ? ours === other
        : Math.abs(ours - other) <= Math.max(1e-6, Math.abs(other) * 2e-3);
    if (!isNear) found.push(`${name} ${ours} instead of ${other}`);
  };
  const { exposure = {} } = facts;
  near('exposure', exposure.seconds, number(of('ExifIFD:ExposureTime')));
  near('aperture', exposure.fNumber, number(of('ExifIFD:FNumber')));
  near('ISO', exposure.iso, number(of('ExifIFD:ISO')));
  near('focal length', exposure.focalLengthMm, number(of('ExifIFD:FocalLength')));
  const [, date, time] =
    /^(\d{4}:\d{2}:\d{2}) (\d{2}:\d{2}:\d{2})/.exec(String(of('ExifIFD:DateTimeOriginal'))) ?? [];
  const local = date === undefined || date < '1800' ? undefined : `${date.replaceAll(':', '-')}T${time}`;
  // Where EXIF has none, the date may come from XMP.
  if (local !== undefined && facts.takenAt?.local !== local)
    found.push(`date ${facts.takenAt?.local} instead of ${local}`);
  const model = String(of('IFD0:Model') ?? '').trim();
  if (model !== '' && !facts.camera?.includes(model))
    found.push(`camera ${facts.camera} instead of ${model}`);
  const [latitude, longitude] = [of('Composite:GPSLatitude'), of('Composite:GPSLongitude')];
  if (
    typeof latitude === 'number' &&
    typeof longitude === 'number' &&
    latitude !== 0 &&
    facts.kind === 'image'
  ) {
    const isNear =
      facts.gps && Math.hypot(facts.gps.latitude - latitude, facts.gps.longitude - longitude) < 1e-4;
    if (!isNear) found.push(`place ${JSON.stringify(facts.gps)} instead of ${latitude} ${longitude}`);
  }
  return found;
}
