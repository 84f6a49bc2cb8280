/**
 * What a large drive costs: joining it, opening a folder of it, signing in to it.
 *
 *   node bench/catalog.bench.ts [--entries 200000] [--rounds 3]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createCatalog,
  createMemoryOutbox,
  deviceProofBytes,
  type LocalCatalog,
  writeGenesis,
} from '../src/catalog/index.ts';
import { parseRecord, signedBytes } from '../src/catalog/records/record-format.ts';
import { newSigningKey, type SigningKey, verifyAsync } from '../src/crypto/index.ts';
import { found } from '../src/drive/accounts/founding.ts';
import { createAccounts } from '../src/drive/index.ts';
import { sealName, sealVersionFacts, unwrapKey, wrapKey } from '../src/drive/keys/sealed-parts.ts';
import type { UserKeys } from '../src/drive/keys/user-keys.ts';
import { systemClock, systemRandom } from '../src/model/clock.ts';
import { noAudit } from '../src/model/contracts/audit.ts';
import type { Draft } from '../src/model/contracts/catalog.ts';
import type { ChunkNetwork } from '../src/model/contracts/replication.ts';
import {
  chunkId,
  deviceId,
  type EntryId,
  entryId,
  type NetworkId,
  toHex,
  versionId,
} from '../src/model/ids.ts';
import { defaultTunables } from '../src/model/limits.ts';
import { silentLog } from '../src/model/log.ts';
import type { DeviceBody } from '../src/model/records.ts';
import { LevelStore } from '../src/store/index.ts';
import { MemoryOrderedStore } from '../src/store/level/memory-ordered-store.ts';
import { machine, median, numberFlag, printRows, type Row, seconds } from './measure.ts';

const entries = numberFlag('entries', numberFlag('mib', 0.1) === 128 ? 20_000 : 200_000);
const rounds = numberFlag('rounds', 3);
const folderSize = 10_000;
const filesPerFolder = 1_000;
const draftsAtOnce = 500;
const kdfCost = { memoryKiB: 64, passes: 1 };
const password = 'correct horse battery';

/** Lists ask how safe each file is, and nothing else of the network. */
const noChunks = {
  safetyOf: () => ({ level: 'full', copies: 3, wanted: 3 }),
} as unknown as ChunkNetwork;

type LogPage = Awaited<ReturnType<LocalCatalog['missing']>>;

interface Folder {
  id: EntryId;
  key: Uint8Array;
}

interface BenchDrive {
  folder: string;
  key: SigningKey;
  genesis: Uint8Array;
  keys: UserKeys;
  catalog: LocalCatalog;
  store: LevelStore;
  /** The folder of 10,000. */
  large: EntryId;
}

const scratch = await mkdtemp(join(tmpdir(), 'peerstor-bench-catalog-'));

async function measure(): Promise<void> {
  console.log(machine());
  const rows: Row[] = [];
  const startedMs = performance.now();
  const big = await makeDrive('big', entries);
  const made = (performance.now() - startedMs) / 1000;
  rows.push({ what: `writing ${entries} files`, value: `${Math.round((2 * entries) / made)} records/s` });
  rows.push(...(await measureJoin(big)));
  const small = await makeDrive('small', folderSize + 1_000);
  rows.push(...(await measureOpening(big, small)));
  printRows('catalog', rows);
  for (const drive of [big, small]) {
    await drive.catalog.stop();
    await drive.store.close();
  }
}

