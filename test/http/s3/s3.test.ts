import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { Crc64 } from '../../../src/http/s3/checksums.ts';
import type { RightsView, TokenView } from '../../../src/model/api.ts';
import {
  hashOf,
  inPieces,
  type PieceOptions,
  presigned,
  type SigningKeys,
  signedHeaders,
} from '../../support/s3-client.ts';
import { type Answer, assertProblem, GatewayFixture } from '../gateway-fixture.ts';

const minuteMs = 60_000;

describe('S3', { timeout: 600_000 }, () => {
  let g: GatewayFixture;
  let keys: SigningKeys;
  before(async () => {
    g = await GatewayFixture.start();
    keys = await makeKeys();
    await g.put('/docs/plan.txt', '0123456789');
    await g.put('/docs/deep/map.txt', 'the map');
    await g.put('/diary.txt', 'private');
  });
  after(() => g.stop());

  const makeKeys = async (rights: RightsView = 'edit', path = '/'): Promise<SigningKeys> => {
    const json = { name: 'backup', rights, path };
    const { token = '', accessKeyId = '' } = (
      await g.ask('POST', '/api/v1/tokens', { json })
    ).json<TokenView>();
    return { accessKeyId, secret: token };
  };
  const host = () => `127.0.0.1:${g.port}`;
  interface More {
    body?: string | Uint8Array;
    headers?: Record<string, string>;
    as?: SigningKeys;
    payloadHash?: string;
    atMs?: number;
    /** Changes headers after they were signed. */
    later?: Record<string, string>;
  }
  const s3 = (method: string, path: string, { body, as = keys, later = {}, ...more }: More = {}) => {
    const payloadHash = more.payloadHash ?? hashOf(body ?? '');
    const headers = signedHeaders(as, { ...more, method, path: `/s3${path}`, host: host(), payloadHash });
    return g.ask(method, `/s3${path}`, {
      anonymous: true,
      headers: { ...headers, ...later },
      ...(body === undefined ? {} : { body }),
    });
  };
  const codeOf = (answer: Answer) => /<Code>(\w+)<\/Code>/.exec(answer.text)?.[1] ?? answer.text;
  const refused = (answer: Answer, status: number, code: string) =>
    assert.deepEqual([answer.status, codeOf(answer)], [status, code]);
  const keysIn = ({ text }: Answer) =>
    [...text.matchAll(/<(?:Key|Prefix)>([^<]*)</g)].map(([, key]) => key).slice(1);

  it('stores, gives back and lists objects, with the MD5 as the tag', async () => {
    const put = await s3('PUT', '/docs/new/a%20b.txt', {
      body: 'content',
      headers: { 'x-amz-meta-mtime': '1000000000.123456789', 'content-type': 'text/x-mine' },
    });
    const md5 = createHash('md5').update('content').digest('hex');
    assert.deepEqual([put.status, put.headers.etag], [200, `"${md5}"`]);
    const get = await s3('GET', '/docs/new/a%20b.txt');
    assert.deepEqual(
      [get.text, get.headers.etag, get.headers['x-amz-meta-mtime']],
      ['content', `"${md5}"`, '1000000000.123456789'],
    );
    assert.equal(get.headers['last-modified'], 'Sun, 09 Sep 2001 01:46:40 GMT');
    assert.match(String(get.headers['content-security-policy']), /sandbox/);
    const head = await s3('HEAD', '/docs/new/a%20b.txt');
    assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '7', '']);
    const list = await s3('GET', '/docs?list-type=2&prefix=new%2F');
    assert.match(
      list.text,
      new RegExp(`<Key>new/a b.txt</Key>.*<ETag>&#34;${md5}&#34;</ETag><Size>7</Size>`),
    );
    assert.equal((await s3('GET', '/docs/plan.txt', { headers: { range: 'bytes=2-4' } })).text, '234');
    refused(await s3('GET', '/docs/plan.txt', { headers: { range: 'bytes=99-' } }), 416, 'InvalidRange');
    refused(await s3('GET', '/docs/none.txt'), 404, 'NoSuchKey');
    refused(await s3('GET', '/none/x'), 404, 'NoSuchBucket');
    const plain = await s3('GET', '/docs/plan.txt');
    assert.match(String(plain.headers.etag), /^"[0-9a-f]{32}-1"$/);
  });

  it('lists in the order of bytes, by prefix and delimiter, page after page', async () => {
    const names = [
      'a',
      'a-b',
      'a.txt',
      'a/1',
      'a/2',
      'a0',
      'C',
      'b/deep/er/x',
      'z\u{ffff}',
      'z\u{1f422}',
      'ä',
    ];
    await s3('PUT', '/order');
    for (const name of names.filter((one) => one !== 'a')) {
      assert.equal((await s3('PUT', `/order/${encodeURIComponent(name)}`, { body: 'x' })).status, 200, name);
    }
    const sorted = names
      .filter((one) => one !== 'a')
      .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    assert.deepEqual(keysIn(await s3('GET', '/order?list-type=2')), sorted);
    for (const version of ['list-type=2', 'list-type=1']) {
      const found: string[] = [];
      let cursor = '';
      for (let page = 0; page < 20; page += 1) {
        const answer = await s3('GET', `/order?${version}&max-keys=2${cursor}`);
        assert.ok(keysIn(answer).length <= 2);
        found.push(...keysIn(answer).map(String));
        const next = /<Next(?:ContinuationToken|Marker)>([^<]*)</.exec(answer.text)?.[1];
        if (next === undefined) break;
        cursor = `&${version === 'list-type=2' ? 'continuation-token' : 'marker'}=${encodeURIComponent(next)}`;
        // A page that is asked for again is the same: its walk begins anew.
        if (page === 1)
          assert.deepEqual(
            keysIn(await s3('GET', `/order?${version}&max-keys=2${cursor}`)),
            sorted.slice(4, 6),
          );
      }
      assert.deepEqual(found, sorted, version);
    }
    const top = await s3('GET', '/order?list-type=2&delimiter=%2F&prefix=a');
    assert.deepEqual(keysIn(top), ['a-b', 'a.txt', 'a0', 'a/']);
    assert.deepEqual(keysIn(await s3('GET', '/order?list-type=2&delimiter=%2F&prefix=b%2Fdeep%2F')), [
      'b/deep/er/',
    ]);
    assert.deepEqual(
      keysIn(await s3('GET', '/order?list-type=2&start-after=a%2F1')),
      sorted.slice(sorted.indexOf('a/1') + 1),
    );
    assert.deepEqual(keysIn(await s3('GET', '/order?list-type=2&prefix=none%2F')), []);
  });

  it('makes, lists and deletes buckets, and keeps one with files in it', async () => {
    assert.equal((await s3('PUT', '/bucket')).status, 200);
    refused(await s3('PUT', '/bucket'), 409, 'BucketAlreadyOwnedByYou');
    assert.match((await s3('GET', '/')).text, /<Name>bucket<\/Name>/);
    assert.equal((await s3('HEAD', '/bucket')).status, 200);
    assert.equal((await s3('HEAD', '/none')).status, 404);
    assert.match((await s3('GET', '/bucket?location')).text, /LocationConstraint/);
    await s3('PUT', '/bucket/dir/x', { body: 'x' });
    refused(await s3('DELETE', '/bucket'), 409, 'BucketNotEmpty');
    assert.equal((await s3('DELETE', '/bucket/dir/x')).status, 204);
    assert.equal((await s3('DELETE', '/bucket/dir/x')).status, 204);
    assert.equal((await s3('DELETE', '/bucket')).status, 204);
    refused(await s3('GET', '/bucket?list-type=2'), 404, 'NoSuchBucket');
  });

  it('takes a key with a slash at its end for a folder', async () => {
    assert.equal((await s3('PUT', '/docs/made/', { body: '' })).status, 200);
    assert.equal((await g.get('/api/v1/path/docs/made')).json<{ kind: string }>().kind, 'folder');
    assert.equal((await s3('HEAD', '/docs/made/')).status, 200);
    refused(await s3('GET', '/docs/made'), 404, 'NoSuchKey');
    refused(await s3('PUT', '/docs/made/', { body: 'x' }), 400, 'InvalidArgument');
    assert.equal((await s3('DELETE', '/docs/deep/')).status, 204);
    assert.equal((await s3('GET', '/docs/deep/map.txt')).text, 'the map');
    assert.equal((await s3('DELETE', '/docs/made/')).status, 204);
    assert.equal((await s3('HEAD', '/docs/made/')).status, 404);
  });

  it('copies without other bytes, over what is there too, and replaces metadata', async () => {
    await s3('PUT', '/docs/from.txt', { body: 'one', headers: { 'x-amz-meta-a': '1' } });
    const copy = (to: string, headers: Record<string, string> = {}) =>
      s3('PUT', `/docs/${to}`, { headers: { 'x-amz-copy-source': '/docs/from.txt', ...headers } });
    assert.match((await copy('to.txt')).text, /<CopyObjectResult/);
    assert.equal((await s3('GET', '/docs/to.txt')).headers['x-amz-meta-a'], '1');
    await s3('PUT', '/docs/from.txt', { body: 'two' });
    assert.equal((await copy('to.txt')).status, 200);
    assert.equal((await s3('GET', '/docs/to.txt')).text, 'two');
    refused(await copy('from.txt'), 400, 'InvalidRequest');
    const replaced = { 'x-amz-metadata-directive': 'REPLACE', 'x-amz-meta-mtime': '1000000000' };
    assert.equal((await copy('from.txt', replaced)).status, 200);
    const after = await s3('HEAD', '/docs/from.txt');
    assert.deepEqual(
      [after.headers['x-amz-meta-mtime'], after.headers['last-modified']],
      ['1000000000', 'Sun, 09 Sep 2001 01:46:40 GMT'],
    );
    assert.equal(after.headers.etag, `"${createHash('md5').update('two').digest('hex')}"`);
    refused(await s3('PUT', '/docs/x', { headers: { 'x-amz-copy-source': '/docs/none' } }), 404, 'NoSuchKey');
  });

  it('deletes many at once, and says what became of each', async () => {
    for (const name of ['1', '2 & <3>'])
      await s3('PUT', `/docs/many/${encodeURIComponent(name)}`, { body: 'x' });
    const body =
      '<Delete><Object><Key>many/1</Key></Object><Object><Key>many/2 &amp; &lt;3&gt;</Key></Object><Object><Key>none</Key></Object></Delete>';
    const answer = await s3('POST', '/docs?delete', { body });
    assert.equal([...answer.text.matchAll(/<Deleted>/g)].length, 3);
    assert.deepEqual(keysIn(await s3('GET', '/docs?list-type=2&prefix=many%2F')), []);
    const impossible = await s3('POST', '/docs?delete', {
      body: '<Delete><Object><Key>../x</Key></Object><Object><Key>a//b</Key></Object></Delete>',
    });
    assert.deepEqual(impossible.text.match(/<Code>\w+/g), ['<Code>InvalidArgument', '<Code>InvalidArgument']);
    await s3('PUT', '/bare');
    for (const key of ['', '/']) {
      const empty = await s3('POST', '/bare?delete', {
        body: `<Delete><Object><Key>${key}</Key></Object></Delete>`,
      });
      assert.match(empty.text, /<Code>InvalidArgument</, 'no key names the bucket');
    }
    assert.equal((await s3('HEAD', '/bare')).status, 200);
    refused(await s3('POST', '/docs?delete', { body: '<Delete/>' }), 400, 'MalformedXML');
    refused(await s3('POST', '/docs?delete', { body: '<!DOCTYPE a><Delete/>' }), 400, 'InvalidRequest');
    const { items } = (await g.get('/api/v1/trash')).json<{ items: { name: string }[] }>();
    assert.ok(items.some(({ name }) => name === '2 & <3>'));
  });

  it('knows CRC-64/NVME: of the text of all catalogs of checksums, in pieces too', () => {
    const crc = new Crc64();
    for (const text of ['1234', '', '56789']) crc.update(Buffer.from(text));
    assert.equal(Buffer.from(crc.digest()).toString('hex'), 'ae8b14860a799888');
  });

  it('keeps tags with an object and its copies, and lists each object as the one version of its key', async () => {
    const headers = { 'x-amz-tagging': 'kind=map&of=the%20lake' };
    assert.equal((await s3('PUT', '/docs/tagged/1.txt', { body: 'x', headers })).status, 200);
    const copy = { 'x-amz-copy-source': '/docs/tagged/1.txt' };
    assert.equal((await s3('PUT', '/docs/tagged/2.txt', { headers: copy })).status, 200);
    for (const name of ['1.txt', '2.txt']) {
      assert.match((await s3('GET', `/docs/tagged/${name}?tagging`)).text, /<Value>the lake<\/Value>/);
    }
    const body = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';
    assert.equal((await s3('PUT', '/docs/tagged/1.txt?tagging', { body })).status, 200);
    assert.equal((await s3('HEAD', '/docs/tagged/1.txt')).headers['x-amz-tagging-count'], '1');
    assert.equal((await s3('DELETE', '/docs/tagged/1.txt?tagging')).status, 204);
    assert.doesNotMatch((await s3('GET', '/docs/tagged/1.txt?tagging')).text, /<Tag>/);
    const twice = body.replace(/<Tag>.*<\/Tag>/, '$&$&');
    refused(await s3('PUT', '/docs/tagged/1.txt?tagging', { body: twice }), 400, 'InvalidTag');
    refused(await s3('GET', '/docs/none?tagging'), 404, 'NoSuchKey');
    const { text } = await s3('GET', '/docs?versions&prefix=tagged%2F&max-keys=1');
    assert.match(text, /<Key>tagged\/1.txt<\/Key><VersionId>null<\/VersionId><IsLatest>true/);
    assert.match(text, /<NextKeyMarker>tagged\/1.txt</);
    assert.equal((await s3('GET', '/docs/tagged/1.txt?versionId=null')).text, 'x');
  });

  it('refuses keys that the drive cannot hold, and those that differ in capital letters only', async () => {
    for (const key of ['a//b', './a', 'a/../b', '/a', 'x'.repeat(300), 'a%00b', 'a%0Ab']) {
      refused(await s3('PUT', `/docs/${key}`, { body: 'x' }), 400, 'InvalidArgument');
    }
    await s3('PUT', '/docs/Case.txt', { body: 'one' });
    refused(await s3('PUT', '/docs/case.txt', { body: 'two' }), 409, 'KeyConflict');
    refused(await s3('GET', '/docs/case.txt'), 404, 'NoSuchKey');
    assert.equal((await s3('DELETE', '/docs/case.txt')).status, 204);
    assert.equal((await s3('GET', '/docs/Case.txt')).text, 'one');
    refused(await s3('PUT', '/docs/Case.txt/below', { body: 'x' }), 409, 'KeyConflict');
    refused(await s3('PUT', '/docs/deep', { body: 'x' }), 409, 'KeyConflict');
  });

  it('stores only what is as long, and has the checksums, that its client said', async () => {
    const put = (more: More) => s3('PUT', '/docs/checked.txt', { body: 'content', ...more });
    refused(await put({ payloadHash: hashOf('other') }), 400, 'XAmzContentSHA256Mismatch');
    const md5 = createHash('md5').update('other').digest('base64');
    refused(await put({ headers: { 'content-md5': md5 } }), 400, 'BadDigest');
    refused(await put({ headers: { 'x-amz-checksum-sha256': md5 } }), 400, 'BadDigest');
    refused(await put({ headers: { 'x-amz-checksum-crc32c': 'AAAAAA==' } }), 400, 'BadDigest');
    refused(await put({ headers: { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' } }), 400, 'BadDigest');
    refused(await s3('GET', '/docs/checked.txt'), 404, 'NoSuchKey');
    const right = { 'content-md5': createHash('md5').update('content').digest('base64') };
    assert.equal((await put({ headers: right, payloadHash: 'UNSIGNED-PAYLOAD' })).status, 200);
    assertMissingLength(await chunked('content'));
  });

  const assertMissingLength = (answer: Answer) => refused(answer, 411, 'MissingContentLength');
  const chunked = (text: string) => {
    async function* body() {
      yield Buffer.from(text);
    }
    const headers = signedHeaders(keys, {
      method: 'PUT',
      path: '/s3/docs/chunked.txt',
      host: host(),
      payloadHash: 'UNSIGNED-PAYLOAD',
    });
    return g.ask('PUT', '/s3/docs/chunked.txt', { anonymous: true, headers, body: body() });
  };

  const pieces = async (
    given: PieceOptions,
    change: (sent: ReturnType<typeof inPieces>) => ReturnType<typeof inPieces> = (sent) => sent,
  ) => {
    const options = { method: 'PUT', path: '/s3/docs/pieces.bin', host: host(), ...given };
    const { headers, body } = change(inPieces(keys, options));
    return g.ask('PUT', options.path, { anonymous: true, headers, body });
  };
  const crcOf = (text: string) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(text));
    return bytes.toString('base64');
  };

  it('takes bodies in pieces, signed or not, with a checksum behind them', async () => {
    const large = Buffer.alloc(200_000, 'pieces');
    for (const given of [
      { pieces: [large, 'end'] },
      { pieces: [] },
      { pieces: ['a', 'b'], trailers: { 'x-amz-checksum-crc32': crcOf('ab') } },
      { pieces: ['a', 'b'], trailers: { 'x-amz-checksum-crc32': crcOf('ab') }, signs: false },
    ]) {
      assert.equal((await pieces(given)).status, 200);
      const whole = Buffer.concat(given.pieces.map((piece) => Buffer.from(piece)));
      const got = await s3('GET', '/docs/pieces.bin');
      assert.ok(got.bytes.equals(whole));
      assert.equal(got.headers['content-encoding'], undefined);
    }
  });

  it('refuses pieces that were changed, cut, added to, or lie about their length', async () => {
    await s3('DELETE', '/docs/pieces.bin');
    const edit = (from: string, to: string) => (sent: ReturnType<typeof inPieces>) => ({
      ...sent,
      body: Buffer.from(sent.body.toString('latin1').replace(from, to), 'latin1'),
    });
    const trailers = { 'x-amz-checksum-crc32': crcOf('abcd') };
    refused(await pieces({ pieces: ['abcd'] }, edit('abcd', 'abcx')), 403, 'SignatureDoesNotMatch');
    refused(
      await pieces({ pieces: ['abcd'] }, edit('chunk-signature=', 'chunk-signature=f')),
      400,
      'InvalidRequest',
    );
    refused(
      await pieces({ pieces: ['abcd'], trailers: { 'x-amz-checksum-crc32': crcOf('x') } }),
      400,
      'BadDigest',
    );
    refused(
      await pieces({ pieces: ['abcd'], trailers }, edit(crcOf('abcd'), crcOf('x'))),
      403,
      'SignatureDoesNotMatch',
    );
    refused(
      await pieces({ pieces: ['abcd'], trailers, signs: false }, edit('abcd', 'abcx')),
      400,
      'BadDigest',
    );
    for (const [from, to] of [
      ['4\r\nabcd\r\n', '5\r\nabcd\r\n'],
      ['4\r\nabcd\r\n', '3\r\nabcd\r\n'],
      ['4\r\nabcd\r\n', 'zz\r\nabcd\r\n'],
      ['4\r\nabcd\r\n', '4\r\nabcd\n'],
      ['4\r\nabcd\r\n', '4\r\nab'],
      ['0\r\n', 'fffffffff\r\n'],
      ['x-amz-checksum', `${'y'.repeat(9000)}:x\r\nx-amz-checksum`],
    ] as const) {
      const answer = await pieces({ pieces: ['abcd'], trailers, signs: false }, edit(from, to));
      assert.equal(answer.status, 400, `${from} ${to}: ${answer.text}`);
    }
    const lying = async (said: string) => {
      const options = {
        method: 'PUT',
        path: '/s3/docs/pieces.bin',
        host: host(),
        pieces: ['abcd'],
        signs: false,
        trailers,
      };
      const { body } = inPieces(keys, options);
      const headers = signedHeaders(keys, {
        ...options,
        headers: { 'x-amz-decoded-content-length': said },
        payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      });
      return g.ask('PUT', options.path, { anonymous: true, headers, body });
    };
    refused(await lying('3'), 400, 'IncompleteBody');
    refused(await lying('5'), 400, 'IncompleteBody');
    refused(await lying('-4'), 411, 'MissingContentLength');
    refused(await s3('GET', '/docs/pieces.bin'), 404, 'NoSuchKey');
  });

  it('refuses who has no key, a wrong secret, another clock, or changed what was signed', async () => {
    refused(await g.ask('GET', '/s3/docs', { anonymous: true }), 403, 'AccessDenied');
    refused(
      await g.ask('GET', '/s3/docs', { headers: { authorization: `Bearer ${keys.secret}` } }),
      403,
      'AccessDenied',
    );
    assert.equal((await g.get('/s3/docs')).status, 403);
    refused(
      await s3('GET', '/docs/plan.txt', { as: { ...keys, secret: `${keys.secret}x` } }),
      403,
      'SignatureDoesNotMatch',
    );
    refused(
      await s3('GET', '/docs/plan.txt', { as: { ...keys, accessKeyId: 'AKIAEXAMPLE' } }),
      403,
      'InvalidAccessKeyId',
    );
    for (const skew of [-16 * minuteMs, 16 * minuteMs]) {
      refused(await s3('GET', '/docs/plan.txt', { atMs: Date.now() + skew }), 403, 'RequestTimeTooSkewed');
    }
    refused(await s3('GET', '/docs/plan.txt', { later: { 'x-amz-meta-added': '1' } }), 403, 'AccessDenied');
    refused(
      await s3('PUT', '/docs/x', { body: 'x', later: { 'x-amz-copy-source': '/docs/plan.txt' } }),
      403,
      'AccessDenied',
    );
    refused(
      await s3('GET', '/docs/plan.txt', { headers: { range: 'bytes=0-1' }, later: { range: 'bytes=0-5' } }),
      403,
      'SignatureDoesNotMatch',
    );
    const moved = signedHeaders(keys, { method: 'GET', path: '/s3/docs/plan.txt', host: host() });
    refused(
      await g.ask('GET', '/s3/docs/deep/map.txt', { anonymous: true, headers: moved }),
      403,
      'SignatureDoesNotMatch',
    );
    refused(
      await g.ask('DELETE', '/s3/docs/plan.txt', { anonymous: true, headers: moved }),
      403,
      'SignatureDoesNotMatch',
    );
  });

  it('gives an address that carries its signature to what was signed, for as long as was said', async () => {
    const sign = (more: object = {}) =>
      presigned(keys, { method: 'GET', path: '/s3/docs/plan.txt', host: host(), ...more });
    const get = (path: string, method = 'GET') => g.ask(method, path, { anonymous: true });
    assert.equal((await get(sign())).text, '0123456789');
    const put = await g.ask('PUT', sign({ method: 'PUT', path: '/s3/docs/by-address.txt' }), {
      anonymous: true,
      body: 'x',
    });
    assert.equal(put.status, 200);
    refused(await get(sign(), 'DELETE'), 403, 'SignatureDoesNotMatch');
    refused(await get(sign().replace('plan.txt', 'deep/map.txt')), 403, 'SignatureDoesNotMatch');
    refused(
      await get(sign().replace('X-Amz-Expires=600', 'X-Amz-Expires=60000')),
      403,
      'SignatureDoesNotMatch',
    );
    refused(await get(`${sign()}&prefix=x`), 403, 'SignatureDoesNotMatch');
    refused(await get(`${sign()}&X-Amz-Expires=60000`), 403, 'AccessDenied');
    refused(await get(sign({ atMs: Date.now() - 11 * minuteMs })), 403, 'AccessDenied');
    refused(await get(sign({ expiresInS: 604_801 })), 403, 'AccessDenied');
    refused(await get(sign().replace(/Signature=\w{4}/, 'Signature=0000')), 403, 'SignatureDoesNotMatch');
    const bare = presigned(
      { ...keys, accessKeyId: keys.secret },
      { method: 'GET', path: '/s3/docs/plan.txt', host: host() },
    );
    const answer = await get(bare);
    refused(answer, 403, 'AccessDenied');
    assert.match(answer.text, /gives the token away/);
  });

  it('is also at the root, for clients that know only a host, if the request is signed', async () => {
    const path = '/docs/plan.txt';
    const headers = signedHeaders(keys, { method: 'GET', path, host: host() });
    assert.equal((await g.ask('GET', path, { anonymous: true, headers })).text, '0123456789');
    const address = presigned(keys, { method: 'GET', path, host: host() });
    assert.equal((await g.ask('GET', address, { anonymous: true })).text, '0123456789');
    refused(
      await g.ask('GET', address.replace('plan', 'other'), { anonymous: true }),
      403,
      'SignatureDoesNotMatch',
    );
    const list = signedHeaders(keys, { method: 'GET', path: '/', host: host() });
    assert.match((await g.ask('GET', '/', { anonymous: true, headers: list })).text, /<Name>docs<\/Name>/);
    const api = signedHeaders(keys, { method: 'GET', path: '/api/none', host: host() });
    refused(await g.ask('GET', '/api/none', { headers: { ...api, ...g.signedIn } }), 404, 'NoSuchBucket');
  });

  it('reaches what its token was made for and nothing beside it', async () => {
    const scoped = await makeKeys('edit', '/docs');
    assert.match((await s3('GET', '/', { as: scoped })).text, /<Name>deep<\/Name>/);
    refused(await s3('GET', '/docs/plan.txt', { as: scoped }), 404, 'NoSuchBucket');
    assert.equal((await s3('GET', '/deep/map.txt', { as: scoped })).text, 'the map');
    for (const key of ['../plan.txt', '%2e%2e/plan.txt', '..%2Fplan.txt']) {
      const answer = await s3('GET', `/deep/${key}`, { as: scoped });
      refused(answer, 400, 'InvalidArgument');
    }
    const view = await makeKeys('view', '/docs');
    assert.equal((await s3('GET', '/deep/map.txt', { as: view })).text, 'the map');
    refused(await s3('PUT', '/deep/new.txt', { as: view, body: 'x' }), 403, 'AccessDenied');
    refused(await s3('DELETE', '/deep/map.txt', { as: view }), 403, 'AccessDenied');
    refused(await s3('PUT', '/bucket', { as: view }), 403, 'AccessDenied');
    const many = await s3('POST', '/deep?delete', {
      as: view,
      body: '<Delete><Object><Key>map.txt</Key></Object></Delete>',
    });
    assert.match(many.text, /<Code>AccessDenied</);
    const drop = await makeKeys('upload', '/docs');
    refused(await s3('GET', '/', { as: drop }), 403, 'AccessDenied');
    refused(await s3('GET', '/deep/map.txt', { as: drop }), 403, 'AccessDenied');
  });

  it('ends with its token, and says what it does not offer', async () => {
    const ending = await makeKeys();
    assert.equal((await s3('HEAD', '/docs', { as: ending })).status, 200);
    const { items } = (await g.get('/api/v1/tokens')).json<{ items: TokenView[] }>();
    const made = items.find(({ accessKeyId }) => accessKeyId === undefined);
    assert.ok(made, 'the list gives no access keys away');
    for (const { id } of items) await g.ask('DELETE', `/api/v1/tokens/${id}`);
    refused(
      await s3('HEAD', '/docs', { as: ending }).then(async () => s3('GET', '/docs', { as: ending })),
      403,
      'InvalidAccessKeyId',
    );
    keys = await makeKeys();
    for (const path of ['/docs?acl', '/docs/plan.txt?acl', '/docs/plan.txt?versionId=abc']) {
      refused(await s3('GET', path), 501, 'NotImplemented');
    }
    refused(await s3('GET', '/docs?policy'), 404, 'NoSuchBucketPolicy');
    refused(await s3('GET', '/docs?object-lock'), 404, 'ObjectLockConfigurationNotFoundError');
    refused(await s3('GET', '/none?lifecycle'), 404, 'NoSuchBucket');
    refused(await s3('GET', '/docs?delimiter=x'), 501, 'NotImplemented');
    assertProblem(await g.ask('PATCH', '/s3/docs', { anonymous: true }), 'method-not-allowed');
  });
});
