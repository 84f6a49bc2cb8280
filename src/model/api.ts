/**
 * JSON shapes of the HTTP interface, shared by drive, http, cli and web. Times are ISO 8601 UTC,
 * sizes bytes.
 */

import type { ErrorCode } from './errors.ts';
import type { MediaView } from './views/photos.ts';

/** How safe a file is: durable on one device, on two, or on as many as wanted. */
export type SafetyLevel = 'accepted' | 'safe' | 'full';

export interface SafetyView {
  level: SafetyLevel;
  /** Copies on devices that can be reached now. */
  copies: number;
  wanted: number;
}

export interface EntryView {
  id: string;
  parentId: string | null;
  kind: 'file' | 'folder';
  name: string;
  size: number;
  mime: string | null;
  /** May it be run as a program, where the system has such a mark? */
  executable: boolean;
  createdAt: string;
  modifiedAt: string;
  /** Version id of the current content; for a folder the revision of its register. Also the ETag. */
  version: string;
  tags: string[];
  starred: boolean;
  trashedAt: string | null;
  /**
   * Of a folder of the own drive: bytes and files in it, at any depth, those in the trash left out. null of everything
   * else, and while the drive is read for the first time.
   */
  totalSize: number | null;
  totalCount: number | null;
  /** null for a folder. */
  safety: SafetyView | null;
  /** Address of a picture of it, `?size=` 240, 720 or 2160; null where there is none (yet). */
  thumbnail: string | null;
  /** Of a picture or film, once it was read; null of all else. */
  media: MediaView | null;
  /** What the asker may do with it; null for their own, where they may do everything. */
  rights?: RightsView | null;
  /** Whose it is; null for their own. */
  owner?: string | null;
  /**
   * Over HTTP, to a session: goes as `?k=` into addresses below this entry that a browser fetches
   * without headers (content, thumbnail, archive, stream), beside the session's cookie.
   */
  k?: string;
}

/** What became of one of several entries in a request that changes many. */
export interface EntryOutcome {
  id: string;
  ok: boolean;
  /** Error code of one that failed. */
  code?: ErrorCode;
}

