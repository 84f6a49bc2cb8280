/** The shapes that the API answers with, by their names in the document. TypeScript has them in `model/api.ts`. */
import type * as api from '../../model/api.ts';
import type { GarbageReport, SystemView, TransfersView } from '../../model/contracts/health.ts';
import type { UploadView } from '../../model/contracts/uploads.ts';
import { errorStatus } from '../../model/errors.ts';
import type { PasskeyView } from '../../model/views/passkeys.ts';
import { backups } from './backup-shapes.ts';
import { pictures } from './photo-shapes.ts';
import { recoveryShapes } from './recovery-shapes.ts';
import {
  boolean,
  count,
  id,
  listOf,
  mapOf,
  nullable,
  number,
  objectOf,
  oneOf,
  optional,
  type Schema,
  shape,
  string,
  time,
} from './schema.ts';
import { topologyShapes } from './topology-shapes.ts';

/** A part of a list. */
export const pageOf = (items: Schema): Schema =>
  objectOf<api.Page<unknown>>({ items: listOf(items), nextCursor: nullable(string) });

const role = oneOf('admin', 'member');
const rights = oneOf('view', 'upload', 'edit');

const entryProperties = {
  id,
  parentId: nullable(id),
  kind: oneOf('file', 'folder'),
  name: string,
  size: count,
  mime: nullable(string),
  executable: boolean,
  createdAt: time,
  modifiedAt: time,
  version: { ...id, description: 'of the current content; also the ETag' },
  tags: listOf(string),
  starred: boolean,
  trashedAt: nullable(time),
  totalSize: { ...nullable(count), description: 'bytes of the files in a folder, at any depth' },
  totalCount: { ...nullable(count), description: 'files in a folder, at any depth' },
  safety: nullable(shape('Safety')),
  thumbnail: nullable(string),
  media: nullable(shape('Media')),
  rights: optional(nullable(rights)),
  owner: optional(nullable(string)),
  k: optional({
    ...string,
    description: 'goes as ?k= into addresses that a browser fetches without headers',
  }),
} as const;

const signedIn = { user: shape('User'), proof: { ...string, description: 'goes as X-Peerstor' } };

const entries: Record<string, Schema> = {
  Entry: objectOf<api.EntryView>(entryProperties),
  FoundEntry: objectOf<api.FoundView>({ ...entryProperties, path: string }),
  Safety: objectOf<api.SafetyView>({
    level: oneOf('accepted', 'safe', 'full'),
    copies: count,
    wanted: count,
  }),
  Outcome: objectOf<api.EntryOutcome>({ id: string, ok: boolean, code: optional(shape('ErrorCode')) }),
  Version: objectOf<api.VersionView>({
    id,
    size: count,
    modifiedAt: time,
    current: boolean,
    executable: boolean,
    name: nullable(string),
  }),
  Upload: objectOf<UploadView>({
    id,
    name: string,
    parentId: id,
    size: nullable(count),
    offset: count,
    modifiedAt: nullable(time),
    createdAt: time,
    expiresAt: time,
  }),
  EntryHealth: objectOf<api.EntryHealthView>({
    entryId: id,
    safety: nullable(shape('Safety')),
    chunks: count,
    copies: listOf(
      objectOf<api.EntryHealthView['copies'][number]>({
        deviceId: id,
        deviceName: string,
        online: boolean,
        chunks: count,
        checkedAt: nullable(time),
      }),
    ),
  }),
};

