/**
 * Requests that are right but for something, many of them, to every door that reads more than JSON: XML and headers of
 * WebDAV, signatures and pieces of S3, ranges, paths, archives. Whatever comes, the answer is no 5xx, the device goes
 * on, and nothing that was refused is listed.
 */
import assert from 'node:assert/strict';
import type { EntryView, TokenView } from '../../src/model/api.ts';
import { hashOf, inPieces, presigned, type SigningKeys, signedHeaders } from '../support/s3-client.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { GatewayFixture } from './gateway-fixture.ts';

interface Shot {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: Buffer;
}

/** 501 is an answer of S3 to what it does not offer; 507 is a full table of locks. */
const allowed5xx = new Set([501, 507]);
const shotsBetweenFiles = 20;
const spices = [
  '<',
  '>',
  '&',
  '"',
  "'",
  '(',
  ')',
  '[',
  ']',
  '%',
  '%00',
  '%2F',
  '%ff',
  '..',
  '//',
  '\\',
  ';',
  ',',
  '=',
  '-',
  '0',
  '99999999999999999999',
  '-1',
  'é',
  '\u202e',
  'infinity',
  'NaN',
  ' ',
  '\t',
  '{}',
  'null',
  '&x;',
  '<!DOCTYPE a>',
  '<![CDATA[',
  ']]>',
  'xmlns:x=""',
  'bytes=',
  'W/',
  '*',
  'Not',
  '<urn:x>',
  'Second-',
  '\u0000',
  'a'.repeat(300),
  '('.repeat(200),
];
const davBodies = [
  '<propfind xmlns="DAV:"><prop><resourcetype/><x xmlns="urn:x"/></prop></propfind>',
  '<propfind xmlns="DAV:"><allprop/></propfind>',
  '<propertyupdate xmlns="DAV:"><set><prop><a xmlns="urn:x" b="c">text</a></prop></set><remove><prop><b/></prop></remove></propertyupdate>',
  '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>me</owner></lockinfo>',
];
const davMethods = [
  'PROPFIND',
  'PROPPATCH',
  'LOCK',
  'UNLOCK',
  'MKCOL',
  'COPY',
  'MOVE',
  'PUT',
  'GET',
  'HEAD',
  'DELETE',
  'OPTIONS',
];

/** @param count of requests. @param seed so that a run can be had again */
export async function fuzzDoors(count: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const g = await GatewayFixture.start();
  const faults: string[] = [];
  try {
    await putFiles(g);
    const { token = '', accessKeyId = '' } = (
      await g.ask('POST', '/api/v1/tokens', { json: { name: 'fuzz' } })
    ).json<TokenView>();
    const folder = (await g.get('/api/v1/path/docs')).json<EntryView>();
    const shots = shooter({
      random,
      token,
      keys: { accessKeyId, secret: token },
      host: `127.0.0.1:${g.port}`,
      folder: folder.id,
    });
    for (let n = 0; n < count; n += 1) {
      // What deletes comes along too; most shots should have something to hit.
      if (n % shotsBetweenFiles === 0) await putFiles(g);
      const shot = shots();
      const status = await statusOf(g, shot);
      if (status >= 500 && !allowed5xx.has(status))
        faults.push(`seed ${seed}, shot ${n}: ${status} ${JSON.stringify(shot)}`);
    }
    assert.equal((await g.get('/healthz')).status, 200, `seed ${seed}`);
    assert.deepEqual(faults.slice(0, 5), [], `seed ${seed}`);
    for (const name of g.drive.names()) assert.doesNotMatch(name, /\/|^\.\.?$|\p{Cc}/u, `seed ${seed}`);
  } finally {
    await g.stop();
  }
}

async function putFiles(g: GatewayFixture): Promise<void> {
  for (const path of ['/docs/plan.txt', '/docs/deep/map.txt']) {
    // A shot may have put a folder or file in the way.
    await g.ask('PUT', `/api/v1/path${path}`, { body: '0123456789' });
  }
}

/** 0 where node itself refuses to send it, or the connection was closed without an answer, which is one. */
async function statusOf(g: GatewayFixture, { method, path, headers, body }: Shot): Promise<number> {
  try {
    return (await g.ask(method, path, { anonymous: true, headers, ...(body === undefined ? {} : { body }) }))
      .status;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return 0;
  }
}

interface Aim {
  random: ReturnType<typeof seededRandom>;
  token: string;
  keys: SigningKeys;
  host: string;
  folder: string;
}

