/** What the gateway may ask of the running device besides a user's drive. Built in `node`. */
import type { DeviceView, HealthView, HealthzView, NearbyDevice, PairingView } from '../api.ts';
import type { DeviceId } from '../ids.ts';
import type { DeviceClass } from '../records.ts';
import type { Accounts, PasswordChanges, Session } from './drive.ts';

export interface DeviceSettings {
  name?: string;
  class?: DeviceClass;
  place?: string;
}

export interface Pairing {
  /** Opens (or renews) the window in which one new device may join; the session signs it in. */
  open(session: Session): Promise<PairingView>;
  close(): void;
  /** One CPace message of a joining device; no login. @throws `pairing-closed`, `wrong-pairing-code`, `too-many-tries` */
  exchange(message: unknown): Promise<unknown>;
  /**
   * Joins this device, which has no network yet, to the one that shows `code`.
   * @param address HOST:PORT of the other device's page; without it nearby devices are tried
   */
  join(code: string, address?: string): Promise<{ networkId: string }>;
}

export interface Devices {
  list(): DeviceView[];
  nearby(): NearbyDevice[];
  change(id: DeviceId, settings: DeviceSettings, session: Session): Promise<DeviceView>;
}

/** Everything that `http` serves. */
export interface DeviceFront {
  readonly deviceName: string;
  healthz(): HealthzView;
  readonly accounts: Accounts & PasswordChanges;
  readonly pairing: Pairing;
  readonly devices: Devices;
  health(): Promise<HealthView>;
  /** Throws `wrong-setup-code` unless it is this start's one-time code or the home's local secret. */
  checkSetupCode(code: string, from: string): void;
  /** Is this the secret in HOME/run.json, so the caller can read this home? */
  isLocalSecret(secret: string): boolean;
  onEvent(listener: (topic: 'entries' | 'devices' | 'health' | 'system', ids: string[]) => void): () => void;
}