/** A new device takes the whole catalog; beside it, the signatures alone. */
async function measureJoin(from: BenchDrive): Promise<Row[]> {
  const self = deviceId(from.key.principal);
  const pages: LogPage[] = [];
  for (let since = 0; ; ) {
    const page = await from.catalog.missing(self, since);
    pages.push(page);
    since = page.reachesSeq;
    if (page.complete) break;
  }
  const records = pages.flatMap((page) => page.records);
  const { networkId } = from.catalog;
  const raw = await seconds(async () => {
    for (let at = 0; at < records.length; at += 64) {
      await Promise.all(records.slice(at, at + 64).map((bytes) => verifyOne(networkId, bytes)));
    }
  });
  const key = newSigningKey();
  const store = await LevelStore.open(join(scratch, 'joiner'));
  const joiner = createCatalog({
    genesis: from.genesis,
    self: deviceId(key.principal),
    identity: key,
    store,
    outbox: createMemoryOutbox(),
    clock: systemClock,
  });
  await joiner.start();
  const joined = await seconds(async () => {
    // As `sync-pull.ts` does it: one page is checked while the one before is being written.
    let [since, writing]: [number, Promise<unknown>] = [0, Promise.resolve()];
    for (const { records, reachesSeq: seq, signed } of pages) {
      const head = { device: self, since, seq, ...(signed && { signed }) };
      const accepting = joiner.accept(records, { head });
      await writing;
      [since, writing] = [seq, accepting];
    }
    await writing;
  });
  if (joiner.vector()[self] !== from.catalog.vector()[self]) throw new Error('the joiner lacks records');
  await joiner.stop();
  await store.close();
  return [
    { what: 'verifying the signatures alone', value: `${Math.round(records.length / raw)} records/s` },
    {
      what: `joining ${records.length} records`,
      value: `${Math.round(records.length / joined)} records/s`,
      ratio: `${(joined / raw).toFixed(2)} of the signatures`,
      aim: '≤ 2',
    },
  ];
}

async function verifyOne(networkId: NetworkId, bytes: Uint8Array): Promise<void> {
  const { record, payload, signature } = parseRecord(bytes);
  if (!(await verifyAsync(record.principal, signedBytes(networkId, payload), signature)))
    throw new Error('a record of the bench does not verify');
}

/** Each time by a process that knows nothing yet: signs in, lists the root, opens the folder. */
async function measureOpening(big: BenchDrive, small: BenchDrive): Promise<Row[]> {
  const opened: Record<string, { root: number[]; page: number[]; whole: number[] }> = {};
  for (const drive of [big, small]) {
    const times = { root: [] as number[], page: [] as number[], whole: [] as number[] };
    opened[drive.folder] = times;
    for (let round = 0; round < rounds; round += 1) {
      const accounts = accountsOf(drive);
      const options = { sort: 'name', order: 'asc', limit: 200 } as const;
      let session: Awaited<ReturnType<typeof accounts.login>> | undefined;
      times.root.push(
        await seconds(async () => {
          session = await accounts.login('anna', password, 'bench');
          await session.drive.children(drive.keys.root, options);
        }),
      );
      const { drive: view } = session ?? {};
      if (!view) throw new Error('nobody is signed in');
      times.page.push(await seconds(() => view.children(drive.large, options)));
      times.whole.push(
        await seconds(async () => {
          let cursor: string | null | undefined;
          do {
            const page = await view.children(drive.large, {
              ...options,
              limit: 1000,
              ...(cursor && { cursor }),
            });
            cursor = page.nextCursor;
          } while (cursor);
        }),
      );
      accounts.stop();
    }
  }
  const of = (name: string, what: 'root' | 'page' | 'whole') => median(opened[name]?.[what] ?? []);
  const row = (what: string, which: 'root' | 'page' | 'whole', aim?: string): Row => ({
    what,
    value: `${(of('big', which) * 1000).toFixed(0)} ms`,
    ratio: `${(of('big', which) / of('small', which)).toFixed(2)} of a drive of ${folderSize + 1000}`,
    ...(aim ? { aim } : {}),
  });
  return [
    row('sign-in and the root folder', 'root'),
    row(`first page of a folder of ${folderSize}`, 'page', '≤ 2'),
    row('all pages of it', 'whole', '≤ 2'),
  ];
}

function accountsOf(drive: BenchDrive) {
  const { key, catalog } = drive;
  return createAccounts({
    catalog: () => catalog,
    network: () => noChunks,
    foundNetwork: async () => catalog,
    makeGenesis: (body, root) => writeGenesis(body, root).bytes,
    device: deviceId(key.principal),
    deviceBody: (networkId) => deviceBody(key, networkId),
    sessions: new MemoryOrderedStore(),
    trashAges: new MemoryOrderedStore(),
    recordAges: new MemoryOrderedStore(),
    recoveryAges: new MemoryOrderedStore(),
    deviceKeys: () => ({ signer: key, sealingSecret: new Uint8Array(32) }),
    passwordTries: new MemoryOrderedStore(),
    quotaCounts: new MemoryOrderedStore(),
    uploads: new MemoryOrderedStore(),
    clock: systemClock,
    random: systemRandom,
    tunables: defaultTunables,
    log: silentLog,
    audit: noAudit,
    kdfCost,
  });
}

