/**
 * Pictures and films that others made for their own tests: in the source packages of the system, fetched when the test runs and never kept. Or a
 * folder of one's own: `PEERSTOR_TEST_SAMPLES`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const packages = ['libimage-exiftool-perl', 'exiv2', 'libheif'];
const sampleName = /\.(jpe?g|tiff?|hei[cf]|png|webp|nef|cr[23]|dng|mp4|mov|raf|rw2|arw|gif|avif|mkv|webm)$/i;
const sources = '/etc/apt/sources.list.d';

/** @returns why there are none, for `skip`; otherwise their paths */
export function fetchSamples(folder: string): string[] | string {
  const own = process.env.PEERSTOR_TEST_SAMPLES;
  if (own !== undefined) return filesBelow(own);
  if (!existsSync(sources)) return 'there is no apt here: name a folder in PEERSTOR_TEST_SAMPLES';
  try {
    // The system's own lists, asked for sources, apart from those of the system.
    const [lists, parts] = [join(folder, 'lists'), join(folder, 'parts')];
    mkdirSync(lists);
    mkdirSync(parts);
    cpSync(sources, parts, { recursive: true });
    for (const file of readdirSync(parts)) {
      const text = readFileSync(join(parts, file), 'utf8');
      writeFileSync(
        join(parts, file),
        text.replaceAll(/^Types: deb$/gm, 'Types: deb-src').replaceAll(/^deb /gm, 'deb-src '),
      );
    }
    const places = [
      'Dir::Etc::sourcelist=/dev/null',
      `Dir::Etc::sourceparts=${parts}`,
      `Dir::State::lists=${lists}`,
    ];
    const apt = (...words: string[]) =>
      execFileSync('apt-get', [...places.flatMap((place) => ['-o', place]), ...words], {
        cwd: folder,
        stdio: 'ignore',
        timeout: 300_000,
      });
    apt('update');
    apt('source', '--download-only', ...packages);
    for (const archive of readdirSync(folder).filter((name) => name.includes('.orig.tar.'))) {
      execFileSync('tar', ['xf', archive], { cwd: folder });
    }
    return filesBelow(folder);
  } catch (error) {
    return `sources cannot be fetched here: ${error instanceof Error ? error.message.split('\n')[0] : ''}`;
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => sampleName.test(name))
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}
