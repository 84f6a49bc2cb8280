/** Writes records on this device. */
import { gathered } from '../../concurrency/index.ts';
import type { Draft, Signer } from '../../model/contracts/catalog.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { Revision } from '../../model/ids.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { isBody, isId } from '../records/record-bodies.ts';
import { writeRecord } from '../records/record-format.ts';
import { headsIn, type Register } from '../records/register-row.ts';
import { addRecords } from '../registers/registers.ts';
import type { Authority } from '../rights/authority.ts';
import { faultOf, type HoldReason, hasDeviceProofNow } from '../rights/policy.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import type { Change } from '../state/change.ts';
import { withSteps } from './granted-draft.ts';
import { followAuthority } from './reexamine.ts';
import type { Writer } from './writer.ts';

/** Records that share one sync of the disk. */
const recordsPerCommit = 512;
/** Calls that may wait; more means that a caller does not await its answers. */
const callsWaitingMax = 10_000;

interface Call {
  drafts: readonly Draft[];
  signer: Signer;
  resolve(records: CatalogRecord[]): void;
  reject(error: unknown): void;
}

export class WritePath {
  readonly #state: CatalogState;
  readonly #writer: Writer;
  #waiting: Call[] = [];

  constructor(state: CatalogState, writer: Writer) {
    this.#state = state;
    this.#writer = writer;
  }

  /** Calls that arrive during a sync of the disk share the next one. */
  author(drafts: readonly Draft[], signer: Signer): Promise<CatalogRecord[]> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= callsWaitingMax) {
        reject(new PeerstorError('not-ready', 'Too much is being written at once; try again.'));
        return;
      }
      this.#waiting.push({ drafts, signer, resolve, reject });
      if (this.#waiting.length > 1) return;
      this.#writer.run(() => this.#writeWaiting()).catch((error) => this.#rejectAll(error));
    });
  }

  async #writeWaiting(): Promise<void> {
    // Uploads whose manifests shared a sync arrive in the same turn of the event loop, and share this sync too.
    await gathered(() => this.#waiting.length);
    const calls = this.#take();
    const written: { call: Call; records: CatalogRecord[] }[] = [];
    try {
      if (this.#state.overtaken) throw this.#state.overtaken;
      this.#state.hybrid.checkFitToAuthor();
      const before = this.#state.authority;
      const change = this.#writer.begin();
      for (const call of calls) {
        const fork = change.fork();
        try {
          const records = writeDrafts(fork, call.drafts, call.signer);
          change.join(fork);
          written.push({ call, records });
        } catch (error) {
          call.reject(error);
        }
      }
      const records = written.flatMap((one) => one.records);
      if (records.length > 0)
        await this.#writer.commit(
          change,
          records.map(({ bytes }) => bytes),
        );
      await this.#follow(before);
      for (const { call, records: own } of written) call.resolve(own);
    } catch (error) {
      this.#state.log.error({ error: sentenceOf(error) }, 'Records could not be written.');
      for (const call of calls) call.reject(error);
    }
  }

  /** The records are durable by now; if this fails, the next start makes up for it. */
  async #follow(before: Authority): Promise<void> {
    try {
      await followAuthority(this.#state, this.#writer, before);
    } catch (error) {
      this.#state.log.error(
        { error: sentenceOf(error) },
        'What follows from changed rights could not be written.',
      );
    }
  }

  /** The next calls of the queue; the rest follows right after them. */
  #take(): Call[] {
    let records = 0;
    const fit = this.#waiting.findIndex(({ drafts }, index) => {
      records += drafts.length;
      return index > 0 && records > recordsPerCommit;
    });
    const calls = fit < 0 ? this.#waiting : this.#waiting.slice(0, fit);
    this.#waiting = fit < 0 ? [] : this.#waiting.slice(fit);
    if (this.#waiting.length > 0) {
      this.#writer.run(() => this.#writeWaiting()).catch((error) => this.#rejectAll(error));
    }
    return calls;
  }

  #rejectAll(error: unknown): void {
    for (const call of this.#waiting.splice(0)) call.reject(error);
  }
}

/** @throws `bad-record`, `forbidden`, `conflict` */
function writeDrafts(change: Change, drafts: readonly Draft[], signer: Signer): CatalogRecord[] {
  return drafts.map((draft) => {
    const record = sign(change, draft, draft.signer ?? signer);
    const { networkId } = change.state;
    const fault = faultOf(record);
    if (fault) throw new PeerstorError('forbidden', `This cannot be written: ${fault}.`);
    if (!hasDeviceProofNow(networkId, record)) {
      throw new PeerstorError('forbidden', 'The device did not sign that it wants to be in this network.');
    }
    const [reason] = addRecords(change, [record]);
    if (reason) throw forbidden(reason);
    const register = change.register(record.table, record.id);
    const taken =
      headsIn(register).length > 0 && !headsIn(register).some(({ revision }) => revision === record.revision);
    if (taken) throw new PeerstorError('forbidden', 'This belongs to somebody else.');
    return record;
  });
}

function sign(change: Change, draft: Draft, signer: Signer): CatalogRecord {
  const { state } = change;
  const { table, id, body } = draft;
  if (body === null ? !isId(table, id) : !isBody(table, id, body)) {
    throw new PeerstorError('bad-record', `This is not a whole record of the table "${table}".`);
  }
  const register = change.register(table, id);
  // A version is written once: other records name its content and must find the same content later.
  if (table === 'version' && body !== null && register.length > 0) {
    throw new PeerstorError('conflict', 'There is a version with this id already.');
  }
  const base = draft.base ?? headsIn(register).map(({ revision }) => revision);
  change.ownSeq += 1;
  const { self, hybrid, networkId } = state;
  const hlc = hybrid.next(highestOf(register, base));
  const { principal } = signer;
  const shown = withSteps(change, { table, id, body }, signer, base);
  const fields = { table, id, device: self, seq: change.ownSeq, hlc, base, principal, body: shown };
  const record = writeRecord(networkId, fields, signer);
  // After the loss of the database, others send the start of the own log back; see `Ingest`.
  if (change.reaches(self) === record.seq - 1) change.vector.set(self, record.seq);
  return record;
}

function highestOf(register: Register, base: readonly Revision[]): number {
  const replaced = register.filter(({ revision }) => base.includes(revision));
  return Math.max(0, ...replaced.map(({ hlc }) => hlc));
}

const sentences: Readonly<Record<HoldReason, string>> = {
  early: 'The clock of this device is far behind what it has written before. Set it, and try again.',
  unread: 'This version of peerstor does not know such a record.',
  stranger: 'This device is not (or not yet) a member of the network.',
  'removed-device': 'This device was removed from the network.',
  'storage-only-device': 'This device only keeps copies; use another one to change things.',
  'unknown-user': 'There is no such user in this network.',
  'disabled-user': 'This account is locked. Ask an admin of your network.',
  'no-right': 'Only an admin of the network may do this.',
  unshown: 'This share, or the folder that it is about, is not known here (yet).',
  'no-grant': 'This share is over, or is for somebody else.',
  'beyond-grant': 'This share does not allow that.',
};

function forbidden(reason: HoldReason): PeerstorError {
  return new PeerstorError(reason === 'stranger' ? 'not-a-member' : 'forbidden', sentences[reason]);
}
