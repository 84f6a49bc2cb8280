/**
 * What each route of the API does and answers. Requests are described by the schemas of the routes themselves; a new
 * route gets its line here (`test/tidy/docs.test.ts` names the one that is missing).
 */
import {
  boolean,
  count,
  listOf,
  nullable,
  number,
  objectOf,
  type Schema,
  shape,
  string,
  time,
} from './schema.ts';
import { pageOf } from './shapes.ts';

type Reply = Schema | string;

export interface Operation {
  summary: string;
  /** By status: the JSON body, a media type for other bytes, both where the asker chooses, or null for none. */
  replies: Readonly<Record<number, Reply | readonly Reply[] | null>>;
  /** The request's body is the bare content of a file. */
  takesContent?: true;
  /** Request headers that mean something here, beside those of authentication. */
  headers?: readonly string[];
}

type Replies = Operation['replies'];

const does = (
  summary: string,
  replies: Replies,
  more: Omit<Operation, 'summary' | 'replies'> = {},
): Operation => ({
  summary,
  replies,
  ...more,
});
const ok = (schema: Reply | readonly Reply[]): Replies => ({ 200: schema });
const made = (schema: Schema): Replies => ({ 201: schema });
const nothing: Replies = { 204: null };
/** Of HEAD, and of PATCH and DELETE. */
const overridden: Replies = { 200: null, 204: null };
const itemsOf = (items: Schema): Schema => objectOf<{ items: object[] }>({ items: listOf(items) });
const uploaded: Replies = { 200: shape('Entry'), 201: shape('Entry') };
const anyBytes = '*/*';
const bytes: Replies = { 200: anyBytes, 206: anyBytes, 304: null };
const zip: Replies = { 200: 'application/zip' };
const thumbnail: Replies = {
  200: 'image/webp',
  202: objectOf<{ state: string }>({ state: { ...string, description: 'it is being made' } }),
  304: null,
};
const making = objectOf<{ state: string; progress: number }>({
  state: { ...string, description: 'it is being made' },
  progress: { ...number, description: 'how much is done, 0 to 1' },
});
const rendition: Replies = { 200: anyBytes, 202: making, 206: anyBytes, 304: null };
const conditional = { headers: ['If-None-Match'] } as const;
const ifMatch = { headers: ['If-Match'] } as const;
const reading = {
  headers: [
    'Range',
    'If-Range',
    'If-None-Match',
    'If-Modified-Since',
    'Accept-Encoding',
    'Want-Repr-Digest',
    'Want-Digest',
  ],
} as const;
const uploading = {
  takesContent: true,
  headers: ['Content-Type', 'If-Match', 'If-None-Match', 'X-Modified-At', 'Last-Modified', 'X-Executable'],
} as const;
const tus = {
  headers: [
    'Tus-Resumable',
    'Upload-Length',
    'Upload-Defer-Length',
    'Upload-Metadata',
    'Upload-Concat',
    'Upload-Draft-Interop-Version',
    'Upload-Complete',
  ],
} as const;
const tusPart = {
  takesContent: true,
  headers: [
    'Tus-Resumable',
    'Upload-Offset',
    'Upload-Length',
    'Upload-Checksum',
    'Upload-Draft-Interop-Version',
    'Upload-Complete',
  ],
} as const;
const tusVersion = { headers: ['Tus-Resumable'] } as const;
const link = { headers: ['X-Share-Password'] } as const;

