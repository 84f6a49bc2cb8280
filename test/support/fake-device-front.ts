/** A device with one account and a drive in memory: what the gateway's tests stand on. */
import type { DeviceView, HealthView, PairingView } from '../../src/model/api.ts';
import type { DeviceFront, DeviceSettings, Devices, Pairing } from '../../src/model/contracts/device.ts';
import type { Accounts, PasswordChanges, Session } from '../../src/model/contracts/drive.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import type { DeviceId } from '../../src/model/ids.ts';
import { FakeDrive } from './fake-drive.ts';

type EventListener = Parameters<DeviceFront['onEvent']>[0];

const recoveryCode = 'abandon ability able';
const selfId = 'a'.repeat(64);

export class FakeDeviceFront implements DeviceFront {
  readonly deviceName = 'Kitchen';
  readonly setupCode = '1234-5678';
  readonly localSecret = 'local-secret';
  readonly drive = new FakeDrive();
  readonly #sessions = new Map<string, Session>();
  readonly #listeners = new Set<EventListener>();
  /** username → password; the first is the admin. */
  readonly #passwords = new Map<string, string>();
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

  /** A further account, as a member. */
  addMember(username: string, password: string): void {
    this.#passwords.set(username, password);
  }

  emit(...event: Parameters<EventListener>): void {
    for (const listener of this.#listeners) listener(...event);
  }

  readonly accounts: Accounts & PasswordChanges = {
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
    login: async (username, password, _from) => {
      if (this.#passwords.get(username) !== password) {
        throw new PeerstorError('wrong-password', 'The name or the password is wrong.');
      }
      return this.#open(username);
    },
    resume: async (secret) => this.#sessions.get(secret),
    logout: async (secret) => {
      this.#sessions.delete(secret);
    },
    changePassword: async (session, oldPassword, newPassword) => {
      const { username } = session.user;
      if (this.#passwords.get(username) !== oldPassword) {
        throw new PeerstorError('wrong-password', 'The name or the password is wrong.');
      }
      return this.#renew(username, newPassword);
    },
    recover: async (username, words, newPassword) => {
      if (!this.#passwords.has(username) || words !== recoveryCode) {
        throw new PeerstorError('wrong-password', 'This name and these words do not belong together.');
      }
      return this.#renew(username, newPassword);
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
    exchange: async (message) => {
      if (this.#pairingCode === undefined) throw new PeerstorError('pairing-closed', 'No window is open.');
      return { heard: message };
    },
    join: async (code) => {
      if (code !== '11112222') throw new PeerstorError('wrong-pairing-code', 'The code is wrong.');
      return { networkId: 'b'.repeat(64) };
    },
  };

  readonly devices: Devices = {
    list: () => [this.#device],
    nearby: () => [{ name: 'Attic', address: '127.0.0.1:8081', network: null }],
    change: async (id: DeviceId, settings: DeviceSettings, session: Session) => {
      if (session.user.role !== 'admin') throw new PeerstorError('forbidden', 'Only an admin may do this.');
      if (id !== selfId) throw new PeerstorError('not-found', 'There is no such device.');
      this.#device = { ...this.#device, ...settings };
      return this.#device;
    },
  };

  async health(): Promise<HealthView> {
    return {
      level: 'warn',
      sentence: 'Add a device.',
      chunks: { total: 0, byCopies: {} },
      bytes: 0,
      devices: this.devices.list(),
      repair: { queued: 0, active: 0, etaSeconds: null },
      scrub: { running: false, lastFinishedAt: null },
      alerts: [],
      receipts: [],
    };
  }

  checkSetupCode(code: string): void {
    if (code !== this.setupCode) throw new PeerstorError('wrong-setup-code', 'The set-up code is wrong.');
  }

  isLocalSecret(secret: string): boolean {
    return secret === this.localSecret;
  }

  onEvent(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #renew(username: string, password: string): Session {
    this.#passwords.set(username, password);
    for (const [secret, session] of this.#sessions) {
      if (session.user.username === username) this.#sessions.delete(secret);
    }
    return this.#open(username);
  }

  #networkId(): string | null {
    return this.accounts.setupNeeded() ? null : 'b'.repeat(64);
  }

  #open(username: string): Session {
    const admin = [...this.#passwords.keys()][0] === username;
    const session: Session = {
      secret: `secret-of-${username}-${++this.#sessionsOpened}`,
      expiresAtMs: Date.now() + 3_600_000,
      user: { id: 'c'.repeat(64), username, role: admin ? 'admin' : 'member' },
      drive: this.drive,
      adminSigner() {
        throw new PeerstorError('forbidden', 'The fake has no keys.');
      },
    };
    this.#sessions.set(session.secret, session);
    return session;
  }
}
