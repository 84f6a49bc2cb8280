/** One line makes a network of devices whose rooms below the drive are in memory. */
import assert from 'node:assert/strict';
import {
  createCatalog,
  createMemoryOutbox,
  deviceProofBytes,
  type LocalCatalog,
  writeGenesis,
} from '../../src/catalog/index.ts';
import { hkdf, newSigningKey, type SigningKey, sealingKeyFromSeed } from '../../src/crypto/index.ts';
import { type AccountsRoom, createAccounts } from '../../src/drive/index.ts';
import type { EntryView } from '../../src/model/api.ts';
import { systemRandom } from '../../src/model/clock.ts';
import { type Audit, noAudit } from '../../src/model/contracts/audit.ts';
import type { Drive, ListOptions, Session, UploadOptions } from '../../src/model/contracts/drive.ts';
import type { MediaMaker } from '../../src/model/contracts/media/media-maker.ts';
import type { UploadCopies } from '../../src/model/contracts/uploads.ts';
import type { UseReservations } from '../../src/model/contracts/use-reservations.ts';
import {
  type ChunkId,
  type DeviceId,
  deviceId,
  type EntryId,
  entryId,
  type NetworkId,
} from '../../src/model/ids.ts';
import { defaultTunables } from '../../src/model/limits.ts';
import type { Log } from '../../src/model/log.ts';
import type { DeviceBody } from '../../src/model/records.ts';
import { MemoryOrderedStore } from '../../src/store/level/memory-ordered-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryChunkNetwork } from '../support/memory-chunk-network.ts';
import { MemorySealedFiles } from '../support/memory-sealed-files.ts';

export const username = 'Ada';
export const password = 'correct horse battery';

export interface TestDevice {
  readonly key: SigningKey;
  readonly id: DeviceId;
  readonly accounts: AccountsRoom;
  readonly network: MemoryChunkNetwork;
  readonly disk: Disk;
  /** What was logged as a warning. */
  readonly warnings: string[];
  catalog: LocalCatalog | undefined;
  isFilling: boolean;
  isStorageOnly: boolean;
  /** With whom uses of links are agreed; nobody unless a test says otherwise. */
  reservations: UseReservations | undefined;
  uploadCopies: UploadCopies | undefined;
  /** The same disk, a new process. */
  restart(): Promise<TestDevice>;
}

/** What survives a restart. */
interface Disk {
  key: SigningKey;
  name: string;
  genesis: Uint8Array | undefined;
  catalog: MemoryOrderedStore;
  sessions: MemoryOrderedStore;
  trashAges: MemoryOrderedStore;
  recordAges: MemoryOrderedStore;
  recoveryAges: MemoryOrderedStore;
  passwordTries: MemoryOrderedStore;
  quotaCounts: MemoryOrderedStore;
  uploads: MemoryOrderedStore;
  files: MemorySealedFiles;
}

export interface World {
  readonly audit: Audit;
  readonly clock: ManualClock;
  readonly chunks: Map<ChunkId, Uint8Array>;
  /** Reads pictures on the devices that are made from now on; nobody does by default. */
  media?: MediaMaker;
  device(name: string): TestDevice;
  /** A device that an admin, signed in at `other`, lets in; it knows what `other` knows. */
  join(name: string, other: TestDevice, admin: Session): Promise<TestDevice>;
}

export function createWorld(audit: Audit = noAudit): World {
  const clock = new ManualClock();
  const chunks = new Map<ChunkId, Uint8Array>();
  const world: World = {
    audit,
    clock,
    chunks,
    device: (name) =>
      createDevice(world, {
        key: newSigningKey(),
        name,
        genesis: undefined,
        catalog: new MemoryOrderedStore(),
        sessions: new MemoryOrderedStore(),
        trashAges: new MemoryOrderedStore(),
        recordAges: new MemoryOrderedStore(),
        recoveryAges: new MemoryOrderedStore(),
        passwordTries: new MemoryOrderedStore(),
        quotaCounts: new MemoryOrderedStore(),
        uploads: new MemoryOrderedStore(),
        files: new MemorySealedFiles(),
      }),
    async join(name, other, admin) {
      const device = world.device(name);
      const body = deviceBody(device.disk, catalogOf(other).networkId, clock.wallMs());
      await catalogOf(other).author([{ table: 'device', id: device.id, body }], admin.adminSigner());
      device.disk.genesis = other.disk.genesis;
      device.catalog = await openCatalog(world, device.disk);
      await exchange(other, device);
      return device;
    },
  };
  return world;
}