const entries: Record<string, Operation> = {
  'GET /api/v1/entries/:id': does('An entry; `root` is an id everywhere', ok(shape('Entry'))),
  'GET /api/v1/entries/:id/ancestors': does('The folders around an entry', ok(itemsOf(shape('Entry')))),
  'GET /api/v1/entries/:id/children': does('What a folder has in it', ok(pageOf(shape('Entry')))),
  'POST /api/v1/entries': does('Make a folder', made(shape('Entry'))),
  'PATCH /api/v1/entries/:id': does('Rename, move, tag or star', ok(shape('Entry')), ifMatch),
  'POST /api/v1/entries/:id/copy': does('Copy an entry', made(shape('Entry'))),
  'POST /api/v1/entries/move': does('Move several entries', ok(itemsOf(shape('Outcome')))),
  'POST /api/v1/entries/copy': does('Copy several entries', ok(itemsOf(shape('Outcome')))),
  'POST /api/v1/entries/trash': does('Put several entries into the trash', ok(itemsOf(shape('Outcome')))),
  'POST /api/v1/entries/restore': does(
    'Take several entries out of the trash',
    ok(itemsOf(shape('Outcome'))),
  ),
  'DELETE /api/v1/entries/:id': does('Into the trash, or for ever', nothing, ifMatch),
  'POST /api/v1/entries/:id/restore': does('Back from the trash', ok(shape('Entry'))),
  'GET /api/v1/trash': does('What is in the trash', ok(pageOf(shape('Entry')))),
  'DELETE /api/v1/trash': does('Empty the trash', ok(objectOf<{ purged: number }>({ purged: count }))),
  'GET /api/v1/path': does('The root of the drive', ok(shape('Entry'))),
  'GET /api/v1/path/*': does('The entry at a path', ok(shape('Entry'))),
  'GET /api/v1/entries/:id/path/*': does('The entry at a path below a folder', ok(shape('Entry'))),
  'PUT /api/v1/path/*': does('Upload a file in one request', uploaded, uploading),
  'GET /api/v1/entries/:id/content': does('The bytes of a file', bytes, reading),
  'PUT /api/v1/entries/:id/content': does('Upload a new version of a file', uploaded, uploading),
  'PUT /api/v1/entries/:id/path/*': does(
    'Upload below a folder that is named by its id',
    uploaded,
    uploading,
  ),
  'GET /api/v1/entries/:id/thumbnail': does('A picture of a file', thumbnail, conditional),
  'PUT /api/v1/entries/:id/thumbnail': does('Set the picture of a film that has none', ok(shape('Entry')), {
    takesContent: true,
  }),
  'GET /api/v1/entries/:id/stream': does('A film or sound as browsers play it', rendition, reading),
  'GET /api/v1/entries/:id/rendition': does('A smaller film that browsers play', rendition, reading),
  'GET /api/v1/entries/:id/motion': does('The film in a motion photo', bytes, reading),
  'POST /api/v1/entries/:id/rendition': does('Make a smaller film', { 202: making, 204: null }),
  'POST /api/v1/uploads': does('Begin an upload in several requests (tus)', { 201: null }, tus),
  'GET /api/v1/uploads': does('Own uploads that are not finished', ok(pageOf(shape('Upload')))),
  'PATCH /api/v1/uploads/:id': does('The next bytes of an upload (tus)', nothing, tusPart),
  'POST /api/v1/uploads/:id': does('PATCH, DELETE or HEAD, by X-HTTP-Method-Override', overridden, tusPart),
  'DELETE /api/v1/uploads/:id': does('Give an upload up (tus)', nothing, tusVersion),
  'GET /api/v1/entries/:id/checksum': does(
    'The SHA-256 of the plain content',
    ok(objectOf<{ sha256: string }>({ sha256: { ...string, pattern: '^[0-9a-f]{64}$' } })),
  ),
  'GET /api/v1/entries/:id/archive': does('A folder with all that is in it', zip),
  'GET /api/v1/archive': does('Several entries as one file', zip),
  'POST /api/v1/archive': does('Several entries as one file', zip),
  'POST /api/v1/archive/address': does(
    'Where a browser saves several entries from',
    ok(objectOf<{ url: string }>({ url: string })),
  ),
  'GET /api/v1/entries/:id/versions': does('The history of a file', ok(pageOf(shape('Version')))),
  'PATCH /api/v1/entries/:id/versions/:version': does('Name a version', ok(pageOf(shape('Version')))),
  'DELETE /api/v1/entries/:id/versions/:version': does('Remove an old version for ever', nothing),
  'POST /api/v1/entries/:id/versions/:version/restore': does(
    'Make a former version current',
    ok(shape('Entry')),
  ),
  'GET /api/v1/entries/:id/health': does('Which devices have copies of a file', ok(shape('EntryHealth'))),
  'GET /api/v1/search': does(
    'Find entries by words, type, date, size and tag',
    ok(pageOf(shape('FoundEntry'))),
  ),
  'GET /api/v1/recent': does('Files that were changed last', ok(pageOf(shape('FoundEntry')))),
  'GET /api/v1/starred': does('What has a star', ok(pageOf(shape('FoundEntry')))),
};

