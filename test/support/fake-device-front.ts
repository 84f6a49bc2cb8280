/** A device with accounts and one drive in memory: what the gateway's tests stand on. */
import type {
  AuditView,
  DeviceView,
  EntryHealthView,
  HealthView,
  ImpactView,
  InviteView,
  PairingView,
  UserAdminView,
} from '../../src/model/api.ts';
import type { AuditFilter } from '../../src/model/contracts/audit.ts';
import type { DeviceFront, DeviceSettings, Devices, Pairing } from '../../src/model/contracts/device.ts';
import type { Session, Sharing } from '../../src/model/contracts/drive.ts';
import type { GarbageReport, SystemView } from '../../src/model/contracts/health.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import { type DeviceId, type EntryId, userId } from '../../src/model/ids.ts';
import { FakeBackups } from './fake-backups.ts';
import { FakeDrive } from './fake-drive.ts';
import { createFakePasskeys } from './fake-passkeys.ts';
import { FakePhotos } from './fake-photos.ts';
import { createFakeRecovery } from './fake-recovery.ts';
import { FakeSharing } from './fake-sharing.ts';
import { FakeUploads } from './fake-uploads.ts';

type EventListener = Parameters<DeviceFront['onEvent']>[0];

export const recoveryCode = 'abandon ability able';
const unlimited = { upLimit: null, downLimit: null, schedule: null, limitLan: false };
/** What every authenticator app of the fake shows. */
const fakeCode = '123456';
const selfId = 'a'.repeat(64);

export class FakeDeviceFront implements DeviceFront {
  readonly deviceName = 'Kitchen';
  readonly setupCode = '1234-5678';
  readonly localSecret = 'local-secret';
  readonly drive = new FakeDrive();
  readonly photos = new FakePhotos();
  readonly backups = new FakeBackups();
  readonly sharing = new FakeSharing(this.drive, (username) => this.#passwords.has(username));
  readonly uploads = new FakeUploads(this.drive);
  /** What `devices` was asked, in order. */
  readonly asked: unknown[] = [];
  /** What `health` says otherwise. */
  healthChange: Partial<HealthView> = {};
  /** Users whose sign-in asks for `123456`. */
  readonly codes = new Set<string>();
  /** By the secret of its session, what `noteUse` was told last. */
  readonly uses = new Map<string, { device: string; address: string }>();
  /** Last settings that a device was given. */
  lastSettings: DeviceSettings | undefined;
  readonly #sessions = new Map<string, Session>();
  readonly #ends = new Map<string, AbortController>();
  readonly #listeners = new Set<EventListener>();
  /** username → password; the first is the admin. */
  readonly #passwords = new Map<string, string>();
  /** username → what an admin changed about them. */
  readonly #changes = new Map<string, Partial<UserAdminView>>();
  readonly #invites = new Map<string, InviteView>();
  #sessionsOpened = 0;
  #pairingCode: string | undefined;
  #device: DeviceView = {
    id: selfId,
    name: 'Kitchen',
    class: 'always-on',
    state: 'active',
    place: '',
    self: true,
    online: true,
    lastSeen: null,
    capacityBytes: 0,
    usedBytes: 0,
    addresses: [],
    volumes: [],
    rttMs: null,
  };

  healthz() {
    return { ok: true, deviceId: selfId, deviceName: this.deviceName, networkId: this.#networkId(), p2p: [] };
  }

  /** As whom the callers of sign-in, recovery, links, set-up and pairing were counted. */
  readonly callers: string[] = [];
  /** What was to end with the sessions, of each change of a password and sign-out everywhere. */
  readonly endings: unknown[] = [];
  #words = recoveryCode;

  #renewWords(): string {
    this.#words = `${this.#words} about`;
    return this.#words;
  }

  /** A further account, as a member. */
  addMember(username: string, password: string): void {
    this.#passwords.set(username, password);
  }

