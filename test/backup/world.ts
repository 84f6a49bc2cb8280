/** One signed-in user, a folder of a real disk, and the backups of a device whose rooms below the drive are in memory. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AdoptedChunks, BackupService, type BackupServiceParts } from '../../src/backup/index.ts';
import type { BackupRunView } from '../../src/model/backups/backup-views.ts';
import type { BackupWish } from '../../src/model/backups/backups.ts';
import { systemClock, systemRandom } from '../../src/model/clock.ts';
import { noAudit } from '../../src/model/contracts/audit.ts';
import type { Drive, Session } from '../../src/model/contracts/drive.ts';
import { entryId, versionId } from '../../src/model/ids.ts';
import { silentLog } from '../../src/model/log.ts';
import { MemoryChunkStore, MemoryOrderedStore, makeFolders } from '../../src/store/index.ts';
import { createWorld, type TestDevice } from '../drive/world.ts';

export class BackupWorld {
  readonly folder: string;
  readonly session: Session;
  readonly device: TestDevice;
  readonly profiles = new Map<string, string>();
  readonly rows = new MemoryOrderedStore();
  /** What the device has beside what plain files stand for. */
  readonly volumes = new MemoryChunkStore({ limitBytes: 2 ** 30 });
  adopted = new AdoptedChunks({ rows: this.rows, clock: systemClock });
  service: BackupService;
  /** Chunks that other devices have too. */
  readonly elsewhere = new Set<string>();
  settleMs = 0;
  isDriveComplete = true;
  isOnBattery = false;
  isMetered: boolean | undefined;
  /** The home and the volumes of the device. */
  never: string[] = [];
  /** Of the owner, as the catalog says while a backup runs. */
  role: 'admin' | 'member' = 'admin';
  /** Stops the running backup at that upload, as a kill would. */
  readonly #top: string;

  private constructor(top: string, device: TestDevice, session: Session) {
    this.#top = top;
    this.folder = join(top, 'source');
    this.device = device;
    this.session = session;
    this.service = new BackupService(this.#parts());
  }

  static async start(): Promise<BackupWorld> {
    const top = await mkdtemp(join(tmpdir(), 'peerstor-test-backup-'));
    const device = createWorld().device('laptop');
    const { session } = await device.accounts.setup('Ada', 'correct horse battery');
    const world = new BackupWorld(top, device, session);
    await mkdir(world.folder);
    await world.volumes.start();
    await world.service.start();
    return world;
  }

  async stop(): Promise<void> {
    await this.service.stop();
    this.adopted.stop();
    await this.volumes.stop();
    this.device.accounts.stop();
    await this.device.catalog?.stop();
    await rm(this.#top, { recursive: true, force: true });
  }

  /** Another process on the same home. */
  async restart(): Promise<void> {
    await this.service.stop();
    this.adopted.stop();
    this.adopted = new AdoptedChunks({ rows: this.rows, clock: systemClock });
    await this.adopted.start();
    this.service = new BackupService(this.#parts());
    await this.service.start();
  }

  get drive(): Drive {
    return this.session.drive;
  }

  at(...names: string[]): string {
    return join(this.folder, ...names);
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(this.at(path)), { recursive: true });
    await writeFile(this.at(path), content);
  }

  async add(wish: Partial<BackupWish> = {}): Promise<string> {
    const view = await this.service.add(this.session, {
      folder: this.folder,
      target: '/Backups/laptop',
      ...wish,
    });
    return view.id;
  }

  /** Runs a profile to the end. */
  async run(id: string): Promise<BackupRunView> {
    return this.ended(id, await this.service.run(this.session, id, { dryRun: false }));
  }

  async ended(id: string, begun: BackupRunView): Promise<BackupRunView> {
    for (;;) {
      const view = (await this.service.runs(this.session, id)).find((one) => one.id === begun.id);
      assert.ok(view, 'a run that began is in the list');
      if (view.state !== 'running') return view;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Path → content of all files below a folder of the drive. */
  async saved(path = '/Backups/laptop'): Promise<Record<string, string>> {
    const top = await this.drive.resolve(path.split('/').filter(Boolean));
    const found: Record<string, string> = {};
    const walk = async (id: string, names: string[]): Promise<void> => {
      const page = await this.drive.children(entryId(id), { sort: 'name', order: 'asc', limit: 1000 });
      for (const child of page.items) {
        if (child.name === '.peerstor-snapshots') continue;
        const below = [...names, child.name];
        if (child.kind === 'folder') await walk(child.id, below);
        else found[below.join('/')] = await this.content(child.id);
      }
    };
    await walk(top.id, []);
    return found;
  }

  async content(id: string, version?: string): Promise<string> {
    const content = await this.drive.open(
      entryId(id),
      version === undefined ? undefined : versionId(version),
    );
    const pieces: Uint8Array[] = [];
    const { signal } = new AbortController();
    for await (const piece of content.read({ start: 0, end: content.size }, signal)) pieces.push(piece);
    return Buffer.concat(pieces).toString('latin1');
  }

  /** Path → content of all files of the source. */
  async source(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const entry of await readdir(this.folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      found[path.slice(this.folder.length + 1)] = await readFile(path, 'latin1');
    }
    return found;
  }

  /** Makes a file old enough to be surely another one than the last write. */
  async touch(path: string, atMs: number): Promise<void> {
    await utimes(this.at(path), new Date(atMs), new Date(atMs));
    await stat(this.at(path));
  }

  #parts(): BackupServiceParts {
    const { profiles, device } = this;
    return {
      resume: async (token) => {
        const session = await device.accounts.resume(token);
        const user = { ...this.session.user, role: this.role };
        return session && Object.create(session, { user: { value: user } });
      },
      folder: {
        names: async () => [...profiles.keys()],
        read: async (name) => profiles.get(name) ?? '',
        write: async (name, text) => void profiles.set(name, text),
        remove: async (name) => void profiles.delete(name),
      },
      rows: this.rows,
      adopted: this.adopted,
      volumes: this.volumes,
      makeFolders,
      isOnBattery: () => this.isOnBattery,
      isMetered: async () => this.isMetered,
      hasOtherCopy: (id) => this.elsewhere.has(id),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      settleMs: this.settleMs,
      never: () => this.never,
      isDriveComplete: () => this.isDriveComplete,
      audit: noAudit,
      deviceName: () => 'laptop',
      changed: () => undefined,
    };
  }
}
