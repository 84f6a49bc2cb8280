/** Networks for tests: keys, devices and catalogs in memory, each in one line. */
import {
  type CatalogOptions,
  createCatalog,
  createMemoryOutbox,
  deviceProofBytes,
  type LocalCatalog,
  writeGenesis,
} from '../../src/catalog/index.ts';
import { signHead } from '../../src/catalog/records/log-head.ts';
import { type SigningKey, signingKeyFromSeed } from '../../src/crypto/index.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { Draft } from '../../src/model/contracts/catalog.ts';
import type { OrderedStore } from '../../src/model/contracts/ordered-store.ts';
import {
  chunkId,
  type DeviceId,
  deviceId,
  type EntryId,
  entryId,
  type GrantId,
  grantId,
  type NetworkId,
  networkId,
  ownRecordId,
  type UserId,
  userId,
  type VersionId,
  versionId,
} from '../../src/model/ids.ts';
import type {
  CatalogRecord,
  DeviceBody,
  EntryBody,
  FactsBody,
  GrantBody,
  InviteBody,
  SecretBody,
  UserBody,
} from '../../src/model/records.ts';
import { MemoryOrderedStore } from '../../src/store/level/memory-ordered-store.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** What the true clock shows at first. The golden files of `test/vectors` were written at this time. */
const startMs = Date.UTC(2030, 0, 1);

/** A key that is the same in every run. */
export function keyOf(name: string): SigningKey {
  const known = keys.get(name);
  if (known) return known;
  const seed = Buffer.alloc(32);
  seed.write(name);
  const key = signingKeyFromSeed(seed);
  keys.set(name, key);
  return key;
}

const keys = new Map<string, SigningKey>();

export const entryOf = (number: number): EntryId => entryId(number.toString(16).padStart(32, '0'));
export const versionOf = (number: number): VersionId =>
  versionId(`e${number.toString(16).padStart(31, '0')}`);

export const grantOf = (number: number): GrantId => grantId(`a${number.toString(16).padStart(31, '0')}`);

/** A device's own clock: runs with the others', shows something else. */
export class OwnClock implements Clock {
  aheadMs = 0;
  readonly #true: ManualClock;

  constructor(trueClock: ManualClock) {
    this.#true = trueClock;
  }

  wallMs = () => this.#true.wallMs() + this.aheadMs;
  monotonicMs = () => this.#true.monotonicMs();
  elapsedMs = () => this.#true.elapsedMs();
  after = (ms: number, run: () => void) => this.#true.after(ms, run);
}

export class World {
  readonly clock: ManualClock;
  readonly root = keyOf('root');
  readonly admin = keyOf('admin');
  readonly adminId: UserId = userId(this.admin.principal);
  readonly first = keyOf('device 0');
  readonly genesis: Uint8Array;
  readonly networkId: NetworkId;

  constructor(clock = new ManualClock(startMs)) {
    this.clock = clock;
    const genesis = writeGenesis(
      {
        root: this.root.principal,
        admin: this.adminId,
        device: deviceId(this.first.principal),
        createdAt: clock.wallMs(),
        random: new Uint8Array(32),
      },
      this.root,
    );
    this.genesis = genesis.bytes;
    this.networkId = networkId(genesis.revision);
  }

  device(index: number): DeviceId {
    return deviceId(keyOf(`device ${index}`).principal);
  }

  /** An empty catalog of a device, started. */
  async catalog(
    index: number,
    parts: Partial<Omit<CatalogOptions, 'clock'>> & { store?: OrderedStore; clock?: Clock } = {},
  ): Promise<LocalCatalog> {
    const catalog = createCatalog({
      genesis: this.genesis,
      self: this.device(index),
      identity: keyOf(`device ${index}`),
      store: parts.store ?? new MemoryOrderedStore(),
      outbox: parts.outbox ?? createMemoryOutbox(),
      clock: parts.clock ?? this.clock,
      ...(parts.log ? { log: parts.log } : {}),
      ...(parts.onOvertaken ? { onOvertaken: parts.onOvertaken } : {}),
      ...(parts.audit ? { audit: parts.audit } : {}),
      ...(parts.onTwice ? { onTwice: parts.onTwice } : {}),
      ...(parts.mustHaveRoom ? { mustHaveRoom: parts.mustHaveRoom } : {}),
    });
    await catalog.start();
    return catalog;
  }