export async function openCatalog({ clock }: World, disk: Disk): Promise<LocalCatalog> {
  assert.ok(disk.genesis);
  const self = deviceId(disk.key.principal);
  const { genesis, key: identity, catalog: store } = disk;
  const catalog = createCatalog({ genesis, self, identity, store, outbox: createMemoryOutbox(), clock });
  await catalog.start();
  return catalog;
}

function createDevice(world: World, disk: Disk): TestDevice {
  const { clock } = world;
  const warnings: string[] = [];
  const network = new MemoryChunkNetwork(world.chunks);
  const id = deviceId(disk.key.principal);
  const accounts = createAccounts({
    catalog: () => device.catalog,
    network: () => network,
    async foundNetwork({ genesis, populate }) {
      disk.genesis = genesis;
      const catalog = await openCatalog(world, disk);
      await populate(catalog);
      device.catalog = catalog;
      return catalog;
    },
    makeGenesis: (body, root) => writeGenesis(body, root).bytes,
    device: id,
    deviceBody: (networkId) => deviceBody(disk, networkId, clock.wallMs()),
    sessions: disk.sessions,
    trashAges: disk.trashAges,
    recordAges: disk.recordAges,
    recoveryAges: disk.recoveryAges,
    deviceKeys: () => ({ signer: disk.key, sealingSecret: sealingOf(disk).secretKey }),
    passwordTries: disk.passwordTries,
    quotaCounts: disk.quotaCounts,
    uploads: disk.uploads,
    files: disk.files,
    clock,
    random: systemRandom,
    ...(world.media && { media: world.media }),
    isFilling: () => device.isFilling,
    storageOnly: () => device.isStorageOnly,
    reservations: () => device.reservations,
    uploadCopies: () => device.uploadCopies,
    tunables: defaultTunables,
    log: logInto(warnings),
    audit: world.audit,
    kdfCost: { memoryKiB: 64, passes: 1 },
  });
  const device: TestDevice = {
    key: disk.key,
    id,
    accounts,
    network,
    disk,
    warnings,
    catalog: undefined,
    isFilling: false,
    isStorageOnly: false,
    reservations: undefined,
    uploadCopies: undefined,
    async restart() {
      accounts.stop();
      await device.catalog?.stop();
      const again = createDevice(world, disk);
      if (disk.genesis) again.catalog = await openCatalog(world, disk);
      return again;
    },
  };
  return device;
}

function deviceBody({ key, name }: Disk, networkId: NetworkId, addedAt: number): DeviceBody {
  return {
    name,
    class: 'always-on',
    state: 'active',
    capacityBytes: 1e12,
    place: '',
    storageOnly: false,
    proof: key.sign(deviceProofBytes(networkId, deviceId(key.principal))),
    addedAt,
    sealingKey: sealingOf({ key }).publicKey,
  };
}

function sealingOf({ key }: Pick<Disk, 'key'>) {
  return sealingKeyFromSeed(hkdf(key.seed, 'device-sealing/1'));
}

function logInto(warnings: string[]): Log {
  const warn = (_facts: object, sentence: string) => {
    warnings.push(sentence);
  };
  return { debug: () => undefined, info: () => undefined, warn, error: warn };
}

export function catalogOf(device: TestDevice): LocalCatalog {
  assert.ok(device.catalog, 'this device has a network');
  return device.catalog;
}

/** Each tells the other what it lacks. */
export async function exchange(left: TestDevice, right: TestDevice): Promise<void> {
  await tell(catalogOf(left), catalogOf(right));
  await tell(catalogOf(right), catalogOf(left));
}

