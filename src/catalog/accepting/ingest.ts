/** Records that other devices sent. */
import { Semaphore } from '../../concurrency/index.ts';
import { verifyAsync } from '../../crypto/index.ts';
import type { AcceptOutcome } from '../../model/contracts/catalog.ts';
import { sentenceOf } from '../../model/errors.ts';
import { type DeviceId, entryId, type Revision, shortId } from '../../model/ids.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { isBody, isId } from '../records/record-bodies.ts';
import { type ParsedRecord, parseRecord, signedBytes } from '../records/record-format.ts';
import { logKey } from '../records/store-layout.ts';
import { type Added, Strays } from '../registers/strays.ts';
import type { Authority } from '../rights/authority.ts';
import { faultOf, hasDeviceProof } from '../rights/policy.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import type { Change } from '../state/change.ts';
import { followAuthority } from '../writing/reexamine.ts';
import type { Writer } from '../writing/writer.ts';
import type { Heads } from './heads.ts';
import { Refusals } from './refusals.ts';

/** Signatures checked at once by the thread pool, over all pages: bounds memory and keeps both cores busy. */
const checksAtOnce = 64;

/** How far a page of a log reaches: up to there, the log has no other records. */
export interface PageHead {
  device: DeviceId;
  /** Where the page begins; by default at the start of the log. It counts only if the log is here up to there. */
  since?: number;
  seq: number;
  /** The newest head of the log that the sender has: `log-head.ts`. */
  signed?: Uint8Array;
}

export class Ingest {
  readonly #state: CatalogState;
  readonly #writer: Writer;
  readonly #heads: Heads;
  readonly #strays: Strays;
  readonly #refusals: Refusals;
  readonly #checks = new Semaphore(checksAtOnce);

  constructor(state: CatalogState, writer: Writer, heads: Heads) {
    this.#state = state;
    this.#writer = writer;
    this.#heads = heads;
    this.#strays = new Strays(state);
    this.#refusals = new Refusals(state);
  }