/** What a search found. */
export interface FoundView extends EntryView {
  /**
   * From the root of the asker's drive, or of what their token opens, such as `/a/b.txt`: `/api/v1/path` takes it. Of
   * what others shared with them, from the name of the shared folder on.
   */
  path: string;
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface UserView {
  id: string;
  username: string;
  role: 'admin' | 'member';
}

/** What begins a session: the cookie comes beside it, the page keeps the proof. */
export interface SignedInView {
  user: UserView;
  /** Sent as `X-Peerstor` with every request, and as a subprotocol of the WebSocket. */
  proof: string;
}

/** Where a user is signed in. */
export interface SessionView {
  id: string;
  /** What the program calls itself, such as "Firefox on Linux"; empty where it does not say. */
  device: string;
  /** IP address of its last use; empty where none is known. */
  address: string;
  createdAt: string;
  lastUsedAt: string | null;
  expiresAt: string;
  /** The one that asks. */
  current: boolean;
}

export interface VolumeView {
  path: string;
  limitBytes: number;
  usedBytes: number;
  /** `failing`: its bytes rot, it takes no more; `draining`: it is being emptied. */
  state: VolumeState;
  /** For people, where the state has a reason. */
  problem?: string;
}

export type VolumeState = 'ok' | 'full' | 'draining' | 'missing' | 'failed' | 'failing';

export interface DeviceView {
  id: string;
  name: string;
  class: 'always-on' | 'sleeper';
  state: 'active' | 'draining' | 'removed';
  place: string;
  /** True for the device that answers. */
  self: boolean;
  online: boolean;
  lastSeen: string | null;
  /** Bytes lent and used; null where the device was never met since this one started. */
  capacityBytes: number;
  usedBytes: number | null;
  addresses: string[];
  /** Only for the device that answers. */
  volumes: VolumeView[];
  /** Only for the device that answers. */
  bandwidth?: BandwidthView;
  /** Only for the device that answers: how chunks go to devices of the same LAN (docs/SECURITY.md). */
  wire?: 'sealed' | 'noise';
  rttMs: number | null;
}

/** How much of its link a device takes for chunks. */
export interface BandwidthView {
  /** Bytes a second; null for no limit. */
  upLimit: number | null;
  downLimit: number | null;
  /** Hours of the day, local time, such as 08:00, in which the limits hold; null for always. */
  schedule: { from: string; to: string } | null;
  /** Whether they hold for devices of the own local network too. */
  limitLan: boolean;
}

export interface NearbyDevice {
  name: string;
  /** Address of its page: HOST:PORT. */
  address: string;
  /** Short network id, or null for a device that has no network yet. */
  network: string | null;
}

export interface PairingView {
  /** Eight digits, shown as two groups of four. */
  code: string;
  expiresAt: string;
  /** SVG text of a QR code that carries the join address. */
  qr: string;
}

export interface HealthView {
  level: 'ok' | 'warn' | 'danger';
  sentence: string;
  chunks: { total: number; byCopies: Record<string, number> };
  bytes: number;
  /** Places that the devices' owners named, and chunks whose copies are all in one of them. */
  offSite: { places: number; onePlaceChunks: number };
  devices: DeviceView[];
  repair: { queued: number; active: number; etaSeconds: number | null };
  /** Until when an admin paused the background work of this device (repair, checks, restore drills); null while it works. */
  pausedUntil: string | null;
  scrub: ScrubView;
  drill: DrillView;
  alerts: AlertView[];
  receipts: ReceiptView[];
}

/** How far this device is with reading all its copies again. */
export interface ScrubView {
  running: boolean;
  lastFinishedAt: string | null;
  /** Of the pass under way, or of the last one. */
  checkedChunks: number;
  /** Found bad or missing in it. */
  badChunks: number;
}

/** What came of reading files of the users of this device from other devices only, the last time. */
export interface DrillView {
  lastFinishedAt: string | null;
  /** Tried. */
  files: number;
  /** Of those, not restored although devices that were there claimed copies. */
  failed: number;
}

export interface AlertView {
  code: string;
  level: 'warn' | 'danger';
  sentence: string;
  action: string | null;
}

export interface ReceiptView {
  at: string;
  sentence: string;
}

export interface SetupView {
  needed: boolean;
  deviceName: string;
  nearby: NearbyDevice[];
}

export interface HealthzView {
  ok: boolean;
  deviceId: string;
  deviceName: string;
  networkId: string | null;
  p2p: string[];
}

/** RFC 9457, with a stable code. */
export interface ProblemView {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
}

/** WebSocket event: the named things changed; ask again for what is shown. */
export interface EventView {
  topic: 'entries' | 'uploads' | 'transfers' | 'devices' | 'health' | 'system';
  ids: string[];
  rev: number;
}

/** A user as an admin sees them. */
export interface UserAdminView extends UserView {
  disabled: boolean;
  /** Bytes of content that they may keep, versions and trash counted; null for no limit. */
  quotaBytes: number | null;
  /** What they keep now: content, and what all copies of it take. */
  usedBytes: number;
  storedBytes: number;
}

export interface InviteView {
  id: string;
  /** Given once, when it is made. */
  invite?: string;
  /** Path of the page that takes it: /register#CODE. Given once. */
  url?: string;
  role: 'admin' | 'member';
  quotaBytes: number | null;
  createdAt: string;
  expiresAt: string;
  state: 'open' | 'used' | 'expired' | 'withdrawn';
}

export type RightsView = 'view' | 'upload' | 'edit';

/** A share link, as its owner sees it. */
export interface ShareView {
  id: string;
  entryId: string;
  /** Name of the entry now; null when it is gone. */
  entryName: string | null;
  /** Path on any device of the network: /s/SECRET. Over HTTP the whole address, and `path` is the path. */
  url: string;
  path?: string;
  rights: RightsView;
  createdAt: string;
  expiresAt: string | null;
  hasPassword: boolean;
  maxDownloads: number | null;
  downloads: number;
  note: string;
  state: 'live' | 'expired' | 'revoked' | 'used-up';
}

/** An access token or app password. */
export interface TokenView {
  id: string;
  name: string;
  /** The secret, given once. */
  token?: string;
  /** Given with it: what names the token in signed requests (S3), whose secret is the token. */
  accessKeyId?: string;
  rights: RightsView;
  entryId: string;
  /** Drive path of the entry it opens; null when that is gone. */
  path: string | null;
  createdAt: string;
  expiresAt: string | null;
}

/** Somebody whom an entry was shared with. */
export interface AccessView {
  username: string;
  rights: RightsView;
  grantedAt: string;
}

/** The same with what it is. */
export interface GivenAccessView extends AccessView {
  entryId: string;
  /** Name of the entry now; null when it is gone or in the trash. */
  entryName: string | null;
}

/** An entry that somebody else shared with the one who asks. */
export interface SharedEntryView {
  entry: EntryView;
  owner: string;
  rights: RightsView;
  sharedAt: string;
}

/** What a guest with a link sees first. */
export interface GuestView {
  /** null for a drop box, which shows nothing. */
  entry: EntryView | null;
  name: string;
  owner: string;
  rights: RightsView;
  expiresAt: string | null;
  /** Its downloads are counted and bounded: whatever reads content uses one up. */
  counted: boolean;
}

export interface AuditView {
  at: string;
  /** The device that noted it. */
  deviceId: string;
  deviceName: string;
  /** Stable word, such as `record-refused`, `sign-in`, `share-created`. */
  event: string;
  /** The user, where one is known. */
  username: string | null;
  sentence: string;
}

/** One version of a file, the newest first. */
export interface VersionView {
  id: string;
  size: number;
  modifiedAt: string;
  current: boolean;
  /** Given by a person; such a version is never thinned out. */
  name: string | null;
  executable: boolean;
}

/** What is lost or thin if a device dies now. */
export interface ImpactView {
  deviceId: string;
  /** Chunks, and files they belong to, that no other device is known to have. */
  lostChunks: number;
  lostVersions: number;
  lostBytes: number;
  /** Chunks that would be left with fewer copies than wanted. */
  thinChunks: number;
  thinBytes: number;
  /** Of a draining device: sealed bytes that still lack a place elsewhere. */
  bytesLeft: number;
  /** Entries of the one who asks among the lost ones, at most 100. */
  entries: { id: string; name: string }[];
}

/** Where the copies of a file's current content are. */
export interface EntryHealthView {
  entryId: string;
  /** null for a folder. */
  safety: SafetyView | null;
  /** Chunks of the current version, its manifests counted. */
  chunks: number;
  /** Devices that are known to have some of them, most first. */
  copies: {
    deviceId: string;
    deviceName: string;
    online: boolean;
    chunks: number;
    /**
     * When copies of this device were last found to be sound: the one that answers has read all of its own again,
     * another one proved some that it was asked for. null where that has not happened since the answering one started.
     */
    checkedAt: string | null;
  }[];
}