  /** The first device's catalog, with the admin, the first device and the root folder in it. */
  async founded(parts: Parameters<World['catalog']>[1] = {}): Promise<LocalCatalog> {
    const catalog = await this.catalog(0, parts);
    await catalog.author(
      [this.userDraft(this.admin, { role: 'admin' }), this.deviceDraft(0), this.rootDraft()],
      this.admin,
    );
    return catalog;
  }

  userDraft(key: SigningKey, change: Partial<UserBody> = {}): Draft<'user'> {
    const username = key.principal.slice(0, 8);
    const sealingKey = new Uint8Array(32);
    const body: UserBody = {
      username,
      role: 'member',
      sealingKey,
      disabled: false,
      quotaBytes: null,
      ...change,
    };
    return { table: 'user', id: key.principal, body };
  }

  deviceDraft(index: number, change: Partial<DeviceBody> = {}): Draft<'device'> {
    return { table: 'device', id: this.device(index), body: this.deviceBody(index, change) };
  }

  deviceBody(index: number, change: Partial<DeviceBody> = {}): DeviceBody {
    return {
      name: `device ${index}`,
      class: 'always-on',
      state: 'active',
      capacityBytes: 1000,
      place: '',
      storageOnly: false,
      proof: keyOf(`device ${index}`).sign(deviceProofBytes(this.networkId, this.device(index))),
      addedAt: 1,
      ...change,
    };
  }

  rootDraft(number = 0, owner: UserId = this.adminId): Draft<'entry'> {
    return this.entryDraft(number, { owner, parent: null, fallback: null, createdAt: number });
  }

  /** An entry under the root folder (entry 0) unless said otherwise. */
  entryDraft(number: number, change: Partial<EntryBody> = {}): Draft<'entry'> {
    const body: EntryBody = {
      kind: 'folder',
      owner: this.adminId,
      parent: entryOf(0),
      name: Uint8Array.of(number % 256),
      wrappedKey: Uint8Array.of(1),
      keyVersion: 1,
      fallback: { parent: entryOf(0), wrappedKey: Uint8Array.of(2) },
      createdAt: 1000 + number,
      trashedAt: null,
      ...change,
    };
    return { table: 'entry', id: entryOf(number), body };
  }

  versionDraft(
    number: number,
    entry: number,
    replaces: number[] = [],
    owner = this.adminId,
  ): Draft<'version'> {
    return {
      table: 'version',
      id: versionOf(number),
      body: {
        entry: entryOf(entry),
        owner,
        replaces: replaces.map(versionOf),
        manifest: chunkId(number.toString(16).padStart(64, '0')),
        sealedBytes: number,
        keyVersion: 1,
        sealed: Uint8Array.of(3),
      },
    };
  }

  /** Thumbnails of a version; `manifest` is a number as in `versionDraft`, or null for none. */
  mediaDraft(version: number, manifest: number | null, owner = this.adminId): Draft<'media'> {
    const id = manifest === null ? null : chunkId(manifest.toString(16).padStart(64, 'e'));
    const seals = { sealedBytes: 7, sealed: Uint8Array.of(4) };
    return {
      table: 'media',
      id: ownRecordId(versionOf(version), owner),
      body: { entry: entryOf(30), owner, manifest: id, ...seals },
    };
  }

  /** What a device says of its log that ends with this record. */
  head(index: number, last: Pick<CatalogRecord, 'seq' | 'revision'>): Uint8Array {
    const { seq, revision } = last;
    const said = { device: this.device(index), seq, revision };
    return signHead(this.networkId, keyOf(`device ${index}`), said).bytes;
  }

  factsDraft(number: number, stars: number, change: Partial<FactsBody> = {}): Draft<'facts'> {
    const body: FactsBody = { owner: this.adminId, sealed: Uint8Array.of(stars), ...change };
    return { table: 'facts', id: entryOf(number), body };
  }

