/**
 * A device's home folder: its identity, its settings and its network. Secrets have mode 0600. Files are
 * replaced whole (written to a temporary file, synced, renamed), so a crash leaves the old or the new one.
 */
import { chmod, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newSigningKey, randomBytes, type SigningKey, signingKeyFromSeed } from '../../crypto/index.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { fromHex, networkId, toHex } from '../../model/ids.ts';
import type { DeviceClass, NetworkMembership } from '../../model/records.ts';
import { makeFolders, nodeFiles } from '../../store/index.ts';
import type { BandwidthSettings, Wire } from '../network/index.ts';
import type { VolumeConfig } from './config.ts';
import type { ReplacedSecret } from './network-secrets.ts';

export const homeFormat = 1;

/** Names made by `setAside`, and copies of a migration (`migrations.ts`), which may have a network's secrets in them. */
const asideName = /(\.(aside|rolled-back)-\d{4}-\d\d-\d\dT[\d-]+Z|^before-format-\d+|^migrating)$/;

export interface HomeSettings {
  format: number;
  name: string;
  class: DeviceClass;
  place: string;
  p2pPort: number;
  volumes: VolumeConfig[];
  /** Absent until somebody sets a limit. */
  bandwidth?: BandwidthSettings;
  /** Whether chunks go to devices of the same LAN without a second cipher; `sealed` until somebody says otherwise. */
  wire?: Wire;
}

/** What a running device leaves for the command line of the same person. */
export interface RunFacts {
  pid: number;
  /** Who answers at `url` while this file is true. */
  deviceId: string;
  port: number;
  /** The address of the page on this machine. */
  url: string;
  /** Proves that a caller can read this home. */
  localSecret: string;
  setupCode: string | null;
  /** Of the program that runs; absent where it is older than this field. */
  version?: string;
}

/** A network as stored in the home, with the certificates that let this device in before its catalog is complete. */
export interface StoredMembership extends NetworkMembership {
  certificates: Uint8Array[];
  /** Addresses of devices to dial first: device id → libp2p addresses. */
  introductions: Record<string, string[]>;
  /** Former secrets that devices may still connect by. */
  replaced: readonly ReplacedSecret[];
}

export class Home {
  readonly folder: string;
  readonly isNew: boolean;
  #identity: SigningKey;

  private constructor(folder: string, identity: SigningKey, isNew: boolean) {
    this.folder = folder;
    this.#identity = identity;
    this.isNew = isNew;
  }

  get identity(): SigningKey {
    return this.#identity;
  }

  /**
   * Opens a home; creates it at the first start.
   * @throws `home-newer` when a newer program wrote it, `bad-input` when it cannot be made or its files are not
   * readable
   */
  static async open(folder: string): Promise<Home> {
    try {
      // Not `mkdir` with `recursive`: below /proc it never returns (Node 24).
      if ((await makeFolders(folder)) !== undefined) await chmod(folder, 0o700);
      // LevelDB makes its files as the umask says: nobody else enters their folder, whoever may enter the home.
      await makeFolders(join(folder, 'db'));
      await chmod(join(folder, 'db'), 0o700);
      return await Home.#openIn(folder);
    } catch (cause) {
      if (isPeerstorError(cause)) throw cause;
      const why = (cause as Error).message;
      throw new PeerstorError(
        'bad-input',
        `${folder} cannot be used as a home: ${why}. Choose another --home.`,
        {
          cause,
        },
      );
    }
  }

