/** Records that other devices sent. */
import { verifyAsync } from '../crypto/index.ts';
import type { AcceptOutcome } from '../model/contracts/catalog.ts';
import { sentenceOf } from '../model/errors.ts';
import { type DeviceId, entryId, type Revision, shortId } from '../model/ids.ts';
import type { CatalogRecord } from '../model/records.ts';
import type { CatalogState } from './catalog-state.ts';
import type { Change } from './change.ts';
import { faultOf, hasDeviceProof } from './policy.ts';
import { isBody, isId } from './record-bodies.ts';
import { type ParsedRecord, parseRecord, signedBytes } from './record-format.ts';
import { followAuthority } from './reexamine.ts';
import { addRecords } from './registers.ts';
import { Slots } from './slots.ts';
import { type Dot, logKey } from './store-layout.ts';
import type { Writer } from './writer.ts';

/** Signatures that the thread pool works on at once, over all pages: bounds memory, keeps both cores busy. */
const checksAtOnce = 64;

export interface AcceptHooks {
  /** Two different records with one sequence number, or own ones beyond what this device remembers. */
  onTwice(dot: Dot): void;
}

export class AcceptPath {
  readonly #state: CatalogState;
  readonly #writer: Writer;
  readonly #hooks: AcceptHooks;
  readonly #checks = new Slots(checksAtOnce);

  constructor(state: CatalogState, writer: Writer, hooks: AcceptHooks) {
    this.#state = state;
    this.#writer = writer;
    this.#hooks = hooks;
  }

  /**
   * Checks signatures beside the event loop, then stores and applies in one synced batch.
   * @param head says that there is nothing else of that device up to there
   */
  async accept(records: readonly Uint8Array[], head?: Dot): Promise<AcceptOutcome> {
    const outcome: AcceptOutcome = { accepted: 0, known: 0, pending: 0, refused: [] };
    const genuine = await this.#checkAll(records, outcome, (record) => this.#isCovered(record));
    return this.#writer.run(async () => {
      const before = this.#state.authority;
      const change = this.#writer.begin();
      const fresh = this.#newIn(change, genuine, outcome);
      const reasons = addRecords(change, fresh);
      for (const [index, record] of fresh.entries()) count(change, record, reasons[index], outcome);
      this.#advance(change, fresh, head);
      await this.#writer.commit(change);
      await followAuthority(this.#state, this.#writer, before);
      return outcome;
    });
  }

  /**
   * Takes records that this device should have by its vector, but has not: it lost them, or they are
   * twins of others. Found by comparing digests with a peer.
   * @returns how many there were
   */
  async heal(records: readonly Uint8Array[]): Promise<number> {
    const outcome: AcceptOutcome = { accepted: 0, known: 0, pending: 0, refused: [] };
    const genuine = await this.#checkAll(records, outcome);
    for (const sentence of outcome.refused) this.#state.log.warn({}, sentence);
    return this.#writer.run(async () => {
      const before = this.#state.authority;
      const change = this.#writer.begin();
      const lost = genuine.filter((record) => !this.#isHere(change, record) || !isInRegister(change, record));
      addRecords(change, lost);
      for (const record of lost) touch(change, record);
      await this.#writer.commit(change);
      await followAuthority(this.#state, this.#writer, before);
      return lost.length;
    });
  }

  /** @param skip records that are known anyway, and need no check */
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
    outcome.refused.push(
      `Record ${seq} of device ${shortId(device)} (${table} ${shortId(id)}) is refused: ${fault}.`,
    );
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
    if (dot.twin !== undefined || (record.device === change.state.self && record.seq > change.ownSeq)) {
      this.#hooks.onTwice(record);
    }
    return change.find(dot) !== undefined;
  }

  /** A log has no gap as far as the head that the sender states, and then as far as records follow. */
  #advance(change: Change, records: readonly CatalogRecord[], head: Dot | undefined): void {
    const devices = new Set<DeviceId>(records.map(({ device }) => device));
    if (head) devices.add(head.device);
    for (const device of devices) {
      const known = change.reaches(device);
      let reaches = head?.device === device ? Math.max(known, head.seq) : known;
      while (change.batch.get(logKey({ device, seq: reaches + 1 }))) reaches += 1;
      if (reaches > known) change.vector.set(device, reaches);
    }
  }
}

/** What is derived from a record is made again, even where the register says that nothing changed. */
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