  emit(...event: Parameters<EventListener>): void {
    for (const listener of this.#listeners) listener(...event);
  }

  readonly accounts: DeviceFront['accounts'] = {
    ...createFakePasskeys(() => this.#open('anna')),
    ...createFakeRecovery({
      open: (username) => this.#open(username),
      isPassword: (password) => [...this.#passwords.values()].includes(password),
      words: () => this.#words,
    }),
    sessions: async (session) =>
      [...this.#sessions.values()]
        .filter(({ user }) => user.id === session.user.id)
        .map((one) => ({
          id: one.secret,
          ...(this.uses.get(one.secret) ?? { device: '', address: '' }),
          createdAt: new Date(0).toISOString(),
          lastUsedAt: null,
          expiresAt: new Date(one.expiresAtMs).toISOString(),
          current: one.secret === session.secret,
        })),
    endSession: async (session, id) => {
      if (this.#sessions.get(id)?.user.id !== session.user.id) {
        throw new PeerstorError('not-found', 'There is no such session.');
      }
      this.#end(id);
    },
    setupNeeded: () => this.#passwords.size === 0,
    setup: async (username, password) => {
      if (password.length < 8) {
        throw new PeerstorError('bad-input', 'A password has at least 8 characters.', {
          details: { field: 'password' },
        });
      }
      this.#passwords.set(username, password);
      return { session: this.#open(username), recoveryCode };
    },
    login: async (username, password, from, code) => {
      this.callers.push(from);
      if (this.#passwords.get(username) !== password) {
        throw new PeerstorError('wrong-password', 'The name or the password is wrong.');
      }
      if (this.codes.has(username)) this.#checkCode(code);
      return this.#open(username);
    },
    hasTotp: (session) => this.codes.has(session.user.username),
    beginTotp: async (session, password) => {
      if (this.#passwords.get(session.user.username) !== password) {
        throw new PeerstorError('wrong-password', 'The name or the password is wrong.');
      }
      return { secret: 'GEZDGNBV', address: 'otpauth://totp/peerstor:anna?secret=GEZDGNBV' };
    },
    confirmTotp: async ({ user: { username } }, code) => {
      if (code !== fakeCode) throw new PeerstorError('wrong-code', 'This is not the code.');
      this.codes.add(username);
    },
    removeTotp: async (session, password) => {
      if (this.#passwords.get(session.user.username) !== password) {
        throw new PeerstorError('wrong-password', 'The name or the password is wrong.');
      }
      this.codes.delete(session.user.username);
    },
    resume: async (secret) => this.#sessions.get(secret) ?? this.#tokenSession(secret),
    resumeAccessKey: async (id) => this.#tokenSession(id.replace(/^key-of-/, '')),
    logout: async (secret) => {
      this.#end(secret);
    },
    recoveryCode: async (session, password, { renew = false } = {}) => {
      if (this.#passwords.get(session.user.username) === password)
        return renew ? this.#renewWords() : this.#words;
      throw new PeerstorError('wrong-password', 'The name or the password is wrong.');
    },
    changePassword: async (session, oldPassword, newPassword, ending) => {
      this.endings.push(ending);
      const { username } = session.user;
      if (this.#passwords.get(username) !== oldPassword) {
        throw new PeerstorError('wrong-password', 'The name or the password is wrong.');
      }
      return this.#renew(username, newPassword);
    },
    recover: async (username, words, newPassword, from, ending) => {
      this.endings.push(ending);
      this.callers.push(from);
      if (!this.#passwords.has(username) || words !== this.#words) {
        throw new PeerstorError('wrong-password', 'Wrong user name or recovery words.');
      }
      return this.#renew(username, newPassword);
    },
    invite: async (session, { role, quotaBytes, expiresInMs = 7 * 86_400_000 }) => {
      this.#refuseMember(session);
      const id = `invite-${this.#invites.size + 1}`;
      const nowMs = Date.now();
      const invite: InviteView = {
        id,
        role,
        quotaBytes,
        createdAt: new Date(nowMs).toISOString(),
        expiresAt: new Date(nowMs + expiresInMs).toISOString(),
        state: 'open',
      };
      this.#invites.set(id, invite);
      return { ...invite, invite: `code-of-${id}`, url: `/register#code-of-${id}` };
    },
    invites: async () => [...this.#invites.values()],
    withdrawInvite: async (_session, id) => {
      const invite = this.#invites.get(id);
      if (invite === undefined) throw new PeerstorError('not-found', 'There is no such invite.');
      invite.state = 'withdrawn';
    },
    register: async (code, username, password) => {
      const invite = this.#invites.get(code.replace('code-of-', ''));
      if (invite === undefined) throw new PeerstorError('not-found', 'This is not an invite.');
      if (invite.state !== 'open') throw new PeerstorError('gone', `This invite is ${invite.state}.`);
      if (this.#passwords.has(username)) throw new PeerstorError('name-taken', 'There is such a user.');
      invite.state = 'used';
      this.#passwords.set(username, password);
      this.#changes.set(username, { role: invite.role, quotaBytes: invite.quotaBytes });
      return { session: this.#open(username), recoveryCode };
    },
    users: async () => [...this.#passwords.keys()].map((username) => this.#userView(username)),
    changeUser: async (session, id, change) => {
      this.#refuseMember(session);
      const username = [...this.#passwords.keys()].find((name) => this.#userView(name).id === id);
      if (username === undefined) throw new PeerstorError('not-found', 'There is no such user.');
      if (username === session.user.username && change.role === 'member') {
        throw new PeerstorError('conflict', 'This is the last admin: the network would have none.');
      }
      this.#changes.set(username, { ...this.#changes.get(username), ...change });
      return this.#userView(username);
    },
    endOtherSessions: async (session, ending) => {
      this.endings.push(ending);
      const { username } = session.user;
      return this.#renew(username, this.#passwords.get(username) ?? '');
    },
    openLink: (secret, password, from) => {
      this.callers.push(from);
      return this.sharing.openLink(secret, password);
    },
  };

  readonly pairing: Pairing = {
    open: async (): Promise<PairingView> => {
      this.#pairingCode = '11112222';
      return { code: '1111 2222', expiresAt: new Date(Date.now() + 600_000).toISOString(), qr: '<svg/>' };
    },
    close: () => {
      this.#pairingCode = undefined;
    },
    exchange: async (message, from) => {
      this.callers.push(from);
      if (this.#pairingCode === undefined) throw new PeerstorError('pairing-closed', 'No window is open.');
      return { heard: message };
    },
    join: async (code, _address, options) => {
      this.asked.push(options);
      if (code !== '11112222') throw new PeerstorError('wrong-pairing-code', 'The code is wrong.');
      return { networkId: 'b'.repeat(64) };
    },
  };

  readonly devices: Devices = {
    list: () => [this.#device],
    nearby: () => [{ name: 'Attic', address: '127.0.0.1:8081', network: null }],
    topology: () => ({
      devices: [{ deviceId: selfId, version: '0.1.0', pages: ['192.0.2.1:8080'], links: [], traffic: null }],
    }),
    checkFolder: async (path) => ({
      missing: path.endsWith('/new'),
      sharesDiskWith: this.#device.volumes.map((volume) => volume.path),
      onSystemDisk: true,
      freeBytes: 5,
      totalBytes: 10,
    }),
    transfers: (days) =>
      [{ day: '2026-11-30', devices: [{ deviceId: selfId, sentBytes: 5, receivedBytes: 7 }] }].slice(0, days),
    change: async (id: DeviceId, settings: DeviceSettings, session: Session) => {
      if (session.user.role !== 'admin') throw new PeerstorError('forbidden', 'Only an admin may do this.');
      if (id !== selfId) throw new PeerstorError('not-found', 'There is no such device.');
      this.lastSettings = settings;
      const { name, class: kind, place, volumes, ...bandwidth } = settings;
      const known = new Map(this.#device.volumes.map((volume) => [volume.path, volume]));
      this.#device = {
        ...this.#device,
        ...(name !== undefined && { name }),
        ...(kind !== undefined && { class: kind }),
        ...(place !== undefined && { place }),
        ...(volumes && {
          volumes: volumes.map(({ path, limitBytes, state }) => ({
            path,
            limitBytes: limitBytes ?? known.get(path)?.limitBytes ?? 1_000_000,
            usedBytes: 0,
            state: state === 'draining' ? 'draining' : 'ok',
          })),
        }),
        bandwidth: { ...unlimited, ...this.#device.bandwidth, ...bandwidth },
      };
      return this.#device;
    },
    drain: async (id, _session, on = true) => {
      this.#refuseOther(id);
      this.#device = { ...this.#device, state: on ? 'draining' : 'active' };
      return this.#device;
    },
    impact: async (id): Promise<ImpactView> => {
      this.#refuseOther(id);
      return {
        deviceId: id,
        lostChunks: 3,
        lostVersions: 1,
        lostBytes: 3_000_000,
        thinChunks: 5,
        thinBytes: 5_000_000,
        bytesLeft: 0,
        entries: [],
      };
    },
    remove: async (id, _session, { lost }) => {
      this.#refuseOther(id);
      if (!lost) throw new PeerstorError('conflict', 'The last copies of 3 chunks would go.');
      this.asked.push({ removed: id });
    },
  };

  garbageReport: GarbageReport = {
    chunks: 40,
    bytes: 4_000_000,
    dueChunks: 30,
    dueBytes: 3_000_000,
    oldestAt: new Date(0).toISOString(),
    waitsFor: 'An admin has to agree.',
    stopped: { chunks: 30, bytes: 3_000_000 },
  };

  async garbage(session: Session): Promise<GarbageReport> {
    this.#refuseMember(session);
    return this.garbageReport;
  }

  async confirmGarbage(session: Session): Promise<GarbageReport> {
    this.#refuseMember(session);
    if (this.garbageReport.stopped === null) {
      throw new PeerstorError('conflict', 'No deletion waits for an admin now.');
    }
    this.garbageReport = { ...this.garbageReport, waitsFor: null, stopped: null };
    return this.garbageReport;
  }

  async entryHealth(id: EntryId, session: Session): Promise<EntryHealthView> {
    const { safety } = await session.drive.entry(id);
    const copies = [{ deviceId: selfId, deviceName: 'Kitchen', online: true, chunks: 1, checkedAt: null }];
    return { entryId: id, safety, chunks: 1, copies };
  }

  async audit({ limit, before, event }: AuditFilter & { limit: number; before?: string }) {
    const from = Number(before ?? 0);
    const kinds = ['sign-in', 'share-created', 'device-removed'].filter(
      (kind) => event === undefined || kind === event,
    );
    const all = kinds.map(
      (event): AuditView => ({
        at: new Date(0).toISOString(),
        deviceId: selfId,
        deviceName: 'Kitchen',
        event,
        username: 'anna',
        sentence: `It happened: ${event}.`,
      }),
    );
    return {
      items: all.slice(from, from + limit),
      nextCursor: from + limit < all.length ? String(from + limit) : null,
    };
  }

  pausedUntil: string | null = null;

  pauseWork(minutes: number, session: Session): string | null {
    if (session.user.role !== 'admin') throw new PeerstorError('forbidden', 'Only an admin may do this.');
    this.pausedUntil = minutes === 0 ? null : new Date(minutes * 60_000).toISOString();
    return this.pausedUntil;
  }

  async system(viewer: Session): Promise<SystemView> {
    const paths = viewer.user.role === 'admin' ? ['/home'] : [];
    return {
      cpu: { cores: 2, model: 'fake', percent: 12.5 },
      memory: { totalBytes: 8e9, usedBytes: 7e9, processBytes: 1e8 },
      disks: [{ paths, totalBytes: 1e12, usedBytes: 9e11, freeBytes: 1e11 }],
      network: { receivedBytesPerSecond: 1000, sentBytesPerSecond: null },
      temperature: null,
      uptimeSeconds: 60,
      version: '0.0.0',
      transfers: { uploads: 0, unprotectedChunks: 0, repairs: 0 },
    };
  }

  metrics(): string {
    return 'peerstor_up 1\n';
  }

  async health(): Promise<HealthView> {
    return {
      level: 'warn',
      sentence: 'Add a device.',
      chunks: { total: 0, byCopies: {} },
      bytes: 0,
      offSite: { places: 0, onePlaceChunks: 0 },
      devices: [this.#device],
      repair: { queued: 0, active: 0, etaSeconds: null },
      pausedUntil: this.pausedUntil,
      scrub: { running: false, lastFinishedAt: null, checkedChunks: 0, badChunks: 0 },
      drill: { lastFinishedAt: null, files: 0, failed: 0 },
      alerts: [],
      receipts: [],
      ...this.healthChange,
    };
  }

  checkSetupCode(code: string, from: string): void {
    this.callers.push(from);
    if (code !== this.setupCode) throw new PeerstorError('wrong-setup-code', 'The set-up code is wrong.');
  }

  isLocalSecret(secret: string): boolean {
    return secret === this.localSecret;
  }

  onEvent(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #checkCode(code: string | undefined): void {
    if (code === undefined) throw new PeerstorError('totp-required', 'Type the code, too.');
    if (code !== fakeCode) throw new PeerstorError('wrong-code', 'This is not the code.');
  }

  #renew(username: string, password: string): Session {
    this.#passwords.set(username, password);
    for (const [secret, session] of this.#sessions) {
      if (session.user.username === username) this.#end(secret);
    }
    return this.#open(username);
  }

  #networkId(): string | null {
    return this.accounts.setupNeeded() ? null : 'b'.repeat(64);
  }

  #refuseMember(session: Session): void {
    if (session.user.role !== 'admin') throw new PeerstorError('forbidden', 'Only an admin may do this.');
  }

  #refuseOther(id: DeviceId): void {
    if (id !== selfId) throw new PeerstorError('not-found', 'There is no such device.');
  }

  #userView(username: string): UserAdminView {
    const at = [...this.#passwords.keys()].indexOf(username);
    return {
      // The first is `cc…c`, the others are numbered.
      id: at === 0 ? 'c'.repeat(64) : at.toString(16).padStart(64, 'c'),
      username,
      role: at === 0 ? 'admin' : 'member',
      disabled: false,
      quotaBytes: null,
      usedBytes: 0,
      storedBytes: 0,
      ...this.#changes.get(username),
    };
  }

  #tokenSession(secret: string): Session | undefined {
    const token = this.sharing.tokenOf(secret);
    if (token === undefined) return undefined;
    const { drive, rights, username } = token;
    const sharing = new Proxy({} as Sharing, {
      get() {
        throw new PeerstorError('forbidden', 'A token shares nothing.');
      },
    });
    return { ...this.#session(secret, username), accessKeyId: `key-of-${secret}`, drive, rights, sharing };
  }

  #open(username: string): Session {
    const at = `${username}-${++this.#sessionsOpened}`;
    const secret = `secret-of-${at}.proof-of-${at}`;
    const addressKeys = {
      keyFor: (id: string) => `key-of-${at}-to-${id}`,
      opens: (id: string, key: string) => key === `key-of-${at}-to-${id}`,
    };
    const session = { ...this.#session(secret, username), addressKeys };
    this.#sessions.set(session.secret, session);
    return session;
  }

  #signalOf(secret: string): AbortSignal {
    const controller = this.#ends.get(secret) ?? new AbortController();
    this.#ends.set(secret, controller);
    return controller.signal;
  }

  #end(secret: string): void {
    this.#sessions.delete(secret);
    this.#ends.get(secret)?.abort();
    this.#ends.delete(secret);
  }

  #session(secret: string, username: string): Session {
    const { id, role } = this.#userView(username);
    return {
      secret,
      accessKeyId: null,
      addressKeys: null,
      noteUse: (use) => this.uses.set(secret, use),
      expiresAtMs: Date.now() + 3_600_000,
      signal: this.#signalOf(secret),
      user: { id: userId(id), username, role },
      drive: this.drive,
      uploads: this.uploads,
      rights: null,
      sharing: this.sharing.of(username),
      photos: this.photos,
      adminSigner() {
        throw new PeerstorError('forbidden', 'The fake has no keys.');
      },
    };
  }
}
