/** Whatever a client says of an upload, it is told what is wrong, and what others have is whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryId } from '../../../src/model/ids.ts';
import { createHome, read } from '../../drive/world.ts';
import { freshSeed } from '../../support/fresh-seed.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { GatewayFixture, sessionHeaders } from '../gateway-fixture.ts';

const requests = 500;
const base = '/api/v1/uploads';
const offsetType = 'application/offset+octet-stream';
const tus = { 'tus-resumable': '1.0.0' };

test(`${requests} odd requests for uploads crash nothing and are no error of the device (seed ${freshSeed})`, async (t) => {
  const home = await createHome();
  const g = await GatewayFixture.start({ fresh: true });
  t.after(() => g.stop());
  const { accounts } = home.device;
  g.front.accounts.resume = (secret) => accounts.resume(secret);
  const own = sessionHeaders(home.session.secret);
  const random = seededRandom(freshSeed);
  const pick = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(random.next() * items.length)] as Item;
  const number = () =>
    pick([
      '0',
      '1',
      '5',
      '10',
      '-1',
      '1e3',
      '9007199254740993',
      '99999999999999999999',
      '',
      'x',
      '0x10',
      ' 3',
      '4.5',
    ]);
  const base64 = (value: string) => Buffer.from(value).toString('base64');
  const metadata = () =>
    pick([
      `filename ${base64('a.txt')}`,
      `filename ${base64('a.txt')},path ${base64('x/y')}`,
      `filename ${base64('..')}`,
      `filename ${base64('a/b')}`,
      `filename ${base64(`a\u0000b`)}`,
      `filename ${Buffer.from([0xff, 0xfe]).toString('base64')}`,
      `filename ${base64('n'.repeat(300))}`,
      `path ${base64('/x/../../y')}`,
      `path ${base64('/'.repeat(400))}`,
      `parentId ${base64('root')},filename ${base64('b')}`,
      `parentId ${base64('0'.repeat(32))},filename ${base64('b')}`,
      `filename ${base64('c')},onConflict ${base64(pick(['skip', 'rename', 'version', 'x']))}`,
      `filename ${base64('d')},modifiedAt ${base64(pick(['2020-01-01T00:00:00Z', '1601-01-01T00:00:00Z', 'x']))}`,
      `filename ${base64('d')},executable ${base64(pick(['true', 'x']))}`,
      'filename ???,,',
      ',',
      '',
      `filename ${base64('twice')},filename ${base64('twice')}`,
      `filename`,
    ]);
  const known: string[] = [];
  const address = () =>
    pick([
      base,
      `${base}/${'0'.repeat(32)}`,
      `${base}/x`,
      `${base}/%00`,
      ...known.slice(-6),
      ...known.slice(-6),
    ]);
  const maybe = (chance: number, headers: Record<string, string>) => (random.next() < chance ? headers : {});

  for (let count = 0; count < requests; count += 1) {
    const method = pick([
      'POST',
      'POST',
      'PATCH',
      'PATCH',
      'PATCH',
      'HEAD',
      'DELETE',
      'OPTIONS',
      'GET',
      'PUT',
    ]);
    const body = random.next() < 0.6 ? Buffer.from(random.bytes(Math.floor(random.next() * 12))) : undefined;
    const at = method === 'POST' && random.next() < 0.7 ? base : address();
    const answer = await g.ask(method, at, {
      headers: {
        ...own,
        ...maybe(0.95, tus),
        ...maybe(0.8, { 'upload-length': random.next() < 0.7 ? pick(['0', '3', '9']) : number() }),
        ...maybe(0.1, { 'upload-defer-length': pick(['1', '0', 'x']) }),
        ...maybe(0.9, { 'upload-offset': random.next() < 0.7 ? '0' : number() }),
        ...maybe(0.9, { 'content-type': pick([offsetType, offsetType, offsetType, 'text/plain', 'x']) }),
        ...maybe(0.9, { 'upload-metadata': random.next() < 0.7 ? `filename ${base64('f')}` : metadata() }),
        ...maybe(0.1, { 'upload-checksum': pick(['sha1 x', 'md5 AAAA', 'sha1', `sha1 ${'A'.repeat(27)}=`]) }),
        ...maybe(0.1, { 'x-http-method-override': pick(['PATCH', 'HEAD', 'DELETE', 'CONNECT']) }),
      },
      ...(body ? { body } : {}),
    });
    const { location } = answer.headers;
    if (answer.status === 201 && typeof location === 'string') known.push(location);
    assert.ok(answer.status < 500, `${count}: ${method} ${at} answered ${answer.status} ${answer.text}`);
  }
  assert.ok(known.length >= 5, `${known.length} uploads were begun`);

  const headers = {
    ...own,
    ...tus,
    'upload-length': 3,
    'upload-metadata': `filename ${base64('whole.txt')}`,
  };
  const begun = await g.ask('POST', base, { headers });
  const part = { ...own, ...tus, 'content-type': 'application/offset+octet-stream', 'upload-offset': 0 };
  const sent = await g.ask('PATCH', String(begun.headers.location), { headers: part, body: 'abc' });
  assert.equal(await read(home.drive, entryId(String(sent.headers['peerstor-entry']))), 'abc');
});
