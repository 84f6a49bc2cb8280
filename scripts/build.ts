/** Builds what is published: the program as split ES modules in dist/node, the page in dist/web. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { build as buildWeb } from 'vite';
import { licencesOf } from './licences.ts';
import { buildMap } from './map-cells.ts';
import { buildPlaces } from './places.ts';

/** CommonJS packages inside an ES bundle ask for these names. */
const banner = `
import { createRequire as peerstorCreateRequire } from 'node:module';
import { fileURLToPath as peerstorFileUrlToPath } from 'node:url';
import { dirname as peerstorDirname } from 'node:path';
const require = peerstorCreateRequire(import.meta.url);
const __filename = peerstorFileUrlToPath(import.meta.url);
const __dirname = peerstorDirname(__filename);
`;

const dataLicences = `${'-'.repeat(80)}

Names and places of towns (dist/node/places.gz) are from GeoNames, geonames.org, under the Creative Commons Attribution 4.0 License
(creativecommons.org/licenses/by/4.0); smaller ones, further names and what is no town were left out.

The map (dist/web/map) is made of Natural Earth, naturalearthdata.com, which is in the public domain.
`;

await rm('dist', { recursive: true, force: true });
const program = await build({
  // What runs beside the device is a file of its own beside the others: `src/crypto/chunks/sealing-thread.ts` and
  // `src/media/media-child.ts` start them.
  entryPoints: {
    main: 'src/cli/main.ts',
    'sealing-worker': 'src/crypto/chunks/sealing-worker.ts',
    'media-child': 'src/media/child/main.ts',
  },
  outdir: 'dist/node',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'linked',
  legalComments: 'none',
  // Native code finds its prebuilt binary beside its own package.json; libheif stays a file of its own (decision 0084).
  external: ['level', 'sharp', 'libheif-js/wasm-bundle.js'],
  define: { 'process.env.PEERSTOR_BUILT': '"1"' },
  banner: { js: banner },
  logLevel: 'warning',
  metafile: true,
});
await writeFile('dist/node/places.gz', buildPlaces());
const page = await buildWeb({ configFile: 'web/vite.config.ts', logLevel: 'warn' });
await buildServiceWorker();
// The map comes after the page, whose build empties the folder.
await mkdir('dist/web/map');
for (const [name, text] of buildMap()) {
  await writeFile(`dist/web/map/${name}`, text);
  await writeFile(`dist/web/map/${name}.gz`, gzipSync(text));
}
// What is not bundled is installed beside it, with its own licence.
const licences = `${licencesOf([...Object.keys(program.metafile.inputs), ...modulesOf(page)])}\n${dataLicences}`;
await writeFile('dist/LICENSES.txt', licences);
// The page shows them, too.
await writeFile('dist/web/licences.txt', licences);

/** What the page needs to be drawn at all is what `index.html` names; other parts are kept when they are asked for. */
async function buildServiceWorker(): Promise<void> {
  const html = await readFile('dist/web/index.html', 'utf8');
  const named = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+|\/icon\.svg)"/g)].flatMap(
    ([, path]) => path ?? [],
  );
  const files = ['/', ...new Set(named)];
  const version = createHash('sha256').update(html).digest('hex').slice(0, 16);
  await build({
    entryPoints: ['web/worker/service-worker.ts'],
    outfile: 'dist/web/service-worker.js',
    bundle: true,
    format: 'iife',
    target: 'es2022',
    minify: true,
    define: { shellFiles: JSON.stringify(files), shellVersion: JSON.stringify(version) },
    logLevel: 'warning',
  });
}

/** The files that the page was made of. */
function modulesOf(built: Awaited<ReturnType<typeof buildWeb>>): string[] {
  return [built]
    .flat()
    .flatMap((one) =>
      'output' in one
        ? one.output.flatMap((part) => (part.type === 'chunk' ? Object.keys(part.modules) : []))
        : [],
    );
}
