/** What the parts of one running catalog share: the database, and what is kept of it in memory. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../model/clock.ts';
import type { Audit } from '../../model/contracts/audit.ts';
import type { CatalogChange, Signer } from '../../model/contracts/catalog.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import { type DeviceId, type NetworkId, type Revision, shortId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { HybridClock } from '../records/clock.ts';
import type { Digests } from '../records/digest.ts';
import type { LogHead } from '../records/log-head.ts';
import { type Genesis, parseRecord } from '../records/record-format.ts';
import { clockBytes, type Dot, dotKey, logKey, meta, numberBytes } from '../records/store-layout.ts';
import { Authority } from '../rights/authority.ts';
import type { AuthorityRecord } from '../rights/authority-fold.ts';
import type { Outbox } from './outbox.ts';

/** Memory for records kept decoded, some seven thousand of them. */
const recordCacheBytes = 16 * 1024 * 1024;
/** Memory of a decoded record besides its bytes (fields, ids as text, small buffers), measured by a heap snapshot. */
const parsedRecordBytes = 1800;

export class CatalogState {
  readonly networkId: NetworkId;
  readonly genesis: Genesis;
  readonly self: DeviceId;
  readonly identity: Signer;
  readonly store: OrderedStore;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Audit;
  readonly hybrid: HybridClock;
  readonly mustHaveRoom: () => void;

  /** device → how far its log is here without a gap. */
  readonly vector = new Map<DeviceId, number>();
  /** device → the highest number in its log, gaps or not: beyond it no lookup is needed. */
  readonly highest = new Map<DeviceId, number>();
  /** device → the newest known head of its log: no vector goes beyond it. */
  readonly heads = new Map<DeviceId, LogHead>();
  readonly tables = new Set<string>();
  authorityRecords: ReadonlyMap<Revision, AuthorityRecord> = new Map();
  authority: Authority;
  /** Undefined until the database was scanned once; the scan notices lost records. */
  digests: Digests | undefined;
  /** Changes since that scan began. */
  pendingDigests: Digests | undefined;
  /** True while causes (`dependents.ts`) may wait to be followed. */
  unsettled = true;
  /** The last sequence number that this device gave out. */
  ownSeq = 0;
  /** How many rows the database has. */
  rows = 0;
  /** New or rebuilt, and not yet compared with others: a missing record proves nothing. */
  filling = false;
  /** True while records of known signers wait for their time: the view is not complete. */
  early = false;
  /** Between start and stop. */
  running = false;
  /** Why nothing can be written until the next start. */
  failure: PeerstorError | undefined;
  /** Why this device may not write under its key: others have other records of it. */
  overtaken: PeerstorError | undefined;

  readonly #records: LRUCache<string, CatalogRecord>;
  readonly #listeners = new Set<(changes: readonly CatalogChange[]) => void>();

  constructor(parts: {
    networkId: NetworkId;
    genesis: Genesis;
    self: DeviceId;
    identity: Signer;
    store: OrderedStore;
    outbox: Outbox;
    clock: Clock;
    log: Log;
    audit: Audit;
    mustHaveRoom?: () => void;
    earliestMs?: number;
    notBeforeMs?: () => number;
  }) {
    this.networkId = parts.networkId;
    this.genesis = parts.genesis;
    this.self = parts.self;
    this.identity = parts.identity;
    this.store = parts.store;
    this.outbox = parts.outbox;
    this.clock = parts.clock;
    this.log = parts.log;
    this.audit = parts.audit;
    this.mustHaveRoom = parts.mustHaveRoom ?? (() => undefined);
    this.hybrid = new HybridClock(parts.clock, parts.earliestMs, parts.notBeforeMs);
    this.authority = new Authority(this.genesis.body, []);
    this.#records = new LRUCache({
      maxSize: recordCacheBytes,
      sizeCalculation: ({ bytes }) => bytes.length + parsedRecordBytes,
    });
  }

  setAuthority(records: ReadonlyMap<Revision, AuthorityRecord>): void {
    this.authorityRecords = records;
    this.authority = new Authority(this.genesis.body, [...records.values()]);
  }

  /** The record at a place in the log, or undefined when it is not here. */
  find(dot: Dot): CatalogRecord | undefined {
    if (dot.seq > (this.highest.get(dot.device) ?? 0)) return undefined;
    const key = dotKey(dot);
    const known = this.#records.get(key);
    if (known) return known;
    const bytes = this.store.get(logKey(dot));
    if (!bytes) return undefined;
    const { record } = parseRecord(bytes);
    this.#records.set(key, record);
    return record;
  }

  /** Caches a record that was just written here, so that nobody reads and parses it again. @param key its `dotKey` */
  remember(key: string, record: CatalogRecord): void {
    this.#records.set(key, record);
  }

  /** Drops a record from the cache. */
  forget(dot: Dot): void {
    this.#records.delete(dotKey(dot));
  }

  /** @throws `index-corrupt` when the database has lost the record that it points to */
  record(dot: Dot): CatalogRecord {
    const record = this.find(dot);
    if (record) return record;
    const sentence = `The local database has lost record ${dot.seq} of device ${shortId(dot.device)}; it comes back from another device.`;
    throw new PeerstorError('index-corrupt', sentence, { details: { key: logKey(dot) } });
  }

  /** Makes everything durable that was written to the database before. */
  async syncDatabase(): Promise<void> {
    if (!this.running) return;
    const value = numberBytes(this.hybrid.last, clockBytes);
    await this.store.batch([{ key: meta.clock, value }], { sync: true });
  }

  onChange(listener: (changes: readonly CatalogChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls the listeners. One that throws does not stop the others. */
  emit(changes: readonly CatalogChange[]): void {
    if (changes.length === 0) return;
    for (const listener of [...this.#listeners]) {
      try {
        listener(changes);
      } catch (error) {
        this.log.error({ error: sentenceOf(error) }, 'A listener of the catalog failed.');
      }
    }
  }
}