const people: Record<string, Schema> = {
  User: objectOf<api.UserView>({ id, username: string, role }),
  SignedIn: objectOf<api.SignedInView>(signedIn, 'The cookie of the session comes beside it.'),
  NewAccount: objectOf<api.SignedInView & { recoveryCode: string }>({ ...signedIn, recoveryCode: string }),
  Passkey: objectOf<PasskeyView>({ id: string, name: string, host: string, createdAt: time }),
  Session: objectOf<api.SessionView>({
    id,
    device: string,
    address: string,
    createdAt: time,
    lastUsedAt: nullable(time),
    expiresAt: time,
    current: boolean,
  }),
  UserForAdmin: objectOf<api.UserAdminView & { quota: number | null }>({
    id,
    username: string,
    role,
    disabled: boolean,
    quotaBytes: nullable(count),
    quota: nullable(count),
    usedBytes: count,
    storedBytes: count,
  }),
  Invite: objectOf<api.InviteView>({
    id,
    invite: optional(string),
    url: optional(string),
    role,
    quotaBytes: nullable(count),
    createdAt: time,
    expiresAt: time,
    state: oneOf('open', 'used', 'expired', 'withdrawn'),
  }),
  Token: objectOf<api.TokenView>({
    id,
    name: string,
    token: optional({ ...string, description: 'given once' }),
    accessKeyId: optional(string),
    rights,
    entryId: id,
    path: nullable(string),
    createdAt: time,
    expiresAt: nullable(time),
  }),
  Share: objectOf<api.ShareView>({
    id,
    entryId: id,
    entryName: nullable(string),
    url: string,
    path: optional(string),
    rights,
    createdAt: time,
    expiresAt: nullable(time),
    hasPassword: boolean,
    maxDownloads: nullable(count),
    downloads: count,
    note: string,
    state: oneOf('live', 'expired', 'revoked', 'used-up'),
  }),
  Access: objectOf<api.AccessView>({ username: string, rights, grantedAt: time }),
  GivenAccess: objectOf<api.GivenAccessView>({
    entryId: id,
    entryName: nullable(string),
    username: string,
    rights,
    grantedAt: time,
  }),
  SharedEntry: objectOf<api.SharedEntryView>({
    entry: shape('Entry'),
    owner: string,
    rights,
    sharedAt: time,
  }),
  Guest: objectOf<api.GuestView>({
    entry: nullable(shape('Entry')),
    name: string,
    owner: string,
    rights,
    expiresAt: nullable(time),
    counted: boolean,
  }),
  Dropped: objectOf<Pick<api.EntryView, 'name' | 'size' | 'safety'>>({
    name: string,
    size: count,
    safety: nullable(shape('Safety')),
  }),
  AuditNote: objectOf<api.AuditView>({
    at: time,
    deviceId: id,
    deviceName: string,
    event: string,
    username: nullable(string),
    sentence: string,
  }),
};