  /** A grant of an entry, to bob to edit it unless said otherwise. */
  grantDraft(number: number, entry: number, change: Partial<GrantBody> = {}): Draft<'grant'> {
    const body: GrantBody = {
      kind: 'user',
      owner: this.adminId,
      entry: entryOf(entry),
      rights: 'edit',
      grantee: keyOf('bob').principal,
      sealedKey: Uint8Array.of(1),
      keyVersion: 1,
      kdf: null,
      createdAt: 1,
      expiresAt: null,
      maxUses: null,
      revoked: false,
      notes: Uint8Array.of(1),
      ...change,
    };
    return { table: 'grant', id: grantOf(number), body };
  }

  /** `key` is the one-time key whose seed is the code. */
  inviteDraft(key: SigningKey, change: Partial<InviteBody> = {}): Draft<'invite'> {
    const body: InviteBody = {
      role: 'member',
      quotaBytes: null,
      createdAt: 1,
      expiresAt: this.clock.wallMs() + 60_000,
      withdrawn: false,
      ...change,
    };
    return { table: 'invite', id: key.principal, body };
  }

  secretDraft(epoch: number, change: Partial<SecretBody> = {}): Draft<'secret'> {
    const body: SecretBody = { epoch, createdAt: 1, sealed: {}, check: new Uint8Array(32), ...change };
    return { table: 'secret', id: `epoch-${epoch}`, body };
  }

  useDraft(grant: number, device: number, count: number): Draft<'use'> {
    return { table: 'use', id: `${grantOf(grant)}.${this.device(device)}`, body: { count, lastAt: count } };
  }

  /** Lets further devices into the network. */
  async admit(catalog: LocalCatalog, ...indexes: number[]): Promise<void> {
    await catalog.author(
      indexes.map((index) => this.deviceDraft(index)),
      this.admin,
    );
  }
}

/** What `accept` is told of a page of a log. */
export function headOf(device: DeviceId, page: { reachesSeq: number; signed?: Uint8Array | undefined }) {
  return { device, seq: page.reachesSeq, ...(page.signed ? { signed: page.signed } : {}) };
}

/** Everything that `from` has and `to` lacks, in pages, as the sync does it. */
export async function carry(from: LocalCatalog, to: LocalCatalog): Promise<void> {
  for (const [device, seq] of Object.entries(from.vector())) {
    const author = deviceId(device);
    for (let since = to.vector()[author] ?? 0; since < seq; ) {
      const page = await from.missing(author, since);
      await to.accept(page.records, { head: headOf(author, page) });
      since = page.reachesSeq;
    }
  }
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** All that a person could see, to be compared between devices. */
export async function viewOf(catalog: LocalCatalog): Promise<unknown> {
  const revisions = (records: readonly CatalogRecord[]) => records.map(({ revision }) => revision);
  const entries = await collect(catalog.list('entry'));
  return {
    users: revisions(await collect(catalog.list('user'))),
    devices: revisions(await collect(catalog.list('device'))),
    entries: revisions(entries),
    heads: entries.map(({ id }) => revisions(catalog.heads('entry', id))),
    facts: revisions(await collect(catalog.list('facts'))),
    invites: revisions(await collect(catalog.list('invite'))),
    grants: revisions(await collect(catalog.list('grant'))),
    uses: revisions(await collect(catalog.list('use'))),
    secrets: revisions(await collect(catalog.list('secret'))),
    shared: await Promise.all(entries.map(async ({ id }) => revisions(await catalog.grantsOf(entryId(id))))),
    places: entries.map(({ id }) => [id, catalog.placeOf(entryId(id))]),
    children: await Promise.all(
      entries.map(async ({ id }) => revisions(await collect(catalog.children(entryId(id))))),
    ),
    versions: await Promise.all(
      entries.map(async ({ id }) => revisions(await catalog.versions(entryId(id)))),
    ),
    current: await Promise.all(
      entries.map(async ({ id }) => revisions(await catalog.currentVersions(entryId(id)))),
    ),
  };
}