const photos: Record<string, Operation> = {
  'GET /api/v1/photos/timeline': does(
    'Pictures and films by month, newest first',
    ok(objectOf<{ months: object[] }>({ months: listOf(shape('TimelineMonth')) })),
  ),
  'GET /api/v1/photos/months/:month': does('What was taken in a month', ok(pageOf(shape('Photo')))),
  'GET /api/v1/photos/map': does('What was taken in a part of the world', ok(pageOf(shape('Photo')))),
  'GET /api/v1/photos/search': does('Find pictures by words', ok(pageOf(shape('Photo')))),
  'GET /api/v1/photos/duplicates': does('Pictures that look alike', ok(pageOf(itemsOf(shape('Photo'))))),
  'PATCH /api/v1/photos': does('Change what is said of pictures', ok(itemsOf(shape('Outcome')))),
  'GET /api/v1/photos/facets': does('What pictures can be narrowed by', ok(shape('Facets'))),
  'GET /api/v1/photos/stacks/:id': does('The files that are one picture', ok(pageOf(shape('Photo')))),
  'GET /api/v1/photos/memories': does('This day in earlier years', ok(pageOf(shape('Memory')))),
  'GET /api/v1/photos/trips': does('Journeys', ok(pageOf(shape('Trip')))),
  'GET /api/v1/photos/places': does('Towns with their pictures', ok(pageOf(shape('Place')))),
  'GET /api/v1/photos/archived': does('What is not in the timeline', ok(pageOf(shape('Photo')))),
  'GET /api/v1/photos/hidden': does('What is shown nowhere else', ok(pageOf(shape('Photo')))),
  'GET /api/v1/photos/progress': does('What waits for its thumbnails', ok(shape('MediaProgress'))),
  'GET /api/v1/albums': does('Albums, oldest first', ok(pageOf(shape('Album')))),
  'POST /api/v1/albums': does('Make an album', made(shape('Album'))),
  'GET /api/v1/albums/:id': does('An album', ok(shape('Album'))),
  'PATCH /api/v1/albums/:id': does('Rename, order, choose the cover', ok(shape('Album'))),
  'DELETE /api/v1/albums/:id': does('Delete an album; its pictures stay', nothing),
  'GET /api/v1/albums/:id/entries': does('The pictures of an album', ok(pageOf(shape('Photo')))),
  'POST /api/v1/albums/:id/entries': does('Add pictures', ok(itemsOf(shape('Outcome')))),
  'DELETE /api/v1/albums/:id/entries': does('Take pictures out', ok(itemsOf(shape('Outcome')))),
};

/** `options` are those of WebAuthn, in JSON. */
const question = objectOf<{ options: object; salt: string }>({ options: { type: 'object' }, salt: string });

const trustees = objectOf<{ trustees: object | null }>({ trustees: nullable(shape('Trustees')) });

