/** The catalog of one device: what `model/contracts/catalog.ts` promises, put together from its parts. */
import type { Clock } from '../model/clock.ts';
import type { Catalog } from '../model/contracts/catalog.ts';
import type { OrderedStore } from '../model/contracts/ordered-store.ts';
import { PeerstorError } from '../model/errors.ts';
import { type DeviceId, type Revision, shortId } from '../model/ids.ts';
import { catalogPageBytesMax, catalogPageRecordsMax } from '../model/limits.ts';
import { type Log, silentLog } from '../model/log.ts';
import type { CatalogRecord, TableName, Tables } from '../model/records.ts';
import { AcceptPath } from './accept-path.ts';
import { Acknowledgements, readVector, vectorOf } from './acknowledgements.ts';
import { CatalogState } from './catalog-state.ts';
import { compact } from './compaction.ts';
import { digestBytes } from './digest.ts';
import { type CountedRecord, DigestScan, type DigestsAt } from './digest-scan.ts';
import { certificatesOf, verifyMember } from './membership.ts';
import type { Outbox } from './outbox.ts';
import { readGenesis } from './record-format.ts';
import { type Dot, dotOfLogKey, logAfter } from './store-layout.ts';
import { Upkeep } from './upkeep.ts';
import { Views } from './views.ts';
import { WritePath } from './write-path.ts';
import { Writer } from './writer.ts';

export interface CatalogOptions {
  /** Bytes of the network's genesis record. */
  genesis: Uint8Array;
  self: DeviceId;
  /** Kept open by the caller, for as long as the catalog runs. */
  store: OrderedStore;
  /** Opened and closed by the catalog. */
  outbox: Outbox;
  clock: Clock;
  log?: Log;
  /**
   * Other devices have records of this device that it does not know, or other ones under the same
   * number: its home was restored from an old copy, or runs twice. It needs a new device key; until
   * then `author` refuses. Called once.
   */
  onOvertaken?: () => void;
  /** A wall clock before this (Unix ms) is taken for unset. */
  earliestMs?: number;
}

/** The catalog with what only the sync between devices, and replication's bookkeeping, ask of it. */
export interface LocalCatalog extends Catalog {
  /** A peer said what its wall clock shows (Unix ms) just now. */
  peerClock(device: DeviceId, wallMs: number): void;
  /** The last record of a register that was no tombstone: what a deletion took away. */
  lastLive<Name extends TableName>(table: Name, id: string): CatalogRecord<Tables[Name]> | undefined;
  /** Drops superseded records that nobody can need any more; done hourly by itself. */
  compact(): Promise<number>;

  /** The last record that is here of a log. */
  lastOf(device: DeviceId): Promise<CatalogRecord | undefined>;
  /** Is there another record in the log with this number, and not this one? */
  contradicts(device: DeviceId, seq: number, revision: Revision): boolean;
  /** The last sequence number that this device gave out. */
  readonly ownSeq: number;
  /** Others know more of this device than it does itself: see `onOvertaken`. */
  overtaken(): void;
  /** All digests, with the vector that they belong to. */
  digests(): Promise<DigestsAt>;
  /** Counted records of some buckets of a table, by id; `next` goes on after a list that was cut. */
  counted(
    table: string,
    buckets: ReadonlySet<number>,
    after?: string,
  ): Promise<{ records: CountedRecord[]; next: string | undefined }>;
  /** The bytes of a record of the log, if it is here. */
  bytesOf(record: CountedRecord): Uint8Array | undefined;
  /** Takes records that should be here and are not. @returns how many there were */
  heal(records: readonly Uint8Array[]): Promise<number>;
}

