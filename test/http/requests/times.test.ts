import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { httpDateMs, isoTimeMs } from '../../../src/http/requests/times.ts';
import { assertProblem, GatewayFixture } from '../gateway-fixture.ts';

describe('times', () => {
  it('an ISO time is read with its zone, to the millisecond', () => {
    assert.equal(isoTimeMs('2026-11-21T10:00:00Z'), Date.UTC(2026, 10, 21, 10));
    assert.equal(isoTimeMs('2026-11-21T10:00:00.1234567+02:30'), Date.UTC(2026, 10, 21, 7, 30, 0, 123));
    assert.equal(isoTimeMs('2026-11-21T10:00-01:00'), Date.UTC(2026, 10, 21, 11));
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        assert.equal(isoTimeMs(date.toISOString()), date.getTime());
        assert.equal(httpDateMs(date.toUTCString()), Math.floor(date.getTime() / 1000) * 1000);
      }),
    );
  });

  it('what is no time, or has no zone, is none', () => {
    for (const text of [
      '',
      '0',
      '1',
      '12',
      '2026-11-21',
      '2026-11-21 10:00',
      '2027-01-31T10:00',
      '01/02/2027',
      '2027-02-30T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-11-21T24:00:00Z',
      '2026-11-21T10:60:00Z',
      '2026-11-21T10:00:00+25:00',
      'Sat, 21 Nov 2026 10:00:00 GMT',
    ])
      assert.equal(isoTimeMs(text), undefined, text);
  });

  it('an HTTP date is read in its three forms, and nothing else is one', () => {
    const at = Date.UTC(1994, 10, 6, 8, 49, 37);
    assert.equal(httpDateMs('Sun, 06 Nov 1994 08:49:37 GMT'), at);
    assert.equal(httpDateMs('Sunday, 06-Nov-94 08:49:37 GMT'), at);
    assert.equal(httpDateMs('Sun Nov  6 08:49:37 1994'), at);
    for (const text of [
      '0',
      '2026',
      'Sun, 31 Feb 2027 08:49:37 GMT',
      'Sun, 06 Nov 1994 08:49:37 +0100',
      'tomorrow',
    ])
      assert.equal(httpDateMs(text), undefined, text);
  });
});

describe('times of requests', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start();
  });
  after(() => g.stop());

  const put = (headers: Record<string, string>) => g.ask('PUT', '/api/v1/path/t.txt', { body: 'x', headers });

  it('an upload with a time that is none is refused', async () => {
    for (const time of ['0', '12', '2026-11-21 10:00', '2027-02-30T00:00:00Z'])
      assert.equal(assertProblem(await put({ 'x-modified-at': time }), 'bad-input').field, 'X-Modified-At');
    assert.equal(assertProblem(await put({ 'last-modified': '1' }), 'bad-input').field, 'Last-Modified');
  });

  it('an upload with the zero of a system for a time is refused, and a real old date is kept', async () => {
    for (const zero of ['1601-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '1699-12-31T23:59:59Z']) {
      const refused = assertProblem(await put({ 'x-modified-at': zero }), 'bad-input');
      assert.match(String(refused.detail), /before 1700|with its zone/);
    }
    assertProblem(await put({ 'last-modified': 'Mon, 01 Jan 1601 00:00:00 GMT' }), 'bad-input');
    for (const old of ['1931-05-06T07:08:09.010Z', '1700-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z']) {
      const put1 = await put({ 'x-modified-at': old });
      assert.equal(put1.json<{ modifiedAt: string }>().modifiedAt, old);
    }
  });

  it('an end of a share in a time that is none is refused', async () => {
    const entryId = (await put({})).json<{ id: string }>().id;
    for (const expiresAt of ['2099-01-31T10:00', '01/02/2099', '2099-02-30T00:00:00Z'])
      assertProblem(await g.ask('POST', '/api/v1/shares', { json: { entryId, expiresAt } }), 'bad-input');
  });

  it('an upload with If-Unmodified-Since replaces the version of that very date, and no other', async () => {
    const first = await put({ 'x-modified-at': '2026-01-02T03:04:05Z' });
    assert.ok(first.status < 300);
    for (const date of ['Fri, 02 Jan 2026 03:04:06 GMT', 'Fri, 02 Jan 2026 03:04:04 GMT'])
      assertProblem(await put({ 'if-unmodified-since': date }), 'precondition-failed');
    assert.equal((await put({ 'if-unmodified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' })).status, 200);
    assert.equal((await put({ 'if-unmodified-since': 'no date' })).status, 200);
    const missing = await g.ask('PUT', '/api/v1/path/new.txt', {
      body: 'x',
      headers: { 'if-unmodified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' },
    });
    assertProblem(missing, 'precondition-failed');
  });

  it('a saved web page with its multipart type is a file; a form is none', async () => {
    const headers = { 'content-type': 'multipart/related; boundary=b' };
    const saved = await g.ask('PUT', '/api/v1/path/saved.mhtml', { body: 'MIME-Version: 1.0', headers });
    assert.equal(saved.status, 201);
    const content = await g.get(`/api/v1/entries/${saved.json<{ id: string }>().id}/content`);
    assert.match(content.headers['content-disposition'] ?? '', /^attachment/);
    const form = { 'content-type': 'multipart/form-data; boundary=b' };
    assertProblem(
      await g.ask('PUT', '/api/v1/path/form', { body: 'x', headers: form }),
      'unsupported-media-type',
    );
  });
});