async function tell(from: LocalCatalog, to: LocalCatalog): Promise<void> {
  for (const [id, head] of Object.entries(from.vector())) {
    const device = deviceId(id);
    for (let since = to.vector()[device] ?? 0; since < head; ) {
      const { records, reachesSeq, signed } = await from.missing(device, since);
      const { refused } = await to.accept(records, {
        head: { device, seq: reachesSeq, ...(signed ? { signed } : {}) },
      });
      assert.deepEqual(refused, []);
      since = reachesSeq;
    }
  }
}

export interface Home {
  world: World;
  device: TestDevice;
  session: Session;
  drive: Drive;
  recoveryCode: string;
  root: EntryId;
}

/** One device with one user who is signed in. */
export async function createHome(audit?: Audit, media?: MediaMaker): Promise<Home> {
  const world = createWorld(audit);
  if (media) world.media = media;
  const device = world.device('NAS');
  const { session, recoveryCode } = await device.accounts.setup(username, password);
  const { drive } = session;
  return { world, device, session, drive, recoveryCode, root: entryId((await drive.root()).id) };
}

/** The same user signed in on a second device. */
export async function createPair(media?: MediaMaker) {
  const home = await createHome(undefined, media);
  const laptop = await home.world.join('Laptop', home.device, home.session);
  const session = await laptop.accounts.login(username, password, 'here');
  const meet = () => exchange(home.device, laptop);
  return { ...home, laptop, other: session.drive, meet };
}

export function text(content: string): AsyncIterable<Uint8Array> {
  return pieces([new TextEncoder().encode(content)]);
}

export async function* pieces(parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts;
}

export async function put(
  drive: Drive,
  parent: string,
  name: string,
  content: string,
  options: UploadOptions = {},
): Promise<EntryView> {
  return (await drive.upload(entryId(parent), name, text(content), options)).entry;
}

/** The whole content as text. */
export async function read(drive: Drive, id: string): Promise<string> {
  const content = await drive.open(entryId(id));
  const parts: Uint8Array[] = [];
  const signal = new AbortController().signal;
  for await (const part of content.read({ start: 0, end: content.size }, signal)) parts.push(part);
  return Buffer.concat(parts).toString();
}

export const byName: ListOptions = { sort: 'name', order: 'asc', limit: 1000 };

export async function list(drive: Drive, folder: string): Promise<EntryView[]> {
  return (await drive.children(entryId(folder), byName)).items;
}

export async function namesIn(drive: Drive, folder: string): Promise<string[]> {
  return (await list(drive, folder)).map(({ name }) => name);
}

/** Everything under the root as `path: content`, the way two devices must agree. */
export async function wholeTree(drive: Drive, folder?: string, path = ''): Promise<string[]> {
  const at = folder ?? (await drive.root()).id;
  const lines: string[] = [];
  for (const { id, kind, name } of await list(drive, at)) {
    if (kind === 'file') lines.push(`${path}/${name}: ${await read(drive, id)}`);
    else lines.push(`${path}/${name}/`, ...(await wholeTree(drive, id, `${path}/${name}`)));
  }
  return lines;
}

/** Another user, who came by an invite and is signed in on `device`. */
export async function addUser(
  device: TestDevice,
  admin: Session,
  name: string,
  wish: { role?: 'admin' | 'member'; quotaBytes?: number | null } = {},
): Promise<Session> {
  const { role = 'member', quotaBytes = null } = wish;
  const { invite } = await device.accounts.invite(admin, { role, quotaBytes });
  assert.ok(invite);
  return (await device.accounts.register(invite, name, password)).session;
}

/** Lets `author` of a device's catalog fail: at the call of this number, counted from 1, and all after it. */
export function failAuthor(device: TestDevice, fromCall: number): { calls: number; heal(): void } {
  const catalog = catalogOf(device);
  const { author } = catalog;
  const state = {
    calls: 0,
    heal() {
      catalog.author = author;
    },
  };
  catalog.author = async (drafts, signer) => {
    state.calls += 1;
    if (state.calls >= fromCall) throw new Error('the device lost power');
    return author(drafts, signer);
  };
  return state;
}