export function createCatalog(options: CatalogOptions): LocalCatalog {
  const { genesis, networkId } = readGenesis(options.genesis);
  const { self, store, outbox, clock, log = silentLog, earliestMs, onOvertaken } = options;
  const parts = { networkId, genesis, self, store, outbox, clock, log };
  const state = new CatalogState({ ...parts, ...(earliestMs === undefined ? {} : { earliestMs }) });
  const writer = new Writer(state);
  const views = new Views(state);
  const writing = new WritePath(state, writer);
  const acknowledgements = new Acknowledgements(state);
  const digestScan = new DigestScan(state, writer);
  const upkeep = new Upkeep(state, writer, acknowledgements);

  const overtaken = () => {
    if (state.overtaken) return;
    state.overtaken = new PeerstorError('conflict', overtakenSentence);
    log.error({ device: shortId(self) }, overtakenSentence);
    onOvertaken?.();
  };
  const onTwice = (dot: Dot) => {
    if (dot.device === self) overtaken();
    else log.warn(dot, 'A device has written two different records with one number: its home was copied.');
  };
  const accepting = new AcceptPath(state, writer, { onTwice });
  const find = ({ device, seq, revision }: CountedRecord) => {
    const first = state.find({ device, seq });
    return first?.revision === revision ? first : state.find({ device, seq, twin: revision });
  };

  return {
    networkId,
    self,
    start: () => upkeep.start(),
    stop: () => upkeep.stop(),
    author: (drafts, signer) => writing.author(drafts, signer),
    get: (table, id) => views.get(table, id),
    heads: (table, id) => views.heads(table, id),
    lastLive: (table, id) => views.lastLive(table, id),
    list: (table, range) => views.list(table, range),
    children: (parent) => views.children(parent),
    placeOf: (entry) => views.placeOf(entry),
    versions: (entry) => views.versions(entry),
    currentVersions: (entry) => views.currentVersions(entry),
    accept: (records, page) => accepting.accept(records, page?.head),
    async heal(records) {
      const healed = await accepting.heal(records);
      if (healed > 0) await digestScan.forget();
      return healed;
    },
    vector: () => vectorOf(state.vector),
    missing: (device, sinceSeq) => missing(state, device, sinceSeq),
    digest: async (table) => (await digestScan.now()).tables.get(table) ?? new Uint8Array(digestBytes),
    digests: () => digestScan.now(),
    counted: (table, buckets, after) => digestScan.list(table, buckets, after),
    bytesOf: (record) => find(record)?.bytes,
    lastOf: (device) => lastOf(state, device),
    contradicts: (device, seq, revision) =>
      state.find({ device, seq }) !== undefined && find({ device, seq, revision }) === undefined,
    get ownSeq() {
      return state.ownSeq;
    },
    overtaken,
    certificatesOf: (device) => certificatesOf(state, device),
    verifyMember: (device, certificates) => verifyMember(state, device, certificates),
    peerHas: (device, vector) => acknowledgements.heard(device, readVector(vector)),
    peerClock: (device, wallMs) => state.hybrid.heardPeer(device, wallMs),
    compact: () => compact(state, writer, acknowledgements.vectors),
    onChange: (listener) => state.onChange(listener),
  };
}

const overtakenSentence =
  'Other devices know newer records of this device than it does itself: it was restored from an old copy, or runs twice. It needs a new device key before it can write again.';

async function lastOf(state: CatalogState, device: DeviceId): Promise<CatalogRecord | undefined> {
  const last = { ...logAfter(device, 0), reverse: true, limit: 1 };
  for await (const [key] of state.store.range(last)) return state.find(dotOfLogKey(key));
  return undefined;
}

/** What is here of a log above `sinceSeq`; superseded records that were dropped are simply not in it. */
async function missing(
  state: CatalogState,
  device: DeviceId,
  sinceSeq: number,
): ReturnType<Catalog['missing']> {
  const reaches = state.vector.get(device) ?? 0;
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
        return { records, reachesSeq: seq - 1, complete: false };
      }
      records.push(bytes);
    }
  }
  return { records, reachesSeq: Math.max(reaches, sinceSeq), complete: true };
}
