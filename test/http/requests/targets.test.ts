/** One reading of the address of a request: whatever the spelling, router and code after it see the same. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createGatewayApp } from '../../../src/http/gateway-app.ts';
import type { EntryView, ShareView } from '../../../src/model/api.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { silentLog } from '../../../src/model/log.ts';
import { FakeDeviceFront } from '../../support/fake-device-front.ts';
import { assertProblem, GatewayFixture } from '../gateway-fixture.ts';

interface Route {
  url: string;
  methods: string[];
}

/** Every route of the gateway, read from the router's own drawing. */
async function allRoutes(): Promise<Route[]> {
  const parts = { front: new FakeDeviceFront(), clock: systemClock, log: silentLog, maxUploadBytes: 1 };
  const app = await createGatewayApp(parts, { webRoot: undefined });
  const above: string[] = [];
  const routes = app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line): Route[] => {
      const [, indent = '', part = '', methods = ''] =
        /^([│ ]*)[├└]── (\S+) \(([A-Z, ]+)\)/u.exec(line) ?? [];
      if (part === '') return [];
      const depth = indent.length / 4;
      const parent = above[depth - 1] ?? '';
      const url = part === '*' ? `${parent.replace(/\/path$/, '')}/path/*` : parent + part;
      above[depth] = url;
      return [{ url, methods: methods.split(', ') }];
    });
  await app.close();
  assert.ok(routes.length > 50, `only ${routes.length} routes were found`);
  return routes;
}

/** A spelling of the same path: some characters that need no encoding are encoded. */
const spelling = (path: string) =>
  fc.array(fc.integer({ min: 0, max: 5 }), { minLength: path.length, maxLength: path.length }).map((dice) =>
    [...path]
      .map((character, at) => {
        if (dice[at] !== 0 || !/[\w.~-]/.test(character)) return character;
        const hex = character.charCodeAt(0).toString(16);
        return `%${at % 2 === 0 ? hex : hex.toUpperCase()}`;
      })
      .join(''),
  );

