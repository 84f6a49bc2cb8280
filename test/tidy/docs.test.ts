/** What the docs say of the code is true: the files, routes, limits and tests that they name exist. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { newAuthority, newLeaf } from '../../src/crypto/index.ts';
import { createGatewayApp } from '../../src/http/gateway-app.ts';
import type { ApiDocument } from '../../src/http/openapi/document.ts';
import { operations } from '../../src/http/openapi/operations.ts';
import { systemClock } from '../../src/model/clock.ts';
import * as limits from '../../src/model/limits.ts';
import { silentLog } from '../../src/model/log.ts';
import { FakeDeviceFront } from '../support/fake-device-front.ts';
import { filesNamedIn, limitsNamedIn, quotedTests, routesInTable, routesInTree, titlesIn } from './docs.ts';

const root = new URL('../..', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Decisions tell what was true on their day; the changelog too. */
const documents = globSync(['*.md', 'docs/*.md', '{src,test,web,bench}/**/README.md'], { cwd: root })
  .filter((path) => path !== 'CHANGELOG.md')
  .sort();

/** A file is named from the top, from `src`, or from the folder of the document. */
function isThere(document: string, path: string): boolean {
  return ['.', 'src', dirname(document)].some((folder) => existsSync(join(root, folder, path)));
}

/** A gateway with every route. */
function gatewayApp() {
  const context = { front: new FakeDeviceFront(), clock: systemClock, log: silentLog, maxUploadBytes: 1 };
  const authority = newAuthority('docs', Date.now());
  const leaf = newLeaf(authority, ['localhost'], Date.now());
  const certificates = { authority: authority.certificate, fingerprint: 'AB:CD', current: () => leaf };
  return createGatewayApp(context, { webRoot: join(root, 'web/public'), certificates });
}

describe('the docs', () => {
  it('name only files that exist', () => {
    assert.ok(documents.length > 20, `only ${documents.length} documents were found`);
    const missing = documents.flatMap((document) =>
      filesNamedIn(read(document))
        .filter((path) => !isThere(document, path))
        .map((path) => `${document}: ${path}`),
    );
    assert.deepEqual(missing, []);
  });

  it('list every route in PROTOCOL, and no other', async () => {
    const app = await gatewayApp();
    const served = routesInTree(app.printRoutes({ commonPrefix: false }));
    await app.close();
    const listed = routesInTable(read('docs/PROTOCOL.md'));
    assert.ok(served.length > 50, `only ${served.length} routes were found`);
    // The root of the drive is the path with no name in it; the page answers everything else.
    const implied = ['GET /api/v1/path', 'GET /*'];
    assert.deepEqual(
      served.filter((route) => !listed.includes(route) && !implied.includes(route)),
      [],
      'routes that PROTOCOL does not list',
    );
    assert.deepEqual(
      listed.filter((route) => !served.includes(route)),
      [],
      'routes that only PROTOCOL knows',
    );
  });

  it('say in openapi.json what each route does, and nothing of a route that is none', async () => {
    const app = await gatewayApp();
    const answer = await app.inject({ url: '/api/openapi.json', headers: { host: '127.0.0.1' } });
    await app.close();
    const { paths } = answer.json<ApiDocument>();
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary }]) => ({ route: `${method} ${path}`, summary })),
    );
    const silent = described.filter(({ summary }) => summary === '').map(({ route }) => route);
    assert.deepEqual(silent, [], 'routes without a line in src/http/openapi/operations.ts');
    assert.equal(described.length, Object.keys(operations).length, 'lines of operations.ts without a route');
  });

  it('give the limits and settings the values that they have', () => {
    const values: Record<string, unknown> = { ...limits, ...limits.defaultTunables };
    const named = ['docs/PROTOCOL.md', 'docs/FORMAT.md'].flatMap((document) => limitsNamedIn(read(document)));
    const known = named.filter(({ name }) => typeof values[name] === 'number');
    const settings = Object.keys(limits.defaultTunables);
    assert.deepEqual(
      settings.filter((name) => !known.some((one) => one.name === name)),
      [],
      'settings without a default in PROTOCOL',
    );
    assert.ok(known.length >= settings.length + 15, `only ${known.length} limits are named with a value`);
    assert.deepEqual(
      known.filter(({ name, value }) => values[name] !== value).map(({ name, value }) => `${name}: ${value}`),
      [],
    );
  });

  it('quote only tests that exist in the file named before them', () => {
    const quoted = quotedTests(read('docs/SECURITY.md'));
    assert.ok(quoted.length > 40, `only ${quoted.length} quoted tests were found`);
    const missing = quoted.filter(
      ({ file, title }) =>
        !existsSync(join(root, file)) || !titlesIn(read(file)).some((shape) => shape.test(title)),
    );
    assert.deepEqual(missing, []);
  });
});

describe('the readers of the docs', () => {
  it('see a file, a route, a limit and a test that the code does not have', () => {
    assert.deepEqual(filesNamedIn('As `store/none.ts` says, `run.json` is written.'), ['store/none.ts']);
    const table = '| `GET /api/v1/none/ID?x` · `DELETE` · `PUT /api/v1/path/a/b` `{x}` | all | . |';
    const shapes = ['GET /api/v1/none/:x', 'DELETE /api/v1/none/:x', 'PUT /api/v1*'];
    assert.deepEqual(routesInTable(table), shapes);
    const tree =
      '├── /api/v1/none (POST)\n│   ├── /:id (GET, HEAD, DELETE)\n└── /api/v1/path (GET)\n    └── * (PUT)';
    assert.deepEqual(routesInTree(tree), [
      'POST /api/v1/none',
      ...shapes.slice(0, 2),
      'GET /api/v1/path',
      'PUT /api/v1*',
    ]);
    assert.deepEqual(
      limitsNamedIn('`aMs` (5 s), `b` (1 MiB + 64 KiB)\n| `c` | 7 days | x |\n| name | `d` | 65,536 |'),
      [
        { name: 'aMs', value: 5000 },
        { name: 'b', value: 2 ** 20 + 2 ** 16 },
        { name: 'c', value: 604_800_000 },
        { name: 'd', value: 65_536 },
      ],
    );
    const text = '*Shown by* `test/a.ts`: "one\nthing", "two"; `test/b.ts`: "three".\n\n"not this"';
    assert.deepEqual(quotedTests(text), [
      { file: 'test/a.ts', title: 'one thing' },
      { file: 'test/a.ts', title: 'two' },
      { file: 'test/b.ts', title: 'three' },
    ]);
    const [plain, filled] = titlesIn("it('says it\\'s so', x); test(`takes $" + '{n} files`, y);');
    assert.ok(plain?.test("says it's so") && !plain.test('says'));
    assert.ok(filled?.test('takes 100 files') && !filled.test('takes files'));
  });
});
