import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../../../src/model/log.ts';
import { assertProblem, GatewayFixture } from '../gateway-fixture.ts';

describe('errors of the gateway', () => {
  let g: GatewayFixture;
  const logged: { facts: object; sentence: string }[] = [];
  before(async () => {
    const log = {
      ...silentLog,
      error: (facts: object, sentence: string) => logged.push({ facts, sentence }),
    };
    g = await GatewayFixture.start({ log, maxUploadBytes: 1_000_000 });
  });
  after(() => g.stop());

  it('are 404 for an unknown address, with or without a body', async () => {
    assertProblem(await g.get('/api/v1/nothing'), 'not-found');
    assertProblem(await g.get('/'), 'not-found');
    assertProblem(await g.ask('POST', '/api/v1/nothing', { json: {} }), 'not-found');
    assertProblem(await g.ask('PUT', '/nothing', { body: 'x' }), 'not-found');
  });

  it('are 404 for an id that is unknown or none', async () => {
    assertProblem(await g.get(`/api/v1/entries/${'0'.repeat(32)}`), 'not-found');
    assertProblem(await g.get('/api/v1/entries/not-an-id'), 'bad-id');
    assertProblem(await g.get(`/api/v1/entries/${'a'.repeat(500)}`), 'bad-id');
    assertProblem(await g.ask('PATCH', '/api/v1/devices/x', { json: { name: 'x' } }), 'bad-id');
  });

  it('are 405 with Allow for a wrong method, also of a method nobody knows', async () => {
    const put = await g.ask('PUT', '/api/v1/entries/root', { body: 'x' });
    assertProblem(put, 'method-not-allowed');
    assert.equal(put.headers.allow, 'DELETE, GET, HEAD, PATCH');
    const propfind = await g.ask('PROPFIND', '/api/v1/path/a/b');
    assertProblem(propfind, 'method-not-allowed');
    assert.equal(propfind.headers.allow, 'GET, HEAD, PUT');
    const login = await g.get('/api/v1/auth/login');
    assertProblem(login, 'method-not-allowed');
    assert.equal(login.headers.allow, 'POST');
  });

  it('say that the address is wrong before they say that the body is', async () => {
    const headers = { 'content-type': 'application/json' };
    assertProblem(await g.ask('POST', '/api/v1/nothing', { body: '{', headers }), 'not-found');
    assertProblem(await g.ask('POST', '/healthz', { body: '{', headers }), 'method-not-allowed');
  });

  it('are 400 for what is not JSON, and do not repeat it', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await g.ask('POST', '/api/v1/auth/login', { body: '{"password": "geheim"', headers });
    assertProblem(answer, 'bad-request');
    assert.doesNotMatch(answer.text, /geheim/);
    const latin = await g.ask('POST', '/api/v1/auth/login', {
      body: Buffer.from([0x22, 0xff, 0x22]),
      headers,
    });
    assertProblem(latin, 'bad-request');
  });

  it('are 413 for JSON above 1 MiB, declared or not', async () => {
    const json = { name: 'x'.repeat(2 * 1024 * 1024) };
    assertProblem(await g.ask('POST', '/api/v1/entries', { json }), 'too-large');
    async function* chunked() {
      for (let n = 0; n < 40; n += 1) yield Buffer.alloc(64 * 1024, 0x20);
    }
    const headers = { 'content-type': 'application/json' };
    assertProblem(await g.ask('POST', '/api/v1/entries', { body: chunked(), headers }), 'too-large');
  });

  it('are 415 for another type than JSON', async () => {
    const headers = { 'content-type': 'text/plain' };
    assertProblem(await g.ask('POST', '/api/v1/entries', { body: '{}', headers }), 'unsupported-media-type');
    assertProblem(await g.ask('POST', '/api/v1/entries', { body: '{}' }), 'unsupported-media-type');
  });

  for (const [json, field, sentence] of [
    [{ parentId: 'root', kind: 'folder' }, 'name', /"name" is missing/],
    [{ parentId: 'root', name: 5, kind: 'folder' }, 'name', /"name" must be the name of a file or folder/],
    [{ parentId: 'root', name: '', kind: 'folder' }, 'name', /"name"/],
    [{ parentId: 'root', name: 'x', kind: 'file' }, 'kind', /"kind" must be one of: folder/],
    [{ parentId: 'root', name: 'x', kind: 'folder', colour: 'red' }, 'colour', /"colour" is not known/],
  ] as const) {
    it(`are 422 and name the field: ${sentence}`, async () => {
      const problem = assertProblem(await g.ask('POST', '/api/v1/entries', { json }), 'bad-input');
      assert.equal(problem.field, field);
      assert.match(problem.detail, sentence);
    });
  }

  it('are 422 for a missing body, a wrong element and a wrong parameter', async () => {
    assertProblem(await g.ask('POST', '/api/v1/entries'), 'bad-input');
    const tags = await g.ask('PATCH', '/api/v1/entries/root', { json: { tags: ['ok', 7] } });
    assert.equal(assertProblem(tags, 'bad-input').field, 'tags.1');
    const limits = ['0', '1001', '-1', 'x', ''];
    for (const limit of limits) {
      const answer = await g.get(`/api/v1/entries/root/children?limit=${limit}`);
      assert.equal(assertProblem(answer, 'bad-input').field, 'limit', limit);
    }
    const sort = await g.get('/api/v1/entries/root/children?sort=colour');
    assert.match(assertProblem(sort, 'bad-input').detail, /parameter "sort" must be one of: name/);
  });

  it('are 400 for an address that cannot be decoded', async () => {
    const answer = await g.get('/api/v1/path/%zz');
    assertProblem(answer, 'bad-request');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  });

  it('are a neutral 500 for what nobody expected, with the whole story in the log only', async () => {
    const { health } = g.front;
    g.front.health = async () => {
      throw new TypeError('cannot read /home/anna/secret');
    };
    const answer = await g.get('/api/v1/health');
    g.front.health = health;
    assertProblem(answer, 'internal');
    assert.doesNotMatch(answer.text, /secret|TypeError/);
    const [line] = logged;
    assert.match(String(line?.facts && 'err' in line.facts && line.facts.err), /\/home\/anna\/secret/);
  });

  it('carry the facts of a device that is off, and Retry-After', async () => {
    const entry = await g.put('/off.txt', 'content');
    g.drive.readFailsAfterBytes = 0;
    const answer = await g.get(`/api/v1/entries/${entry.id}/content`);
    g.drive.readFailsAfterBytes = Number.POSITIVE_INFINITY;
    const problem = assertProblem(answer, 'chunk-missing');
    assert.equal(answer.headers['retry-after'], '30');
    assert.equal(problem.deviceId, 'd'.repeat(64));
    assert.equal(answer.headers['content-disposition'], undefined);
    assert.equal(answer.headers.etag, undefined);
  });

  it('are also problem documents for what is not HTTP', async () => {
    assert.match(
      await g.sendRaw('this is no HTTP\r\n\r\n'),
      /^HTTP\/1\.1 400 .*application\/problem\+json.*bad-request/s,
    );
    const long = `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(70_000)}\r\n\r\n`;
    assert.match(await g.sendRaw(long), /^HTTP\/1\.1 431 .*application\/problem\+json/s);
  });

  it('leave the connection usable when the body was small', async () => {
    const request = g.head('POST /api/v1/nothing', 'Content-Length: 2', 'Content-Type: application/json');
    const second = g.head('GET /healthz', 'Connection: close');
    const answers = await g.sendRaw(`${request}{}${second}`);
    assert.match(answers, /^HTTP\/1\.1 404 .*HTTP\/1\.1 200 /s);
  });
});