describe('the target of a request', { timeout: 60_000 }, () => {
  let g: GatewayFixture;
  let folder: EntryView;
  let secret: string;
  before(async () => {
    g = await GatewayFixture.start();
    await g.put('/Shared/in.txt', 'inside');
    folder = (await g.get('/api/v1/path/Shared')).json<EntryView>();
    const json = { entryId: folder.id, rights: 'edit' };
    const share = (await g.ask('POST', '/api/v1/shares', { json })).json<ShareView>();
    secret = share.path?.split('/').at(-1) ?? '';
  });
  after(() => g.stop());

  const filled = (url: string) =>
    url
      .replace(':secret', secret)
      .replace(':id', folder.id)
      .replace(/:\w+/g, 'x')
      .replace('*', 'Shared/in.txt');
  const outcome = async (plain: string, line = plain) => {
    // What only looks is asked by who signed in; what changes something, by nobody, or below a link.
    const head =
      plain.startsWith('GET') || plain.includes('/path/')
        ? g.head(line, 'Connection: close', 'Content-Length: 0')
        : `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
    const answer = await g.sendRaw(head);
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    const { code, id, name, parentId } = body.startsWith('{')
      ? JSON.parse(body)
      : ({} as Record<string, unknown>);
    return { status: answer.slice(9, 12), code, id, name, parentId };
  };

  it('every route answers the same in every spelling, absolute form included', async () => {
    const all = (await allRoutes()).flatMap(({ url, methods }) =>
      methods.filter((method) => method !== 'HEAD').map((method) => ({ method, path: filled(url) })),
    );
    const known = new Map<string, unknown>();
    const asked = fc.constantFrom(...all).chain(({ method, path }) =>
      fc.record({
        method: fc.constant(method),
        path: fc.constant(path),
        spelled: spelling(path),
        origin: fc.constantFrom('', '', 'http://127.0.0.1:8080', 'HTTP://localhost'),
      }),
    );
    await fc.assert(
      fc.asyncProperty(asked, async ({ method, path, spelled, origin }) => {
        const plain = `${method} ${path}`;
        if (!/(?:POST|login|setup|unlock|join|exchange)/.test(plain)) {
          // A second PUT is a new version of the same file: its answer is the one to compare with.
          if (method === 'PUT') await outcome(plain);
          if (!known.has(plain)) known.set(plain, await outcome(plain));
          assert.deepEqual(
            await outcome(plain, `${method} ${origin}${spelled}`),
            known.get(plain),
            `${method} ${spelled}`,
          );
        }
      }),
      { numRuns: 150 },
    );
    assert.ok(known.size > 20);
    assert.deepEqual(g.drive.names(), ['Shared']);
  });

  it('an absolute form with a foreign host is refused, and stores nothing', async () => {
    for (const origin of ['http://evil.example', 'https://evil.example:8080']) {
      const answer = await g.sendRaw(
        `${g.head(`PUT ${origin}/api/v1/path/x`, 'Connection: close', 'Content-Length: 1')}x`,
      );
      assert.match(answer, /^HTTP\/1\.1 421 .*"code":"unknown-host"/s);
    }
    assert.ok(!g.drive.names().includes('x'));
  });

  it('an address with a fragment, or without a slash, is refused', async () => {
    for (const target of ['/api/v1/path/a#b', '/healthz#', 'healthz', 'ftp://127.0.0.1/healthz'])
      assert.match(await g.sendRaw(g.head(`GET ${target}`, 'Connection: close')), /^HTTP\/1\.1 400 /, target);
  });

  it('a request with two Host headers is refused, even if they are equal', async () => {
    const text = 'GET /healthz HTTP/1.1\r\nHost: x\r\nhost: x\r\nConnection: close\r\n\r\n';
    assert.match(await g.sendRaw(text), /^HTTP\/1\.1 400 .*"code":"bad-request"/s);
  });
});

describe('the Host of a request', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start({ hostNames: ['nas.example.org'] });
  });
  after(() => g.stop());

  it('is an address, a name without a dot, of a private zone, or a configured one; on every route', async () => {
    for (const host of [
      '127.0.0.1',
      '[fe80::1]:8080',
      '203.0.113.7',
      'localhost:8080',
      'nas',
      'NAS.local.',
      'a.localhost',
      'nas.lan:8080',
      'nas.home.arpa',
      'nas.example.org:8080',
      'NAS.EXAMPLE.ORG',
    ])
      assert.equal((await g.get('/healthz', { host })).status, 200, host);
    for (const host of [
      'rebound.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example:8080',
      'xnas.example.org',
    ])
      for (const path of [
        '/healthz',
        '/metrics',
        '/api/v1/setup',
        '/api/v1/entries/root',
        '/s/secret/api',
        '/nothing',
      ])
        assertProblem(await g.get(path, { host }), 'unknown-host');
  });
});

describe('proxies', () => {
  const asked = {
    'x-forwarded-for': '198.51.100.7',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'nas.local',
  };
  const json = { username: 'anna', password: 'correct horse' };

  it('the headers of a trusted proxy are believed, and cookies are Secure then', async () => {
    const g = await GatewayFixture.start({ trustedProxies: ['127.0.0.1'] });
    const answer = await g.ask('POST', '/api/v1/auth/login', { json, headers: asked, anonymous: true });
    assert.match(answer.headers['set-cookie']?.[0] ?? '', /^__Host-peerstor_a{12}=.*; Secure/);
    await g.stop();
  });

  it('the headers of anybody else are not', async () => {
    for (const trustedProxies of [[], ['192.168.7.7']]) {
      const g = await GatewayFixture.start({ trustedProxies });
      const answer = await g.ask('POST', '/api/v1/auth/login', { json, headers: asked, anonymous: true });
      assert.match(answer.headers['set-cookie']?.[0] ?? '', /^peerstor_a{12}=/);
      assert.doesNotMatch(answer.headers['set-cookie']?.[0] ?? '', /Secure/);
      await g.stop();
    }
  });
});

describe('bodies of requests that anybody may send', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start();
  });
  after(() => g.stop());

  it('are at most 16 KiB, with and without a declared length', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ username: 'a', password: 'x'.repeat(17 * 1024) });
    for (const path of ['/api/v1/auth/login', '/api/v1/setup', '/api/v1/auth/recover', '/s/secret/unlock']) {
      assertProblem(await g.ask('POST', path, { body, headers }), 'too-large');
      const chunked = (async function* () {
        yield Buffer.from(body);
      })();
      assertProblem(await g.ask('POST', path, { body: chunked, headers }), 'too-large');
    }
  });

  it('are not parsed when they are nested deeper than any of ours, nor are those of who signed in', async () => {
    const headers = { 'content-type': 'application/json' };
    for (const body of ['['.repeat(33), '{"a":'.repeat(33), `[${'"\\"['.repeat(2)}${'['.repeat(40)}`])
      for (const path of ['/api/v1/auth/login', '/api/v1/entries'])
        assertProblem(await g.ask('POST', path, { body, headers }), 'bad-request');
    const flat = JSON.stringify({ parentId: 'root', name: '[[[{{{"'.repeat(20), kind: 'folder' });
    assert.equal((await g.ask('POST', '/api/v1/entries', { body: flat, headers })).status, 201);
  });
});