const accounts: Record<string, Operation> = {
  'GET /api/v1/setup': does('Does this device need its first account?', ok(shape('Setup'))),
  'POST /api/v1/setup': does('Make the first account of a new network', made(shape('NewAccount'))),
  'POST /api/v1/auth/login': does('Sign in', ok(shape('SignedIn'))),
  'POST /api/v1/auth/logout': does('Sign out', nothing),
  'GET /api/v1/auth/me': does(
    'Who is signed in',
    ok(
      objectOf<{ user: object; totp: boolean; recoveryCodeTestedAt: string | null }>({
        user: shape('User'),
        totp: boolean,
        recoveryCodeTestedAt: { ...nullable(time), description: 'when the recovery words were last at hand' },
      }),
    ),
  ),
  'GET /api/v1/auth/session': does(
    'Is anybody signed in, and who? Never an error',
    ok(objectOf<{ user: object | null }>({ user: nullable(shape('User')) })),
  ),
  'POST /api/v1/auth/password': does('Change the password', ok(shape('SignedIn'))),
  'POST /api/v1/auth/recovery-code': does(
    'The recovery words once more',
    ok(objectOf<{ recoveryCode: string }>({ recoveryCode: string })),
  ),
  'POST /api/v1/auth/recover': does('Set a new password by the recovery words', ok(shape('SignedIn'))),
  'GET /api/v1/auth/trustees': does('Who may help one back in', ok(trustees)),
  'PUT /api/v1/auth/trustees': does('Name who may help one back in', ok(trustees)),
  'DELETE /api/v1/auth/trustees': does('Name nobody any more', nothing),
  'POST /api/v1/auth/recovery-code/test': does('Say that the recovery words are at hand', nothing),
  'GET /api/v1/auth/recovery-requests': does('Requests to be helped back in', ok(shape('RecoveryRequests'))),
  'POST /api/v1/auth/recovery-requests/:id/stop': does('Let nobody in by a request', nothing),
  'POST /api/v1/auth/recovery-requests/:id/help': does('Help somebody back in', ok(shape('RecoveryRequest'))),
  'GET /api/v1/recovery-requests': does(
    'Requests that this device may help',
    ok(pageOf(shape('RecoveryRequest'))),
  ),
  'POST /api/v1/recovery-requests/:id/help': does('Help as this device', ok(shape('RecoveryRequest'))),
  'POST /api/v1/auth/recovery-requests': does(
    'Ask the trustees of an account for help',
    made(objectOf<{ claim: string; checkWords: string }>({ claim: string, checkWords: string })),
  ),
  'POST /api/v1/auth/recovery-requests/state': does('How far a request is', ok(shape('RecoveryState'))),
  'POST /api/v1/auth/recovery-requests/finish': does(
    'Set a new password by the help of trustees',
    ok(shape('SignedIn')),
  ),
  'POST /api/v1/auth/totp': does(
    'A new secret for an authenticator app',
    ok(
      objectOf<{ secret: string; address: string; qr: string }>({
        secret: string,
        address: string,
        qr: string,
      }),
    ),
  ),
  'POST /api/v1/auth/totp/confirm': does('Ask for a code at sign-in from now on', nothing),
  'DELETE /api/v1/auth/totp': does('Ask for no code any more', nothing),
  'POST /api/v1/auth/passkeys/question': does('What to ask an authenticator at sign-in', ok(question)),
  'POST /api/v1/auth/passkeys/login': does('Sign in by a passkey', ok(shape('SignedIn'))),
  'GET /api/v1/auth/passkeys': does('Own passkeys', ok(pageOf(shape('Passkey')))),
  'POST /api/v1/auth/passkeys/new': does('What to ask an authenticator for a new one', ok(question)),
  'POST /api/v1/auth/passkeys': does('Add a passkey', made(shape('Passkey'))),
  'PATCH /api/v1/auth/passkeys/:id': does('Rename a passkey', ok(shape('Passkey'))),
  'DELETE /api/v1/auth/passkeys/:id': does('Remove a passkey', nothing),
  'POST /api/v1/auth/register': does('Make the account that an invite is for', made(shape('NewAccount'))),
  'POST /api/v1/auth/sign-out-everywhere': does('End all other sessions', ok(shape('SignedIn'))),
  'GET /api/v1/sessions': does('Where one is signed in at this device', ok(pageOf(shape('Session')))),
  'DELETE /api/v1/sessions/:id': does('Sign one session out', nothing),
  'POST /api/v1/invites': does('Invite somebody', made(shape('Invite'))),
  'GET /api/v1/invites': does('Invites', ok(pageOf(shape('Invite')))),
  'DELETE /api/v1/invites/:id': does('Take an invite back', nothing),
  'GET /api/v1/users': does('Users of the network', ok(pageOf(shape('UserForAdmin')))),
  'PATCH /api/v1/users/:id': does('Change quota or role, disable', ok(shape('UserForAdmin'))),
  'GET /api/v1/tokens': does('Access tokens', ok(pageOf(shape('Token')))),
  'POST /api/v1/tokens': does('Make an access token', made(shape('Token'))),
  'DELETE /api/v1/tokens/:id': does('Take a token back', nothing),
  'DELETE /api/v1/tokens': does('Take a token back', nothing),
  'GET /api/v1/audit': does('What this device noted', ok([pageOf(shape('AuditNote')), 'text/csv'])),
};