function shooter({ random, token, keys, host, folder }: Aim): () => Shot {
  const pick = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(random.next() * items.length)] as Item;
  const chance = (of: number) => random.next() < of;
  /** The text with a few things put in, taken out or doubled. */
  const spoil = (text: string): string => {
    let spoiled = text;
    for (let times = Math.floor(random.next() * 3); times > 0; times -= 1) {
      const at = Math.floor(random.next() * (spoiled.length + 1));
      const until = at + Math.floor(random.next() * 8);
      spoiled =
        spoiled.slice(0, at) +
        (chance(0.7) ? pick(spices) : spoiled.slice(at, until)) +
        spoiled.slice(chance(0.5) ? at : until);
    }
    return spoiled;
  };
  const header = (text: string) =>
    spoil(text)
      .replace(/[^\x20-\x7e\t]/g, '?')
      .trim();
  const address = (path: string) =>
    spoil(path).replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character.toWellFormed()));
  const path = () =>
    address(
      pick([
        '',
        '/docs',
        '/docs/',
        '/docs/plan.txt',
        '/docs/deep/map.txt',
        '/docs/new.txt',
        '/new/',
        '/a/b/c',
      ]),
    );
  const basic = `Basic ${Buffer.from(`x:${token}`).toString('base64')}`;

  const dav = (): Shot => ({
    method: pick(davMethods),
    path: `/dav${path()}`,
    headers: {
      authorization: chance(0.95) ? basic : header(basic),
      ...(chance(0.5) ? { depth: header(pick(['0', '1', 'infinity'])) } : {}),
      ...(chance(0.4)
        ? { destination: header(pick([`http://${host}/dav/moved`, '/dav/docs/moved', '/dav/docs'])) }
        : {}),
      ...(chance(0.3) ? { if: header('(<urn:uuid:1> ["etag"]) </dav/docs> (Not <urn:x>)') } : {}),
      ...(chance(0.2) ? { 'lock-token': header('<urn:uuid:1>') } : {}),
      ...(chance(0.2) ? { timeout: header('Second-100, Infinite') } : {}),
      ...(chance(0.2) ? { overwrite: pick(['T', 'F', 'x']) } : {}),
      ...(chance(0.2) ? { range: header('bytes=0-1,3-') } : {}),
      ...(chance(0.2) ? { 'x-oc-mtime': header('1000000000') } : {}),
    },
    ...(chance(0.8) ? { body: Buffer.from(spoil(pick(davBodies))) } : {}),
  });

  const s3 = (): Shot => {
    const method = pick(['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);
    const query = chance(0.6)
      ? `?${spoil(pick(['list-type=2&prefix=d&delimiter=/&max-keys=1', 'delete', 'uploads', 'location', 'partNumber=1&uploadId=1', 'marker=x&max-keys=2', 'continuation-token=eA&list-type=2']))}`
      : '';
    const target = `/s3${path()}${query.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character.toWellFormed()))}`;
    const body = Buffer.from(
      chance(0.5) ? spoil('<Delete><Object><Key>a</Key></Object></Delete>') : spoil('content'),
    );
    try {
      const headers = signedHeaders(keys, {
        method,
        path: target,
        host,
        payloadHash: hashOf(body),
        headers: extra(),
      });
      if (chance(0.3)) headers.authorization = header(headers.authorization ?? '');
      if (chance(0.1)) headers['x-amz-date'] = header(headers['x-amz-date'] ?? '');
      return { method, path: target, headers, ...(method === 'GET' || method === 'HEAD' ? {} : { body }) };
    } catch {
      // What cannot be signed is sent with a signature of something else.
      return { method, path: target, headers: signedHeaders(keys, { method, path: '/s3', host }) };
    }
  };
  const extra = (): Record<string, string> => ({
    ...(chance(0.2) ? { 'x-amz-copy-source': header('/docs/plan.txt') } : {}),
    ...(chance(0.2) ? { 'x-amz-meta-mtime': header('1000000000.5') } : {}),
    ...(chance(0.2) ? { 'content-md5': header('1B2M2Y8AsgTpgAmY7PhCfg==') } : {}),
    ...(chance(0.2) ? { range: header('bytes=0-1') } : {}),
  });

  const pieces = (): Shot => {
    const signs = chance(0.5);
    const options = { method: 'PUT', path: '/s3/docs/pieces.bin', host, pieces: ['first', 'second'], signs };
    const trailers = chance(0.5) || !signs ? { trailers: { 'x-amz-checksum-crc32': 'AAAAAA==' } } : {};
    const { headers, body } = inPieces(keys, { ...options, ...trailers });
    return {
      method: 'PUT',
      path: options.path,
      headers,
      body: Buffer.from(spoil(body.toString('latin1')), 'latin1'),
    };
  };

  const signedAddress = (): Shot => {
    const target = presigned(keys, { method: 'GET', path: '/s3/docs/plan.txt', host });
    const [route = '', query = ''] = target.split('?');
    return { method: pick(['GET', 'HEAD', 'PUT']), path: `${route}?${address(query)}`, headers: {} };
  };

  const archive = (): Shot => {
    const target = pick([
      `/api/v1/entries/${folder}/archive?format=zip`,
      '/api/v1/entries/root/archive',
      `/api/v1/archive?ids=${folder},${folder}&k=x`,
    ]);
    return {
      method: pick(['GET', 'HEAD']),
      path: `/api/v1${address(target.slice('/api/v1'.length))}`,
      headers: { authorization: `Bearer ${token}` },
    };
  };

  return () => pick([dav, dav, s3, s3, pieces, signedAddress, archive])();
}
