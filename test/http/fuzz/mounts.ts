/** WebDAV, S3 and archives: XML, signatures, pieces, ranges and paths. */
import { hashOf, inPieces, presigned, signedHeaders } from '../../support/s3-client.ts';
import type { Aim, Shot } from './shot.ts';
import type { Spoiler } from './spoil.ts';

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

let bodies = 0;

/** @returns makes one shot at a time, of a kind each */
export function mountShots(spoiler: Spoiler, { token, keys, host, folderId }: Aim) {
  const pick = <Item>(items: readonly Item[]): Item => spoiler.pick(items);
  const chance = (of: number) => spoiler.chance(of);
  const spoil = (text: string) => spoiler.text(text);
  const header = (text: string) => spoiler.header(text);
  const address = (text: string) => spoiler.address(text);
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
    bodies += 1;
    const makes = `pieces-${bodies}.bin`;
    const options = { method: 'PUT', path: `/s3/made/${makes}`, host, pieces: ['first', 'second'], signs };
    const trailers = chance(0.5) || !signs ? { trailers: { 'x-amz-checksum-crc32': 'AAAAAA==' } } : {};
    const { headers, body } = inPieces(keys, { ...options, ...trailers });
    return {
      method: 'PUT',
      path: options.path,
      headers,
      body: Buffer.from(spoil(body.toString('latin1')), 'latin1'),
      makes,
    };
  };

  const signedAddress = (): Shot => {
    const target = presigned(keys, { method: 'GET', path: '/s3/docs/plan.txt', host });
    const [route = '', query = ''] = target.split('?');
    return { method: pick(['GET', 'HEAD', 'PUT']), path: `${route}?${address(query)}`, headers: {} };
  };

  const archive = (): Shot => {
    const target = pick([
      `/api/v1/entries/${folderId}/archive?format=zip`,
      '/api/v1/entries/root/archive',
      `/api/v1/archive?ids=${folderId},${folderId}&k=x`,
    ]);
    return {
      method: pick(['GET', 'HEAD']),
      path: `/api/v1${address(target.slice('/api/v1'.length))}`,
      headers: { authorization: `Bearer ${token}` },
    };
  };

  return { dav, s3, pieces, signedAddress, archive };
}