const sharing: Record<string, Operation> = {
  'POST /api/v1/shares': does('Make a link', made(shape('Share'))),
  'GET /api/v1/shares': does('Links', ok(pageOf(shape('Share')))),
  'PATCH /api/v1/shares/:id': does('Change a link', ok(shape('Share'))),
  'DELETE /api/v1/shares/:id': does('End a link', nothing),
  'POST /api/v1/entries/:id/access': does('Share an entry with a user', made(shape('Access'))),
  'GET /api/v1/entries/:id/access': does('With whom an entry is shared', ok(pageOf(shape('Access')))),
  'DELETE /api/v1/entries/:id/access': does('Share no longer', nothing),
  'GET /api/v1/shared': does('What others shared', ok(pageOf(shape('SharedEntry')))),
  'GET /api/v1/shared/given': does('What is shared with other users', ok(pageOf(shape('GivenAccess')))),
  'GET /s/:secret': does('The page of a link', { 200: 'text/html' }),
  'POST /s/:secret/unlock': does('Give the password of a link', ok(shape('Guest'))),
  'GET /s/:secret/api': does('What a link shares', ok(shape('Guest')), link),
  'GET /s/:secret/api/entries/:id': does('An entry below a link', ok(shape('Entry')), link),
  'GET /s/:secret/api/entries/:id/children': does(
    'What a shared folder has',
    ok(pageOf(shape('Entry'))),
    link,
  ),
  'GET /s/:secret/api/entries/:id/content': does('The bytes of a shared file', bytes, reading),
  'GET /s/:secret/api/entries/:id/thumbnail': does('A picture of a shared file', thumbnail, link),
  'GET /s/:secret/dl': does('Download a shared file, or a folder as a ZIP file', bytes, reading),
  'GET /s/:secret/api/archive': does('Everything in a shared folder, or some of it, as one file', zip),
  'PUT /s/:secret/api/path/*': does(
    'Upload into a shared folder',
    { 200: shape('Entry'), 201: { anyOf: [shape('Entry'), shape('Dropped')] } },
    uploading,
  ),
  'POST /s/:secret/api/uploads': does('Begin an upload in several requests (tus)', { 201: null }, tus),
  'PATCH /s/:secret/api/uploads/:id': does('The next bytes of an upload (tus)', nothing, tusPart),
  'POST /s/:secret/api/uploads/:id': does(
    'PATCH, DELETE or HEAD, by X-HTTP-Method-Override',
    overridden,
    tusPart,
  ),
  'DELETE /s/:secret/api/uploads/:id': does('Give an upload up (tus)', nothing, tusVersion),
  'PUT /s/:secret/api/entries/:id/path/*': does(
    'Upload below a folder of a link',
    { 200: shape('Entry'), 201: { anyOf: [shape('Entry'), shape('Dropped')] } },
    uploading,
  ),
};

