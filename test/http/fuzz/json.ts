/** Bodies and queries of the API. */
import type { Aim, Shot } from './shot.ts';
import type { Spoiler } from './spoil.ts';

/** ID stands for an entry, FOLDER for a folder. What would end the session is left out. */
const bodies: readonly (readonly [method: string, path: string, body: unknown])[] = [
  ['POST', '/entries', { parentId: 'FOLDER', name: 'new', kind: 'folder' }],
  ['PATCH', '/entries/ID', { name: 'plan.txt', tags: ['a', 'b'], starred: true }],
  ['PATCH', '/entries/ID', { parentId: 'FOLDER' }],
  ['POST', '/entries/ID/copy', { parentId: 'FOLDER', name: 'copy.txt' }],
  ['POST', '/entries/move', { ids: ['ID', 'FOLDER'], parentId: 'FOLDER' }],
  ['POST', '/entries/copy', { ids: ['ID'], parentId: 'FOLDER' }],
  ['POST', '/entries/trash', { ids: ['ID', 'x'] }],
  ['POST', '/archive', { ids: ['FOLDER'] }],
  ['POST', '/archive/address', { ids: ['FOLDER'] }],
  ['POST', '/shares', { entryId: 'ID', rights: 'view', expiresAt: null, maxDownloads: 3, note: 'n' }],
  ['POST', '/tokens', { name: 'fuzz', rights: 'view', path: '/docs', expiresAt: '2030-01-01T00:00:00Z' }],
  ['POST', '/entries/ID/access', { username: 'ben', rights: 'edit' }],
  ['POST', '/albums', { name: 'album' }],
  ['POST', '/invites', { role: 'member', quota: 1000, expiresAt: '2030-01-01T00:00:00Z' }],
  ['PATCH', '/devices/DEVICE', { name: 'n', class: 'sleeper', place: 'p', upLimit: 200000, schedule: null }],
  ['POST', '/auth/login', { username: 'anna', password: 'wrong', code: '123 456' }],
  ['POST', '/auth/register', { invite: 'x', username: 'ben', password: 'some words' }],
  ['POST', '/auth/totp/confirm', { code: '123456' }],
  ['POST', '/pairing/exchange', { session: 'x', message: 'AAAA' }],
  ['POST', '/pairing/join', { setupCode: 'x', code: '12345678', address: 'localhost:1' }],
  ['POST', '/setup', { setupCode: 'x', username: 'anna', password: 'some words' }],
  ['POST', '/backups', { name: 'b', folder: '/none', target: '/Backups', every: '1h', exclude: ['*.tmp'] }],
];
const addresses = [
  '/entries/FOLDER/children?sort=name&order=asc&limit=2&cursor=x',
  '/entries/ID/content?version=x&download=1',
  '/entries/ID/versions',
  '/entries/ID/thumbnail?size=240',
  '/entries/ID/ancestors',
  '/search?q=plan&type=text&from=2026-01-01&to=2027-01-01&minSize=1&maxSize=9&tag=a&limit=2',
  '/recent?limit=2&cursor=x',
  '/starred',
  '/trash',
  '/path/docs/deep/map.txt',
  '/audit?event=sign-in&from=2026-01-01&format=csv&limit=3',
  '/photos/months/2026-07',
  '/photos/map?bbox=1,2,3,4',
  '/photos/search?q=may',
  '/events?since=5',
  '/system',
];
const types = ['application/json', 'application/json; charset=utf-8', 'text/plain', 'application/xml', ''];

export function jsonShot(spoiler: Spoiler, { session, fileId, folderId }: Aim): Shot {
  const filled = (text: string) => text.replaceAll('ID', fileId).replaceAll('FOLDER', folderId);
  const device = 'a'.repeat(64);
  if (spoiler.chance(0.35)) {
    const path = `/api/v1${spoiler.address(filled(spoiler.pick(addresses)))}`;
    const range = spoiler.chance(0.2) ? { range: spoiler.header('bytes=0-1,3-') } : {};
    const encoding = spoiler.chance(0.2) ? { 'accept-encoding': spoiler.header('gzip, br;q=0.5') } : {};
    return {
      method: spoiler.pick(['GET', 'HEAD', 'DELETE']),
      path,
      headers: { ...session, ...range, ...encoding },
    };
  }
  const [method, path, body] = spoiler.pick(bodies);
  const text = filled(JSON.stringify(body));
  const spoiled = spoiler.chance(0.1)
    ? Buffer.from([0xff, ...Buffer.from(text)])
    : Buffer.from(spoiler.text(text));
  return {
    method: spoiler.chance(0.95) ? method : spoiler.pick(['PUT', 'DELETE', 'GET']),
    path: `/api/v1${spoiler.chance(0.8) ? filled(path.replace('DEVICE', device)) : spoiler.address(filled(path))}`,
    headers: {
      ...session,
      'content-type': spoiler.chance(0.9) ? 'application/json' : spoiler.header(spoiler.pick(types)),
      ...(spoiler.chance(0.1) ? { 'if-match': spoiler.header('"abc"') } : {}),
    },
    body: spoiled,
    ...(spoiler.chance(0.03) ? { cutAt: spoiler.below(spoiled.length) } : {}),
  };
}

let uploads = 0;

/** Content by one request, whole or cut. */
export function putShot(spoiler: Spoiler, { session }: Aim): Shot {
  const body = Buffer.alloc(spoiler.below(2000), 7);
  uploads += 1;
  const makes = `put-${uploads}.bin`;
  const isCut = spoiler.chance(0.2) && body.length > 0;
  return {
    method: 'PUT',
    path: `/api/v1/path/made/${makes}${spoiler.chance(0.5) ? '' : `?${spoiler.address('copies=safe&wait=0&onConflict=rename')}`}`,
    headers: {
      ...session,
      ...(spoiler.chance(0.3) ? { 'content-type': spoiler.header('text/plain') } : {}),
      ...(spoiler.chance(0.3) ? { 'x-modified-at': spoiler.header('2020-02-02T10:00:00Z') } : {}),
      ...(spoiler.chance(0.2) ? { 'if-none-match': spoiler.header('*') } : {}),
      ...(spoiler.chance(0.2) ? { 'x-executable': spoiler.header('true') } : {}),
    },
    body,
    ...(isCut ? { cutAt: spoiler.below(body.length) } : {}),
    makes,
  };
}
