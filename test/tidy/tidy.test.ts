/** Rules about the code itself. They only ever tighten: a limit here may be lowered, never raised. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { errorStatus } from '../../src/model/errors.ts';
import { defaultTunables } from '../../src/model/limits.ts';
import { isSlow } from '../support/test-sets.ts';

const root = new URL('../..', import.meta.url).pathname;
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
const files = (pattern: string) => globSync(pattern, { cwd: root }).sort();

const rooms = [
  'model',
  'concurrency',
  'crypto',
  'chunking',
  'store',
  'catalog',
  'replication',
  'drive',
  'http',
  'rescue',
  'backup',
  'node',
  'cli',
];
const sources = [...files('src/**/*.ts'), ...files('web/**/*.{ts,tsx}')];

/** Where a list is spread into the arguments of a call, and what bounds it: beyond 125,000 the call fails. */
const boundedSpreads: Readonly<Record<string, string>> = {
  'src/catalog/accepting/ingest.ts': 'records of one batch from a peer',
  'src/catalog/registers/conflicts.ts': 'versions that one record replaces',
  'src/catalog/registers/dependents.ts': 'records that wait for one other',
  'src/catalog/rights/authority.ts': 'users, invites and devices of one signer',
  'src/catalog/rights/removals.ts': 'removals of one device, cut to one',
  'src/catalog/state/change.ts': 'records of one batch',
  'src/catalog/state/outbox.ts': 'records of one batch',
  'src/catalog/writing/reexamine.ts': 'heads of one register',
  'src/drive/folders/copying.ts': 'tags of one entry: at most one record',
  'src/drive/keys/key-tree.ts': 'old keys in one record',
  'src/http/content/content-reply.ts': 'ranges of one request: at most 32',
  'src/node/health/health.ts': 'numbers of copies',
  'src/node/home/home.ts': 'folders of a home',
  'src/node/home/network-secrets.ts': 'secrets of a network',
  'src/node/network/peer-link.ts': 'two connections',
  'src/replication/garbage/garbage.ts': 'uploads under way',
  'src/replication/repair/peer-history.ts': 'devices',
  'src/replication/repair/repair-plan.ts': 'devices',
  'src/replication/repair/repair.ts': 'sets of holders',
};

const fileLinesMax = 400;
const folderFilesMax = 15;
const readmeLinesMax = 30;

function crowdedFolders(paths: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > folderFilesMax)
    .map(([folder, count]) => `${folder}: ${count} files`);
}

