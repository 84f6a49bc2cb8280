/** What the gateway may ask of the running device besides a user's drive. Built in `node`. */

import type { AccountRecovery } from '../accounts/account-recovery.ts';
import type {
  AuditView,
  DeviceView,
  EntryHealthView,
  HealthView,
  HealthzView,
  ImpactView,
  NearbyDevice,
  PairingView,
} from '../api.ts';
import type { Backups } from '../backups/backups.ts';
import type { DeviceId, EntryId } from '../ids.ts';
import type { DeviceClass } from '../records.ts';
import type { FolderCheckView, TopologyView, TransferDayView } from '../views/topology.ts';
import type { AuditFilter } from './audit.ts';
import type { Accounts, Guests, PasswordChanges, Session, UserAdmin } from './drive.ts';
import type { GarbageReport, SystemView } from './health.ts';
import type { Passkeys, SecondFactor, SessionList } from './own-account.ts';

export interface DeviceSettings {
  name?: string;
  class?: DeviceClass;
  place?: string;
  /**
   * Folders that this device lends, the whole list; only of the device that answers. `adopt` takes over the
   * volume of another device that is gone for good.
   */
  volumes?: { path: string; limitBytes?: number | null; state?: 'active' | 'draining'; adopt?: boolean }[];
  /** Bytes a second to and from other devices; null for no limit. Only of the device that answers. */
  upLimit?: number | null;
  downLimit?: number | null;
  /** Whether the limits hold for devices of the own local network too; false until somebody says so. */
  limitLan?: boolean;
  /** `noise`: chunks have a second cipher on the LAN too. Only of the device that answers. */
  wire?: 'sealed' | 'noise';
  /** Hours of the day, local time, in which the limits hold; null for always. */
  schedule?: { from: string; to: string } | null;
}

export interface Pairing {
  /**
   * Opens (or renews) the window in which one new device may join; the session signs it in.
   * @param options.storageOnly the new device only stores copies: nobody signs in on it, whatever it asks for
   */
  open(session: Session, options?: { storageOnly?: boolean }): Promise<PairingView>;
  close(): void;
  /** One CPace message of a joining device at the address `from`; no login. @throws `pairing-closed`, `wrong-pairing-code`, `too-many-tries` */
  exchange(message: unknown, from: string): Promise<unknown>;
  /**
   * Joins this device, which has no network yet, to the one that shows `code`.
   * @param address HOST:PORT of the other device's page; without it nearby devices are tried
   * @param options.storageOnly asks to keep copies for the others only; the admin may choose so in any case
   */
  join(code: string, address?: string, options?: { storageOnly?: boolean }): Promise<{ networkId: string }>;
}

export interface Devices {
  /** @param viewer who asks: only an admin is told the paths of folders and the limits of this device */
  list(viewer: Session): DeviceView[];
  nearby(): NearbyDevice[];
  /** Who is connected to whom, as each device tells it; addresses of pages only for those who are signed in. */
  topology(): TopologyView;
  /**
   * Looks at a folder of this device before it is lent; changes nothing. For admins.
   * @throws `bad-input` where it could not be lent
   */
  checkFolder(path: string, session: Session): Promise<FolderCheckView>;
  /** What this device sent and got, the newest day first. @param days at most so many */
  transfers(days: number): TransferDayView[];
  change(id: DeviceId, settings: DeviceSettings, session: Session): Promise<DeviceView>;
  /** Starts (or ends) emptying it: it takes nothing new and its copies are made elsewhere. */
  drain(id: DeviceId, session: Session, on?: boolean): Promise<DeviceView>;
  impact(id: DeviceId, session: Session): Promise<ImpactView>;
  /**
   * Removes a device for ever, and rotates the network secret.
   * @param options.lost it is gone: what only it had is given up
   * @throws `conflict` when last copies would go and `lost` was not said, with what is lost in the sentence
   */
  remove(id: DeviceId, session: Session, options: { lost: boolean }): Promise<void>;
}

/** Everything that `http` serves. */
export interface DeviceFront {
  readonly deviceName: string;
  healthz(): HealthzView;
  readonly accounts: Accounts &
    PasswordChanges &
    AccountRecovery &
    Passkeys &
    SecondFactor &
    SessionList &
    UserAdmin &
    Guests;
  readonly pairing: Pairing;
  readonly devices: Devices;
  readonly backups: Backups;
  /** @param viewer as for `Devices.list` */
  health(viewer: Session): Promise<HealthView>;
  /**
   * Lets the background work of this device (repair, checks, restore drills) wait; 0 ends that. It ends by itself after
   * twelve hours at most. @returns until when; null when it works @throws `forbidden` for a member
   */
  pauseWork(minutes: number, session: Session): string | null;
  /** What this device keeps that nothing needs, and why it does or does not go. Deletes nothing. @throws `forbidden` for a member */
  garbage(session: Session): Promise<GarbageReport>;
  /** An admin agrees to delete what `GarbageReport.stopped` says. @throws `conflict` when nothing waits for that, `forbidden` */
  confirmGarbage(session: Session): Promise<GarbageReport>;
  /** Which devices have the copies of a file. @throws `not-found` as the session's drive does */
  entryHealth(id: EntryId, session: Session): Promise<EntryHealthView>;
  /** What this device noted, newest first. For admins. @param options.before a `nextCursor` */
  audit(
    options: AuditFilter & { limit: number; before?: string },
  ): Promise<{ items: AuditView[]; nextCursor: string | null }>;
  /** How busy the machine is. @param viewer as for `Devices.list` */
  system(viewer: Session): Promise<SystemView>;
  /** Figures for Prometheus, as text. */
  metrics(): string;
  /** Throws `wrong-setup-code` unless it is this start's one-time code or the home's local secret. */
  checkSetupCode(code: string, from: string): void;
  /** Is this the secret in HOME/run.json, so the caller can read this home? */
  isLocalSecret(secret: string): boolean;
  onEvent(
    listener: (topic: 'entries' | 'devices' | 'health' | 'transfers' | 'system', ids: string[]) => void,
  ): () => void;
}