  /**
   * Checks signatures off the event loop, then stores and applies the records in one synced batch.
   * @param head how far the page reaches; believed as far as the device of the log has signed
   */
  async accept(records: readonly Uint8Array[], head?: PageHead): Promise<AcceptOutcome> {
    const outcome: AcceptOutcome = { accepted: 0, known: 0, pending: 0, refused: [] };
    const genuine = await this.#checkAll(records, outcome, (record) => this.#isCovered(record));
    const signed = head?.signed && (await this.#heads.check(head.device, head.signed));
    return this.#writer.run(async () => {
      const before = this.#state.authority;
      const change = this.#writer.begin();
      if (signed) this.#heads.take(change, signed);
      const fresh = this.#newIn(change, genuine, outcome);
      const { records: taken, reasons } = await this.#add(change, fresh, outcome);
      for (const [index, record] of taken.entries()) count(change, record, reasons[index], outcome);
      this.#advance(change, taken, head);
      await this.#finish(change, before);
      this.#noteRefused(outcome);
      return outcome;
    });
  }

  /**
   * Takes records that this device's vector covers but that it does not have: it lost them, or they are
   * forks. Comparing digests with a peer finds them.
   * @returns how many were missing
   */
  async heal(records: readonly Uint8Array[]): Promise<number> {
    const outcome: AcceptOutcome = { accepted: 0, known: 0, pending: 0, refused: [] };
    const genuine = await this.#checkAll(records, outcome);
    return this.#writer.run(async () => {
      const before = this.#state.authority;
      const change = this.#writer.begin();
      const lost = genuine.filter((record) => !this.#isHere(change, record) || !isInRegister(change, record));
      const { records: taken } = await this.#add(change, lost, outcome);
      for (const record of taken) touch(change, record);
      await this.#finish(change, before);
      this.#noteRefused(outcome);
      return taken.length;
    });
  }

  async #add(change: Change, records: CatalogRecord[], outcome: AcceptOutcome): Promise<Added> {
    await this.#strays.count();
    const added = this.#strays.add(change, records);
    outcome.refused.push(...added.refused);
    for (const sentence of added.refused) this.#refusals.refused('unknown', 'too many', sentence);
    this.#refusals.held(added.records, added.reasons, change.authority);
    return added;
  }

  async #finish(change: Change, before: Authority): Promise<void> {
    await this.#writer.commit(change);
    if (this.#state.authority.fingerprint() !== before.fingerprint()) this.#strays.forget();
    await followAuthority(this.#state, this.#writer, before);
  }

  /** One log line for a page: a flood of bad records must not become a flood of lines. */
  #noteRefused({ refused }: AcceptOutcome): void {
    const [first] = refused;
    if (first === undefined) return;
    const sentence = refused.length === 1 ? first : `${first} (and ${refused.length - 1} more)`;
    this.#state.log.warn({}, sentence);
  }

  /** @param skip records that are already here and need no check */
  async #checkAll(
    records: readonly Uint8Array[],
    outcome: AcceptOutcome,
    skip: (record: CatalogRecord) => boolean = () => false,
  ): Promise<CatalogRecord[]> {
    const checked = await Promise.all(records.map((bytes) => this.#check(bytes, outcome, skip)));
    return checked.flatMap((record) => record ?? []);
  }

  #isCovered({ device, seq }: CatalogRecord): boolean {
    return seq <= (this.#state.vector.get(device) ?? 0);
  }

  async #check(
    bytes: Uint8Array,
    outcome: AcceptOutcome,
    skip: (record: CatalogRecord) => boolean,
  ): Promise<CatalogRecord | undefined> {
    let parsed: ParsedRecord;
    try {
      parsed = parseRecord(bytes);
    } catch (error) {
      outcome.refused.push(sentenceOf(error));
      this.#refusals.refused('unknown', 'unreadable', sentenceOf(error));
      return undefined;
    }
    const { record } = parsed;
    if (skip(record)) {
      outcome.known += 1;
      return undefined;
    }
    const fault = faultOf(record) ?? (await this.#checks.run(() => this.#signatureFault(parsed)));
    if (fault === undefined) return record;
    const { table, id, device, seq } = record;
    const sentence = `Record ${seq} of device ${shortId(device)} (${table} ${shortId(id)}) is refused: ${fault}.`;
    outcome.refused.push(sentence);
    this.#refusals.refused(device, fault, sentence);
    return undefined;
  }

  async #signatureFault({ record, payload, signature }: ParsedRecord): Promise<string | undefined> {
    const { networkId } = this.#state;
    if (!(await verifyAsync(record.principal, signedBytes(networkId, payload), signature))) {
      return 'its signature is wrong';
    }
    return (await hasDeviceProof(networkId, record))
      ? undefined
      : 'the device did not agree to be in this network';
  }

  /** The records that are new here, in the order of their logs. */
  #newIn(change: Change, records: CatalogRecord[], outcome: AcceptOutcome): CatalogRecord[] {
    const fresh = new Map<Revision, CatalogRecord>();
    for (const record of records.sort(bySeq)) {
      const known = record.seq <= change.reaches(record.device) || fresh.has(record.revision);
      if (known || this.#isHere(change, record)) outcome.known += 1;
      else fresh.set(record.revision, record);
    }
    return [...fresh.values()];
  }

  #isHere(change: Change, record: CatalogRecord): boolean {
    const dot = change.dotOf(record);
    if (dot.fork !== undefined) {
      const { device, seq } = record;
      this.#state.log.warn({ device: shortId(device), seq }, 'Two different records have one number.');
    }
    return change.find(dot) !== undefined;
  }

  /**
   * A log is complete as far as the sender says, and then for as long as records follow without a gap, but never
   * beyond the head that the device of the log has signed.
   */
  #advance(change: Change, records: readonly CatalogRecord[], head: PageHead | undefined): void {
    const devices = new Set<DeviceId>(records.map(({ device }) => device));
    if (head) devices.add(head.device);
    for (const device of devices) {
      const known = change.reaches(device);
      const signed = Math.max(known, change.headOf(device)?.seq ?? 0);
      const isNext = head?.device === device && (head.since ?? 0) <= known;
      let reaches = isNext ? Math.max(known, Math.min(head.seq, signed)) : known;
      while (reaches < signed && change.batch.get(logKey({ device, seq: reaches + 1 }))) reaches += 1;
      if (reaches > known) change.vector.set(device, reaches);
    }
  }
}

/** Rebuilds everything derived from a record, even where its register did not change. */
function touch(change: Change, { table, id, body }: CatalogRecord): void {
  if (table === 'entry' && isId(table, id)) change.entries.add(entryId(id));
  if (table === 'version' && isBody(table, id, body)) change.entries.add(entryId(body.entry));
}

function isInRegister(change: Change, { table, id, revision }: CatalogRecord): boolean {
  return change.register(table, id).some((held) => held.revision === revision);
}

function count(change: Change, record: CatalogRecord, reason: unknown, outcome: AcceptOutcome): void {
  const { table, id, revision } = record;
  if (reason !== undefined) outcome.pending += 1;
  else if (change.register(table, id).some((held) => held.revision === revision && held.head))
    outcome.accepted += 1;
  else outcome.known += 1;
}

function bySeq(left: CatalogRecord, right: CatalogRecord): number {
  if (left.device !== right.device) return left.device < right.device ? -1 : 1;
  return left.seq - right.seq;
}