describe('the house is tidy', () => {
  it(`has no source file of more than ${fileLinesMax} lines`, () => {
    const long = sources.filter((path) => read(path).split('\n').length > fileLinesMax);
    assert.deepEqual(long, []);
  });

  it(`has no folder of more than ${folderFilesMax} files side by side`, () => {
    assert.deepEqual(crowdedFolders(sources), []);
    const crowd = Array.from({ length: folderFilesMax + 1 }, (_, n) => `src/hall/${n}.ts`);
    assert.deepEqual(crowdedFolders(crowd), ['src/hall: 16 files']);
  });

  it('lets no function of more than 80 lines pass the linter, without exceptions', () => {
    const config = JSON.parse(read('biome.json'));
    const rule = config.linter.rules.complexity.noExcessiveLinesPerFunction;
    assert.deepEqual(rule, { level: 'error', options: { maxLines: 80 } });
    const excepted = config.overrides
      .filter(({ linter }: { linter: typeof config.linter }) => linter?.rules?.complexity)
      .flatMap(({ includes }: { includes: string[] }) => includes);
    assert.deepEqual(excepted, ['test/**', 'bench/**']);
  });

  it('begins every source file with a comment that says what it is, or is plain enough to need none', () => {
    const silent = sources.filter((path) => {
      const text = read(path);
      const lines = text.split('\n').length;
      return lines > 60 && !path.startsWith('web/') && !text.includes('/**');
    });
    assert.deepEqual(silent, []);
  });

  it('takes no value for another type by way of unknown, outside of tests', () => {
    const shipped = sources.filter((path) => /^(src|web)\//.test(path));
    assert.ok(shipped.length > 100);
    assert.deepEqual(
      shipped.filter((path) => /\bas unknown as\b/.test(read(path))),
      [],
    );
  });

  it('has no hook at the top of a light test file, since such files share a process', () => {
    const light = files('test/**/*.test.ts').filter((path) => !isSlow(path));
    assert.ok(light.length > 200);
    assert.deepEqual(
      light.filter((path) => /^(before|after)(Each)?\(/m.test(read(path))),
      [],
    );
  });

  it('has no any, no silenced type error and no task left in a comment', () => {
    const found = sources.flatMap((path) =>
      read(path)
        .split('\n')
        .map((line, index) => ({ line, at: `${path}:${index + 1}` }))
        .filter(({ line }) =>
          /\bas any\b|: any(?=[,;)=\]>]|$)|@ts-(ignore|expect-error|nocheck)|\/\/ (TODO|FIXME|XXX)\b|\* (TODO|FIXME|XXX)\b/.test(
            line,
          ),
        )
        .map(({ at }) => at),
    );
    assert.deepEqual(found, []);
  });

  it('spreads into the arguments of a call only lists that are bounded', () => {
    const spread = /\.(push|unshift)\(\.\.\.|Math\.(max|min)\(\.\.\./;
    const found = sources.filter((path) => spread.test(read(path)));
    assert.deepEqual(
      found.filter((path) => boundedSpreads[path] === undefined),
      [],
    );
  });

  it(`has a README of at most ${readmeLinesMax} lines in every room`, () => {
    for (const room of rooms) {
      const path = `src/${room}/README.md`;
      assert.ok(existsSync(`${root}${path}`), `${path} is missing`);
      const lines = read(path).trimEnd().split('\n').length;
      assert.ok(lines <= readmeLinesMax, `${path} has ${lines} lines`);
    }
  });

  it('shows text on the page only by way of web/components/shown-text.ts, which writes out what deceives', () => {
    assert.match(read('web/main.tsx'), /^import '\.\/components\/shown-text\.ts';$/m);
    const around =
      /\b(innerHTML|outerHTML|innerText|textContent|insertAdjacent\w+|createTextNode|dangerouslySetInnerHTML)\b|document\.title|\.setAttribute\(|[^.\w](alert|confirm|prompt)\(['`]/;
    const found = files('web/**/*.{ts,tsx}').filter((path) => around.test(read(path)));
    // The one sets the title of the window, the other shows the content of a file byte for byte.
    assert.deepEqual(found, ['web/components/shown-text.ts', 'web/views/drive/preview/verbatim.tsx']);
  });

  it('counts callers by callerOf: no other file of the gateway reads the address of a request', () => {
    const readers = files('src/http/**/*.ts').filter((path) =>
      /\brequest\.(ip|ips)\b|remoteAddress/.test(read(path)),
    );
    assert.deepEqual(readers, ['src/http/limits/caller.ts']);
  });

  it('makes folders by makeFolders, because the recursive mkdir of Node never returns below /proc', () => {
    const recursive = /\bmkdir(Sync)?\([^;]*\brecursive: true/;
    assert.deepEqual(
      files('src/**/*.ts').filter((path) => recursive.test(read(path))),
      [],
    );
    assert.match('await mkdir(path, { recursive: true });', recursive);
  });

  it('has no folder or file named after nothing', () => {
    const vague = sources.filter((path) => /(^|\/)(utils?|helpers?|common|misc|manager)(\/|\.)/.test(path));
    assert.deepEqual(vague, []);
  });

  it('has a door for every room that others enter', () => {
    for (const room of rooms.filter((name) => name !== 'model' && name !== 'cli')) {
      assert.ok(existsSync(`${root}src/${room}/index.ts`), `src/${room}/index.ts is missing`);
    }
  });

  it('enters rooms only by their door', () => {
    const around = files('src/**/*.ts').flatMap((path) => {
      const own = path.split('/')[1];
      return [...read(path).matchAll(/from '((?:\.\.\/)+)([a-z]+)\/([^']+)'/g)]
        .filter(
          ([, , room, rest]) =>
            rooms.includes(room ?? '') && room !== own && room !== 'model' && rest !== 'index.ts',
        )
        .map(([, , room, rest]) => `${path} → ${room}/${rest}`);
    });
    assert.deepEqual(around, []);
  });

  it('prints in the command line only through terminal/output.ts, which escapes what comes from outside', () => {
    const around = files('src/cli/**/*.ts')
      .filter((path) => !path.startsWith('src/cli/terminal/') && path !== 'src/cli/main.ts')
      .filter((path) => /process\.(stdin|stdout|stderr)|console\./.test(read(path)));
    assert.deepEqual(around, []);
  });

  it('explains every error code and every setting of PEERSTOR_TUNE in the docs', () => {
    const protocol = read('docs/PROTOCOL.md');
    for (const code of Object.keys(errorStatus))
      assert.ok(protocol.includes(`\`${code}\``), `error code ${code}`);
    for (const name of Object.keys(defaultTunables))
      assert.ok(protocol.includes(`\`${name}\``), `setting ${name}`);
  });

  it('names no registry', () => {
    const tracked = [
      ...sources,
      ...files('docs/**/*.md'),
      ...files('*.md'),
      ...files('test/**/*.ts'),
      'package-lock.json',
    ];
    const registry = ['registry.', 'npmjs', '.org'].join('');
    const found = tracked.filter((path) => read(path).includes(registry));
    assert.deepEqual(found, []);
  });
});