async function makeDrive(folder: string, files: number): Promise<BenchDrive> {
  const key = newSigningKey();
  const self = deviceId(key.principal);
  const store = await LevelStore.open(join(scratch, folder));
  let genesis: Uint8Array = new Uint8Array(0);
  let catalog: LocalCatalog | undefined;
  const { keys } = await found(
    {
      async foundNetwork(founding) {
        genesis = founding.genesis;
        catalog = createCatalog({
          genesis,
          self,
          identity: key,
          store,
          outbox: createMemoryOutbox(),
          clock: systemClock,
        });
        await catalog.start();
        await founding.populate(catalog);
        return catalog;
      },
      makeGenesis: (body, root) => writeGenesis(body, root).bytes,
      device: self,
      deviceBody: (networkId) => deviceBody(key, networkId),
      clock: systemClock,
      random: systemRandom,
      kdfCost,
    },
    'anna',
    password,
  );
  if (!catalog) throw new Error('no network was founded');
  const large = await fill(catalog, keys, files);
  return { folder, key, genesis, keys, catalog, store, large };
}

/** The first folder has 10,000 files, the others 1,000 each. @returns the first */
async function fill(catalog: LocalCatalog, keys: UserKeys, files: number): Promise<EntryId> {
  const top = catalog.get('entry', keys.root)?.body;
  if (!top) throw new Error('the drive has no root');
  const root: Folder = { id: keys.root, key: unwrapKey(keys.rootEntryKey, top.wrappedKey) };
  let drafts: Draft[] = [];
  const flush = async (least: number) => {
    if (drafts.length < least) return;
    await catalog.author(drafts, keys.signing);
    drafts = [];
  };
  let large: EntryId | undefined;
  for (let done = 0; done < files; ) {
    const size = Math.min(large ? filesPerFolder : folderSize, files - done);
    const folder = newEntry(keys, root, root, 'folder', `folder ${done}`);
    drafts.push(folder.draft);
    for (let index = 0; index < size; index += 1) {
      const file = newEntry(keys, root, folder, 'file', `IMG_${done + index}.jpg`);
      drafts.push(versionOf(keys, file), file.draft);
      await flush(draftsAtOnce);
    }
    large ??= folder.id;
    done += size;
  }
  await flush(1);
  if (!large) throw new Error('the bench needs files');
  return large;
}

function newEntry(
  keys: UserKeys,
  root: Folder,
  parent: Folder,
  kind: 'file' | 'folder',
  name: string,
): Folder & { draft: Draft } {
  const id = entryId(toHex(systemRandom.bytes(16)));
  const key = systemRandom.bytes(32);
  const body = {
    kind,
    owner: keys.user,
    parent: parent.id,
    name: sealName(key, name),
    wrappedKey: wrapKey(parent.key, key),
    keyVersion: 1,
    fallback: { parent: root.id, wrappedKey: wrapKey(root.key, key) },
    createdAt: systemClock.wallMs(),
    trashedAt: null,
  };
  return { id, key, draft: { table: 'entry', id, body } };
}

function versionOf(keys: UserKeys, file: Folder): Draft {
  const facts = { size: 4_000_000, mime: 'image/jpeg', modifiedAt: 0, contentDigest: systemRandom.bytes(32) };
  const body = {
    entry: file.id,
    owner: keys.user,
    replaces: [],
    manifest: chunkId(toHex(systemRandom.bytes(32))),
    sealedBytes: facts.size,
    plainBytes: facts.size,
    keyVersion: 1,
    sealed: sealVersionFacts(file.key, facts),
  };
  return { table: 'version', id: versionId(toHex(systemRandom.bytes(16))), body };
}

function deviceBody(key: SigningKey, network: NetworkId): DeviceBody {
  return {
    name: 'bench',
    class: 'always-on',
    state: 'active',
    capacityBytes: 1e12,
    place: '',
    storageOnly: false,
    proof: key.sign(deviceProofBytes(network, deviceId(key.principal))),
    addedAt: 0,
  };
}

try {
  await measure();
} finally {
  await rm(scratch, { recursive: true, force: true });
}
