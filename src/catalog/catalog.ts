/** The catalog of one device: its contract in `model/contracts/catalog.ts`, put together from its parts. */
import type { Clock } from '../model/clock.ts';
import { type Audit, noAudit } from '../model/contracts/audit.ts';
import type {
  Catalog,
  CatalogExchange,
  CatalogMembership,
  CatalogReader,
  Signer,
} from '../model/contracts/catalog.ts';
import type { OrderedStore } from '../model/contracts/ordered-store.ts';
import { PeerstorError } from '../model/errors.ts';
import { type DeviceId, shortId } from '../model/ids.ts';
import { catalogPageBytesMax, catalogPageRecordsMax } from '../model/limits.ts';
import { type Log, silentLog } from '../model/log.ts';
import { Heads } from './accepting/heads.ts';
import { Ingest } from './accepting/ingest.ts';
import { Acknowledgements, readVector, vectorOf } from './durability/acknowledgements.ts';
import { compact } from './durability/compaction.ts';
import { type CountedRecord, DigestScan } from './durability/digest-scan.ts';
import { RowRepair, watchDamage } from './durability/row-repair.ts';
import { type DamagedRows, salvage } from './durability/salvage.ts';
import { caughtUp, isAlone } from './durability/start.ts';
import { digestBytes } from './records/digest.ts';
import { readGenesis } from './records/record-format.ts';
import { dotOfLogKey, logAfter, meta } from './records/store-layout.ts';
import { CatalogState } from './state/catalog-state.ts';
import { changedSince, markOf } from './state/marks.ts';
import type { Outbox } from './state/outbox.ts';
import type { SyncedCatalog } from './sync/synced-catalog.ts';
import { Upkeep } from './upkeep.ts';
import { GrantViews } from './views/grant-views.ts';
import { certificatesOf, isRemoved, verifyMember } from './views/membership.ts';
import { Views } from './views/views.ts';
import { WritePath } from './writing/write-path.ts';
import { Writer } from './writing/writer.ts';

export interface CatalogOptions {
  /** Bytes of the network's genesis record. */
  genesis: Uint8Array;
  self: DeviceId;
  /** The device's own key: signs how far its log reaches. */
  identity: Signer;
  /** Kept open by the caller, for as long as the catalog runs. */
  store: OrderedStore;
  /** Opened and closed by the catalog. */
  outbox: Outbox;
  clock: Clock;
  log?: Log;
  audit?: Audit;
  /**
   * Called once when this device's own key turns out to have signed records that are not here: the home was
   * restored from an old copy, or runs twice. The device needs a new key; until then `author` refuses.
   */
  onOvertaken?: () => void;
  /** Called when a key has signed two different records under one number: two devices run with it. */
  onTwice?: (device: DeviceId) => void;
  /** Throws `disk-full` while the disk has no room for more records. */
  mustHaveRoom?: () => void;
  /** A wall clock that shows an earlier time (Unix ms) counts as not set. */
  earliestMs?: number;
  /** A time (Unix ms) that it surely is by now: records up to it need not wait for a wall clock that is behind. */
  notBeforeMs?: () => number;
}

/** The catalog with what the sync between devices asks of it, and what this device tells of its own state. */
export interface LocalCatalog extends Catalog, SyncedCatalog {
  /** Drops superseded records that no device can still need. The catalog does this hourly. */
  compact(): Promise<number>;
  /** The last sequence number that this device gave out. */
  readonly ownSeq: number;
  /** Why this device may write nothing more under its key (`onOvertaken`), or undefined. */
  readonly overtaken: PeerstorError | undefined;
  /**
   * May a caller conclude something from the absence of a record, as garbage collection and trimming do? False
   * while this catalog fills (the device just joined, or its database was rebuilt) and while records with a
   * later clock wait.
   */
  isCaughtUp(): boolean;
  /**
   * Is the clock of this device trustworthy? True when the clock of a peer agreed with it since it was last set and
   * most others agree too, or when there is no other device.
   */
  isClockRight(): boolean;
  /** How far the wall clock of this device is ahead of the clock of each device that was heard lately, in ms. */
  clocksHeard(): readonly number[];
  /** Takes the readable records of a damaged database. @returns how many */
  salvage(damaged: DamagedRows): Promise<number>;
}

