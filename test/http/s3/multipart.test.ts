import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { createHome } from '../../drive/world.ts';
import { FakeDeviceFront } from '../../support/fake-device-front.ts';
import { hashOf, type SigningKeys, signedHeaders } from '../../support/s3-client.ts';
import { type Answer, GatewayFixture } from '../gateway-fixture.ts';

const MiB = 1024 * 1024;

/** Over real accounts and a real drive: what a fake would keep of parts proves nothing. */
describe('S3 with parts', { timeout: 600_000 }, () => {
  let g: GatewayFixture;
  let keys: SigningKeys;
  let other: SigningKeys;
  before(async () => {
    const { device, session, root } = await createHome();
    const front = new FakeDeviceFront();
    Object.defineProperty(front, 'accounts', { value: device.accounts });
    g = await GatewayFixture.start({ front, fresh: true });
    const make = async (): Promise<SigningKeys> => {
      const wish = { name: 'backup', rights: 'edit', entryId: root, expiresAtMs: null } as const;
      const { token = '' } = await session.sharing.createToken(wish);
      return { accessKeyId: (await device.accounts.resume(token))?.accessKeyId ?? '', secret: token };
    };
    keys = await make();
    other = await make();
    assert.equal((await s3('PUT', '/films')).status, 200);
  });
  after(() => g.stop());

  const s3 = (
    method: string,
    path: string,
    {
      body,
      headers = {},
      as = keys,
    }: { body?: string | Uint8Array; headers?: Record<string, string>; as?: SigningKeys } = {},
  ) => {
    const host = `127.0.0.1:${g.port}`;
    const signed = signedHeaders(as, {
      method,
      path: `/s3${path}`,
      host,
      headers,
      payloadHash: hashOf(body ?? ''),
    });
    return g.ask(method, `/s3${path}`, {
      anonymous: true,
      headers: signed,
      ...(body === undefined ? {} : { body }),
    });
  };
  const refused = (answer: Answer, status: number, code: string) =>
    assert.deepEqual([answer.status, /<Code>(\w+)</.exec(answer.text)?.[1]], [status, code], answer.text);
  const begin = async (key: string) => {
    const answer = await s3('POST', `/films/${key}?uploads`, {
      headers: { 'x-amz-meta-mtime': '1000000000', 'content-type': 'video/x-mine' },
    });
    return /<UploadId>(\w+)</.exec(answer.text)?.[1] ?? assert.fail(answer.text);
  };
  const put = async (key: string, id: string, number: number, body: Uint8Array) => {
    const answer = await s3('PUT', `/films/${key}?partNumber=${number}&uploadId=${id}`, { body });
    assert.equal(answer.status, 200, answer.text);
    return String(answer.headers.etag);
  };
  const naming = (parts: [number: number, etag: string][]) =>
    `<CompleteMultipartUpload>${parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`).join('')}</CompleteMultipartUpload>`;
  const complete = (key: string, id: string, parts: [number, string][]) =>
    s3('POST', `/films/${key}?uploadId=${id}`, { body: naming(parts) });
  const content = (size: number, word: string) => Buffer.alloc(size, word);

  it('makes one object of parts that came in any order, with the tag and metadata of S3', async () => {
    const id = await begin('a/film.bin');
    const [one, two] = [content(5 * MiB, 'first'), content(MiB + 3, 'second')];
    const second = await put('a/film.bin', id, 2, two);
    const first = await put('a/film.bin', id, 1, one);
    assert.match(
      (await s3('GET', '/films?uploads')).text,
      new RegExp(`<Key>a/film.bin</Key><UploadId>${id}<`),
    );
    const listed = (await s3('GET', `/films/a/film.bin?uploadId=${id}`)).text;
    assert.deepEqual(
      [...listed.matchAll(/<PartNumber>(\d)</g)].map(([, number]) => number),
      ['1', '2'],
    );
    const done = await complete('a/film.bin', id, [
      [1, first],
      [2, second],
    ]);
    const md5s = [one, two].map((part) => createHash('md5').update(part).digest());
    const etag = `"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2"`;
    assert.ok(done.text.includes(etag.replaceAll('"', '&#34;')), done.text);
    const got = await s3('GET', '/films/a/film.bin');
    assert.ok(got.bytes.equals(Buffer.concat([one, two])));
    assert.deepEqual(
      [got.headers.etag, got.headers['x-amz-meta-mtime'], got.headers['content-type']],
      [etag, '1000000000', 'video/x-mine'],
    );
    refused(await complete('a/film.bin', id, [[1, first]]), 404, 'NoSuchUpload');
  });

  it('copies ranges of objects as parts', async () => {
    await s3('PUT', '/films/source.bin', { body: '0123456789' });
    const id = await begin('joined.bin');
    const copy = (number: number, range: string) =>
      s3('PUT', `/films/joined.bin?partNumber=${number}&uploadId=${id}`, {
        headers: { 'x-amz-copy-source': '/films/source.bin', 'x-amz-copy-source-range': range },
      });
    const etagOf = ({ text }: Answer) => /<ETag>&#34;(\w+)&#34;</.exec(text)?.[1] ?? assert.fail(text);
    const parts: [number, string][] = [
      [1, etagOf(await copy(1, 'bytes=5-9'))],
      [2, etagOf(await copy(2, 'bytes=0-4'))],
    ];
    refused(await copy(3, 'bytes=5-10'), 416, 'InvalidRange');
    assert.equal((await complete('joined.bin', id, parts)).status, 200);
    assert.equal((await s3('GET', '/films/joined.bin')).text, '5678901234');
  });

  it('refuses parts that are not there, are others, or are named in another order, and goes on', async () => {
    const id = await begin('x.bin');
    const first = await put('x.bin', id, 1, content(1000, 'a'));
    const second = await put('x.bin', id, 2, content(1000, 'b'));
    refused(
      await complete('x.bin', id, [
        [1, first],
        [3, second],
      ]),
      400,
      'InvalidPart',
    );
    refused(await complete('x.bin', id, [[1, second]]), 400, 'InvalidPart');
    refused(
      await complete('x.bin', id, [
        [2, second],
        [1, first],
      ]),
      400,
      'InvalidPartOrder',
    );
    refused(await complete('x.bin', id, []), 400, 'MalformedXML');
    refused(await complete('other.bin', id, [[1, first]]), 404, 'NoSuchUpload');
    for (const number of ['0', '10001', '1.5', 'x', '']) {
      refused(
        await s3('PUT', `/films/x.bin?partNumber=${number}&uploadId=${id}`, { body: 'x' }),
        400,
        'InvalidArgument',
      );
    }
    refused(
      await s3('PUT', `/films/x.bin?partNumber=1&uploadId=${id}`, { body: 'x', as: other }),
      404,
      'NoSuchUpload',
    );
    refused(await s3('DELETE', `/films/x.bin?uploadId=${id}`, { as: other }), 404, 'NoSuchUpload');
    refused(await s3('GET', '/films/x.bin'), 404, 'NoSuchKey');
    assert.equal((await s3('DELETE', `/films/x.bin?uploadId=${id}`)).status, 204);
    refused(await s3('GET', `/films/x.bin?uploadId=${id}`), 404, 'NoSuchUpload');
    refused(
      await s3('PUT', `/films/x.bin?partNumber=1&uploadId=nonsense`, { body: 'x' }),
      404,
      'NoSuchUpload',
    );
  });
});