const devices: Record<string, Schema> = {
  Healthz: objectOf<api.HealthzView>({
    ok: boolean,
    deviceId: id,
    deviceName: string,
    networkId: nullable(id),
    p2p: listOf(string),
  }),
  Setup: objectOf<api.SetupView>({
    needed: boolean,
    deviceName: string,
    nearby: listOf(shape('NearbyDevice')),
  }),
  NearbyDevice: objectOf<api.NearbyDevice>({ name: string, address: string, network: nullable(string) }),
  Pairing: objectOf<api.PairingView>({ code: string, expiresAt: time, qr: string }),
  Volume: objectOf<api.VolumeView>({
    path: string,
    limitBytes: count,
    usedBytes: count,
    state: oneOf('ok', 'full', 'draining', 'missing', 'failed', 'failing'),
    problem: optional(string),
  }),
  Bandwidth: objectOf<api.BandwidthView>({
    upLimit: nullable(count),
    downLimit: nullable(count),
    schedule: nullable(objectOf<{ from: string; to: string }>({ from: string, to: string })),
    limitLan: boolean,
  }),
  Device: objectOf<api.DeviceView>({
    id,
    name: string,
    class: oneOf('always-on', 'sleeper'),
    state: oneOf('active', 'draining', 'removed'),
    place: string,
    self: boolean,
    online: boolean,
    lastSeen: nullable(time),
    capacityBytes: count,
    usedBytes: nullable(count),
    addresses: listOf(string),
    volumes: listOf(shape('Volume')),
    bandwidth: optional(shape('Bandwidth')),
    wire: optional(oneOf('sealed', 'noise')),
    rttMs: nullable(number),
  }),
  Impact: objectOf<api.ImpactView>({
    deviceId: id,
    lostChunks: count,
    lostVersions: count,
    lostBytes: count,
    thinChunks: count,
    thinBytes: count,
    bytesLeft: count,
    entries: listOf(objectOf<{ id: string; name: string }>({ id, name: string })),
  }),
  Health: objectOf<api.HealthView>({
    level: oneOf('ok', 'warn', 'danger'),
    sentence: string,
    chunks: objectOf<api.HealthView['chunks']>({ total: count, byCopies: mapOf(count) }),
    bytes: count,
    offSite: objectOf<api.HealthView['offSite']>({ places: count, onePlaceChunks: count }),
    devices: listOf(shape('Device')),
    repair: objectOf<api.HealthView['repair']>({
      queued: count,
      active: count,
      etaSeconds: nullable(number),
    }),
    pausedUntil: nullable(time),
    scrub: objectOf<api.ScrubView>({
      running: boolean,
      lastFinishedAt: nullable(time),
      checkedChunks: count,
      badChunks: count,
    }),
    drill: objectOf<api.DrillView>({ lastFinishedAt: nullable(time), files: count, failed: count }),
    alerts: listOf(shape('Alert')),
    receipts: listOf(shape('Receipt')),
  }),
  Alert: objectOf<api.AlertView>({
    code: string,
    level: oneOf('warn', 'danger'),
    sentence: string,
    action: nullable(string),
  }),
  Receipt: objectOf<api.ReceiptView>({ at: time, sentence: string }),
  System: objectOf<SystemView>({
    cpu: objectOf<SystemView['cpu']>({ cores: count, model: string, percent: number }),
    memory: objectOf<SystemView['memory']>({ totalBytes: count, usedBytes: count, processBytes: count }),
    disks: listOf(
      objectOf<SystemView['disks'][number]>({
        paths: listOf(string),
        totalBytes: count,
        usedBytes: count,
        freeBytes: count,
      }),
    ),
    network: objectOf<SystemView['network']>({
      receivedBytesPerSecond: nullable(count),
      sentBytesPerSecond: nullable(count),
    }),
    temperature: { ...nullable(number), description: 'degrees Celsius' },
    uptimeSeconds: count,
    version: string,
    transfers: objectOf<TransfersView>({ uploads: count, unprotectedChunks: count, repairs: count }),
  }),
  Garbage: objectOf<GarbageReport>({
    chunks: count,
    bytes: count,
    dueChunks: count,
    dueBytes: count,
    oldestAt: nullable(time),
    waitsFor: nullable(string),
    stopped: nullable(objectOf<{ chunks: number; bytes: number }>({ chunks: count, bytes: count })),
  }),
  Event: objectOf<api.EventView>(
    {
      topic: oneOf('entries', 'uploads', 'transfers', 'devices', 'health', 'system'),
      ids: listOf(string),
      rev: count,
    },
    'One message of the WebSocket: these things changed; ask again for what is shown.',
  ),
};

const errors: Record<string, Schema> = {
  ErrorCode: {
    ...oneOf(...Object.keys(errorStatus)),
    description: 'Stable: a code never changes its meaning. `x-status` says which HTTP status goes with it.',
    'x-status': errorStatus,
  },
  Problem: objectOf<Omit<api.ProblemView, 'code'> & { code: string }>(
    { type: string, title: string, status: count, detail: string, code: shape('ErrorCode') },
    'RFC 9457. `detail` is a sentence for people; facts for programs may stand beside these members.',
  ),
};

export const shapes: Readonly<Record<string, Schema>> = {
  ...entries,
  ...pictures,
  ...people,
  ...backups,
  ...recoveryShapes,
  ...topologyShapes,
  ...devices,
  ...errors,
};