  static async #openIn(folder: string): Promise<Home> {
    const path = join(folder, 'identity.key');
    const text = await readIfThere(path);
    if (text !== undefined) {
      if (!/^[0-9a-f]{64}\s*$/.test(text)) {
        throw new PeerstorError('bad-input', `${path} is damaged. Restore it, or use another --home.`);
      }
      return new Home(folder, signingKeyFromSeed(fromHex(text.trim())), false);
    }
    return new Home(folder, await makeIdentity(path), true);
  }

  /** Makes a new key, and so a new device: the old key of a removed device never returns. */
  async renewIdentity(): Promise<void> {
    this.#identity = await makeIdentity(this.file('identity.key'));
  }

  file(...names: string[]): string {
    return join(this.folder, ...names);
  }

  async settings(): Promise<HomeSettings | undefined> {
    const settings = await this.#json<HomeSettings>('config.json');
    if (settings && settings.format > homeFormat) {
      throw new PeerstorError(
        'home-newer',
        `${this.folder} was written by a newer peerstor (format ${settings.format}). This version reads format ${homeFormat}. Update peerstor.`,
      );
    }
    return settings;
  }

  async saveSettings(settings: HomeSettings): Promise<void> {
    await replaceFile(this.file('config.json'), `${JSON.stringify(settings, null, 2)}\n`, 0o600);
  }

  async membership(): Promise<StoredMembership | undefined> {
    const stored = await this.#json<Record<string, unknown>>('network.key');
    if (!stored || stored.left === true) return undefined;
    const bytes = (value: unknown) => new Uint8Array(Buffer.from(String(value), 'base64'));
    return {
      networkId: networkId(String(stored.networkId)),
      networkSecret: bytes(stored.networkSecret),
      epoch: Number(stored.epoch ?? 0),
      replaced: Array.isArray(stored.replaced)
        ? stored.replaced.map(({ epoch, secret, untilMs }) => ({ epoch, secret: bytes(secret), untilMs }))
        : [],
      genesis: bytes(stored.genesis),
      certificates: Array.isArray(stored.certificates) ? stored.certificates.map(bytes) : [],
      introductions: (stored.introductions ?? {}) as Record<string, string[]>,
    };
  }

  async saveMembership(membership: StoredMembership): Promise<void> {
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
    const stored = {
      networkId: membership.networkId,
      networkSecret: text(membership.networkSecret),
      epoch: membership.epoch,
      replaced: membership.replaced.map(({ epoch, secret, untilMs }) => ({
        epoch,
        secret: text(secret),
        untilMs,
      })),
      genesis: text(membership.genesis),
      certificates: membership.certificates.map(text),
      introductions: membership.introductions,
    };
    await replaceFile(this.file('network.key'), `${JSON.stringify(stored, null, 2)}\n`, 0o600);
  }

  /** Forgets the network's secrets at once; `leaving.ts` deletes the rest. */
  async markLeft(): Promise<void> {
    await replaceFile(this.file('network.key'), `${JSON.stringify({ left: true })}\n`, 0o600);
  }

  /** True when this device was removed and has not deleted the rest of its network yet. */
  async isLeaving(): Promise<boolean> {
    return (await this.#json<Record<string, unknown>>('network.key'))?.left === true;
  }

  /** Deletes those of the files and folders that exist. */
  async erase(names: readonly string[]): Promise<void> {
    for (const name of names) await rm(this.file(name), { recursive: true, force: true });
  }

  /**
   * Renames those of the files and folders that exist to names that no code reads, so that a person can still
   * find them.
   * @returns the new paths
   */
  async setAside(names: readonly string[], why: 'aside' | 'rolled-back' = 'aside'): Promise<string[]> {
    const stamp = new Date().toISOString().replace(/[:.]/g, '-');
    const paths: string[] = [];
    for (const name of names) {
      const path = this.file(`${name}.${why}-${stamp}`);
      try {
        await rename(this.file(name), path);
        paths.push(path);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    return paths;
  }

  /** Names of everything that was ever renamed by `setAside` here, or copied by a migration. */
  async asideNames(): Promise<string[]> {
    const names: string[] = [];
    for (const folder of ['.', 'db']) {
      const found = await readdir(this.file(folder)).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      names.push(...found.filter((name) => asideName.test(name)).map((name) => join(folder, name)));
    }
    return names;
  }

  /** The code for the first set-up. It stays the same over restarts until a network is entered. */
  async setupCode(): Promise<string> {
    const kept = await readIfThere(this.file('setup.code'));
    if (kept !== undefined && /^[0-9a-f]{12}\s*$/.test(kept)) return kept.trim();
    const code = toHex(randomBytes(6));
    await replaceFile(this.file('setup.code'), `${code}\n`, 0o600);
    return code;
  }

  /** The code was used: a later set-up of this device gets another one. */
  async dropSetupCode(): Promise<void> {
    await rm(this.file('setup.code'), { force: true });
  }

  async saveRunFacts(facts: RunFacts): Promise<void> {
    await replaceFile(this.file('run.json'), `${JSON.stringify(facts)}\n`, 0o600);
  }

  async removeRunFacts(): Promise<void> {
    await rm(this.file('run.json'), { force: true });
  }

  async #json<Shape>(name: string): Promise<Shape | undefined> {
    const text = await readIfThere(this.file(name));
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as Shape;
    } catch (cause) {
      throw new PeerstorError(
        'bad-input',
        `${this.file(name)} is damaged: it is not JSON. Restore it from a backup.`,
        {
          cause,
        },
      );
    }
  }
}

/** Reads HOME/run.json of a device that is (or was) running, without opening the home. */
export async function readRunFacts(folder: string): Promise<RunFacts | undefined> {
  const text = await readIfThere(join(folder, 'run.json'));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as RunFacts;
  } catch {
    return undefined;
  }
}

async function makeIdentity(path: string): Promise<SigningKey> {
  const identity = newSigningKey();
  await replaceFile(path, `${toHex(identity.seed)}\n`, 0o600);
  return identity;
}

/** 32 random bytes as hex, for the secrets of one run. */
export function newLocalSecret(): string {
  return toHex(randomBytes(32));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (isPeerstorError(error)) throw error;
    throw new PeerstorError('bad-input', `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function writeBeside(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
}

function fullOr(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new PeerstorError('disk-full', `${path} could not be written and is unchanged: the disk is full.`, {
    cause: error,
  });
}

/** Durable whole-file replacement (I2). @throws `disk-full`; the file is unchanged then */
export async function replaceFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  try {
    await writeBeside(beside, content, mode);
    await nodeFiles.rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw fullOr(path, error);
  }
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