const backups: Record<string, Operation> = {
  'GET /api/v1/backups': does('Your backups of this device', ok(pageOf(shape('Backup')))),
  'POST /api/v1/backups': does('Add a backup', made(shape('Backup'))),
  'PATCH /api/v1/backups/:id': does('Change, pause or resume a backup', ok(shape('Backup'))),
  'DELETE /api/v1/backups/:id': does('Remove a backup; what it saved stays', nothing),
  'POST /api/v1/backups/:id/run': does('Run it now, or say what a run would do', {
    200: shape('BackupRun'),
    202: shape('BackupRun'),
  }),
  'POST /api/v1/backups/:id/import': does('Make normal files of those of an adopted folder', {
    202: shape('BackupRun'),
  }),
  'POST /api/v1/backups/:id/restore': does('Bring files of a snapshot back, on this device', {
    202: shape('BackupRun'),
  }),
  'GET /api/v1/backups/:id/runs': does('Its runs, newest first', ok(pageOf(shape('BackupRun')))),
  'GET /api/v1/backups/:id/snapshots': does('Its snapshots, newest first', ok(pageOf(shape('Snapshot')))),
  'GET /api/v1/backups/:id/snapshots/:at': does('What a snapshot has', ok(shape('SnapshotPage'))),
};

const devices: Record<string, Operation> = {
  'GET /healthz': does('Is this device alive?', ok(shape('Healthz'))),
  'GET /ca.crt': does('The authority of this device', ok('application/x-x509-ca-cert')),
  'GET /metrics': does('Figures for Prometheus', ok('text/plain')),
  'GET /api/v1/devices': does('Devices of the network', ok(pageOf(shape('Device')))),
  'GET /api/v1/devices/nearby': does('Devices of the local network', ok(pageOf(shape('NearbyDevice')))),
  'GET /api/v1/devices/topology': does('Who is connected to whom', ok(shape('Topology'))),
  'GET /api/v1/devices/transfers': does(
    'What this device sent and got, by day',
    ok(pageOf(shape('TransferDay'))),
  ),
  'POST /api/v1/devices/folder-check': does('What to know before a folder is lent', ok(shape('FolderCheck'))),
  'PATCH /api/v1/devices/:id': does('Change a device', ok(shape('Device'))),
  'DELETE /api/v1/devices/:id': does('Remove a device for ever', nothing),
  'POST /api/v1/devices/:id/drain': does('Empty a device', ok(shape('Device'))),
  'DELETE /api/v1/devices/:id/drain': does('Empty it no longer', ok(shape('Device'))),
  'GET /api/v1/devices/:id/impact': does('What is lost if a device dies now', ok(shape('Impact'))),
  'POST /api/v1/pairing': does('Open the window for a new device', ok(shape('Pairing'))),
  'DELETE /api/v1/pairing': does('Close it', nothing),
  'POST /api/v1/pairing/join': does(
    'Join the network that shows a code',
    ok(objectOf<{ networkId: string }>({ networkId: string })),
  ),
  'POST /api/v1/pairing/exchange': does('Messages of the pairing (CPace)', ok({ type: 'object' })),
  'GET /api/v1/system': does('How busy the machine of this device is', ok(shape('System'))),
  'GET /api/v1/health': does('Copies of everything, and what is wrong', ok(shape('Health'))),
  'POST /api/v1/health/pause': does(
    'Let the background work of this device wait',
    ok(objectOf<{ pausedUntil: string | null }>({ pausedUntil: nullable(time) })),
  ),
  'GET /api/v1/health/garbage': does('Chunks that nothing needs', ok(shape('Garbage'))),
  'POST /api/v1/health/garbage/confirm': does('Agree to a deletion that was stopped', ok(shape('Garbage'))),
  'GET /api/v1/events': does('A WebSocket; each message is an Event', { 101: null }),
  'GET /api/openapi.json': does('This document', ok({ type: 'object' })),
  'GET /api/docs': does('This document, for people', ok('text/html')),
  'GET /api/docs/style.css': does('How that page looks', ok('text/css')),
};

export const operations: Readonly<Record<string, Operation>> = {
  ...entries,
  ...photos,
  ...accounts,
  ...sharing,
  ...backups,
  ...devices,
};