export function createCatalog(options: CatalogOptions): LocalCatalog {
  const { genesis, networkId } = readGenesis(options.genesis);
  const { self, identity, outbox, clock, log = silentLog, audit = noAudit, earliestMs } = options;
  const store = watchDamage(options.store, (key) => rowRepair.found(key));
  const parts = { networkId, genesis, self, identity, store, outbox, clock, log, audit };
  const optional = {
    ...(earliestMs !== undefined && { earliestMs }),
    ...(options.notBeforeMs && { notBeforeMs: options.notBeforeMs }),
    ...(options.mustHaveRoom && { mustHaveRoom: options.mustHaveRoom }),
  };
  const state = new CatalogState({ ...parts, ...optional });
  const writer = new Writer(state);
  const writing = new WritePath(state, writer);
  const acknowledgements = new Acknowledgements(state);
  const digestScan = new DigestScan(state, writer);
  const rowRepair = new RowRepair(state, writer, () => digestScan.forget());
  const upkeep = new Upkeep(state, writer, acknowledgements);

  const overtaken = () => {
    if (state.overtaken) return;
    state.overtaken = new PeerstorError('conflict', overtakenSentence);
    log.error({ device: shortId(self) }, overtakenSentence);
    options.onOvertaken?.();
  };
  const onTwice = (device: DeviceId) => {
    log.error({ device: shortId(device) }, 'Two devices run with the same key: a home was copied.');
    options.onTwice?.(device);
  };
  const heads = new Heads(state, writer, { onOvertaken: overtaken, onTwice });
  const accepting = new Ingest(state, writer, heads);

  return {
    ...readerOf(state),
    ...membershipOf(state),
    ...exchangeOf(state, { accepting, heads, acknowledgements, digestScan }),
    async start() {
      await upkeep.start();
      if (store.get(meta.overtaken)) overtaken();
    },
    stop: () => upkeep.stop(),
    author: (drafts, signer) => writing.author(drafts, signer),
    waitUntilReplicated: (devices, waitMs, signal) =>
      acknowledgements.waitUntilReplicated(devices, waitMs, signal),
    compact: () => compact(state, writer, acknowledgements.vectors),
    isCaughtUp: () => !state.filling && !state.early,
    isClockRight: () => state.hybrid.isFitToAuthor() && (state.hybrid.isConfirmed() || isAlone(state)),
    clocksHeard: () => state.hybrid.heardAheadMs(),
    salvage: (damaged) =>
      salvage(damaged, {
        heardHead: (device, head) => heads.heard(device, head),
        accept: (records) => accepting.accept(records),
      }),
    // Getters stand here: spread, they would be read once.
    get isFilling() {
      return state.filling;
    },
    get ownSeq() {
      return state.ownSeq;
    },
    get overtaken() {
      return state.overtaken;
    },
  };
}

const overtakenSentence =
  'Other devices have newer records of this device than it has itself: it was restored from an old copy, or it runs twice. It needs a new device key before it can write again.';

function readerOf(state: CatalogState): CatalogReader {
  const views = new Views(state);
  const grants = new GrantViews(state, views);
  return {
    networkId: state.networkId,
    self: state.self,
    get: (table, id) => views.get(table, id),
    heads: (table, id) => views.heads(table, id),
    lastLive: (table, id) => views.lastLive(table, id),
    list: (table, range) => views.list(table, range),
    children: (parent) => views.children(parent),
    placeOf: (entry) => views.placeOf(entry),
    versions: (entry) => views.versions(entry),
    currentVersions: (entry) => views.currentVersions(entry),
    mayConflict: (entry) => views.mayConflict(entry),
    grantsOf: (entry) => grants.grantsOf(entry),
    grantsFor: (principal) => grants.grantsFor(principal),
    usesOf: (grant) => grants.usesOf(grant),
    versionsOwnedBy: (owner) => grants.versionsOwnedBy(owner),
    vector: () => vectorOf(state.vector),
    mark: () => markOf(state),
    changedSince: (mark) => changedSince(state, mark),
    onChange: (listener) => state.onChange(listener),
  };
}

function membershipOf(state: CatalogState): CatalogMembership {
  return {
    certificatesOf: (device) => certificatesOf(state, device),
    verifyMember: (device, certificates) => verifyMember(state, device, certificates),
    isRemoved: (device, certificates) => isRemoved(state, device, certificates),
    lastSeqHere: (device) => state.highest.get(device) ?? 0,
  };
}

interface ExchangeParts {
  accepting: Ingest;
  heads: Heads;
  acknowledgements: Acknowledgements;
  digestScan: DigestScan;
}

function exchangeOf(state: CatalogState, parts: ExchangeParts): Omit<SyncedCatalog, 'isFilling'> {
  const { accepting, heads, acknowledgements, digestScan } = parts;
  const find = ({ device, seq, revision }: CountedRecord) => {
    const first = state.find({ device, seq });
    return first?.revision === revision ? first : state.find({ device, seq, fork: revision });
  };
  return {
    self: state.self,
    vector: () => vectorOf(state.vector),
    onChange: (listener) => state.onChange(listener),
    accept: (records, page) => accepting.accept(records, page?.head),
    async heal(records) {
      const healed = await accepting.heal(records);
      if (healed > 0) await digestScan.forget();
      return healed;
    },
    missing: (device, sinceSeq) => missing(state, device, sinceSeq),
    digest: async (table) => (await digestScan.now()).tables.get(table) ?? new Uint8Array(digestBytes),
    digests: () => digestScan.now(),
    counted: (table, buckets, after) => digestScan.list(table, buckets, after),
    bytesOf: (record) => find(record)?.bytes,
    headOf: (device) => state.heads.get(device)?.bytes,
    heardHead: (device, bytes) => heads.heard(device, bytes),
    peerHas: (device, vector) => acknowledgements.heard(device, readVector(vector)),
    peerClock: (device, wallMs) => state.hybrid.heardPeer(device, wallMs),
    caughtUp: (met) => caughtUp(state, met),
  };
}

/** The records of a log above `sinceSeq`, without superseded ones that were dropped. */
async function missing(
  state: CatalogState,
  device: DeviceId,
  sinceSeq: number,
): ReturnType<CatalogExchange['missing']> {
  const reaches = state.vector.get(device) ?? 0;
  const signed = state.heads.get(device)?.bytes;
  const records: Uint8Array[] = [];
  let bytesInPage = 0;
  if (sinceSeq < reaches) {
    for await (const [key, bytes] of state.store.range(logAfter(device, sinceSeq))) {
      const { seq } = dotOfLogKey(key);
      if (seq > reaches) break;
      bytesInPage += bytes.length;
      if (
        records.length >= catalogPageRecordsMax ||
        (records.length > 0 && bytesInPage > catalogPageBytesMax)
      ) {
        return { records, reachesSeq: seq - 1, signed, complete: false };
      }
      records.push(bytes);
    }
  }
  return { records, reachesSeq: Math.max(reaches, sinceSeq), signed, complete: true };
}
