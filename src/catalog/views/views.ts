/** Views of the catalog: registers, lists, folders, versions. They show only durable records. */
import { assert } from '../../model/assert.ts';
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import { decoded } from '../../model/contracts/ordered-store.ts';
import { type EntryId, entryId, toHex, versionId } from '../../model/ids.ts';
import type { CatalogRecord, TableName, Tables, VersionBody } from '../../model/records.ts';
import { isBody, isId } from '../records/record-bodies.ts';
import { genesisId } from '../records/record-format.ts';
import {
  decodeRegister,
  decodeWinner,
  dotOfHeld,
  headsIn,
  lastLiveOf,
  winnerOf,
} from '../records/register-row.ts';
import {
  childrenOf,
  type Dot,
  dotOfBytes,
  entryAtEnd,
  idAtEnd,
  idOfRegisterKey,
  lineKey,
  placeKey,
  recoveredOf,
  registerKey,
  registersOf,
  rootKey,
  versionsOf,
} from '../records/store-layout.ts';
import { currentOf, historyOf, type VersionLink } from '../registers/conflicts.ts';
import { isSingle } from '../registers/version-line.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import { decodePlace, type PlaceRow } from '../tree/place-row.ts';

type RecordOf<Name extends TableName> = CatalogRecord<Tables[Name]>;
type VersionRecord = CatalogRecord<VersionBody> & { readonly body: VersionBody };
interface Link extends VersionLink {
  readonly record: VersionRecord;
}

export class Views
  implements
    Pick<
      CatalogReader,
      'get' | 'heads' | 'list' | 'children' | 'placeOf' | 'versions' | 'currentVersions' | 'mayConflict'
    >
{
  readonly #state: CatalogState;

  constructor(state: CatalogState) {
    this.#state = state;
  }

  get<Name extends TableName>(table: Name, id: string): RecordOf<Name> | undefined {
    const { genesis, store } = this.#state;
    if (table === 'genesis') return id === genesisId ? this.#typed(table, genesis) : undefined;
    const winner = decoded(store, registerKey(table, id), decodeWinner);
    if (!winner) return undefined;
    const seen = winner.tombstone ? this.#revived(table, id) : dotOfHeld(winner);
    return seen && this.#read(table, seen);
  }

  heads<Name extends TableName>(table: Name, id: string): RecordOf<Name>[] {
    const { genesis, store } = this.#state;
    if (table === 'genesis') return id === genesisId ? [this.#typed(table, genesis)] : [];
    return headsIn(decodeRegister(store.get(registerKey(table, id)))).map((head) =>
      this.#read(table, dotOfHeld(head)),
    );
  }

  /** The live record of a register, or the last one before its deletion: shows what a tombstone took away. */
  lastLive<Name extends TableName>(table: Name, id: string): RecordOf<Name> | undefined {
    const lastLive = lastLiveOf(decodeRegister(this.#state.store.get(registerKey(table, id))));
    return lastLive && this.#read(table, dotOfHeld(lastLive));
  }

  async *list<Name extends TableName>(
    table: Name,
    options: { after?: string } = {},
  ): AsyncIterable<RecordOf<Name>> {
    if (table === 'genesis') {
      if (options.after === undefined) yield this.#typed(table, this.#state.genesis);
      return;
    }
    for await (const [key, row] of this.#state.store.range(registersOf(table, options.after))) {
      const winner = decodeWinner(row);
      if (!winner) continue;
      const seen = winner.tombstone ? this.#revived(table, idOfRegisterKey(table, key)) : dotOfHeld(winner);
      if (seen) yield this.#read(table, seen);
    }
  }

  async *children(parent: EntryId): AsyncIterable<RecordOf<'entry'>> {
    const { store } = this.#state;
    const recovered = await this.#recoveredIn(parent);
    for await (const [key, dot] of store.range(childrenOf(parent))) {
      const id = entryAtEnd(key);
      while (recovered[0] && recovered[0].id < id) yield* this.#take(recovered);
      yield this.#read('entry', dotOfBytes(dot));
    }
    while (recovered.length > 0) yield* this.#take(recovered);
  }

  placeOf(entry: EntryId): { parent: EntryId; wrappedKey: Uint8Array } | null {
    const row = this.#place(entry);
    if (!row || row.rung === 'root') return null;
    const { body } = this.#read('entry', row.dot);
    const parent = row.parent ?? this.#rootOf(row);
    if (!body || parent === undefined) return null;
    const { fallback, wrappedKey } = body;
    const underFallback =
      row.rung === 'fallback' || (row.rung === 'recovered' && fallback?.parent === parent);
    return { parent, wrappedKey: underFallback && fallback ? fallback.wrappedKey : wrappedKey };
  }

  async versions(entry: EntryId): Promise<RecordOf<'version'>[]> {
    return historyOf(await this.#links(entry)).map(({ record }) => record);
  }

  async currentVersions(entry: EntryId): Promise<RecordOf<'version'>[]> {
    const only = this.#onlyCurrent(entry);
    return only ? [only] : currentOf(await this.#links(entry)).map(({ record }) => record);
  }

  mayConflict(entry: EntryId): boolean {
    return !isSingle(this.#state.store.get(lineKey(entry)));
  }

  /**
   * The newest version of a single line, if it is live. It does not read the others: a range needs an
   * iterator and another thread, and a page of a folder asks for hundreds of files.
   */
  #onlyCurrent(entry: EntryId): VersionRecord | undefined {
    const { store } = this.#state;
    const line = store.get(lineKey(entry));
    if (!line || !isSingle(line)) return undefined;
    const winner = decoded(store, registerKey('version', toHex(line)), decodeWinner);
    const owner = decoded(store, registerKey('entry', entry), decodeWinner)?.owner;
    if (!winner || winner.tombstone || winner.owner !== owner) return undefined;
    const record = this.#read('version', dotOfHeld(winner));
    return isVersionRecord(record) && record.body.entry === entry ? record : undefined;
  }

  /** All versions of an entry by its owner or grantees; deleted ones with the record before their tombstone. */
  async #links(entry: EntryId): Promise<Link[]> {
    const { store } = this.#state;
    const links: Link[] = [];
    const owner = decoded(store, registerKey('entry', entry), decodeWinner)?.owner;
    for await (const [key] of store.range(versionsOf(entry))) {
      const id = idAtEnd(key);
      const register = decodeRegister(store.get(registerKey('version', id)));
      const [winner, lastLive] = [winnerOf(register), lastLiveOf(register)];
      if (!winner || !lastLive || winner.owner !== owner) continue;
      const record = this.#read('version', dotOfHeld(lastLive));
      if (!isVersionRecord(record) || record.body.entry !== entry) continue;
      const { hlc, device, revision, body } = record;
      const { replaces } = body;
      links.push({ id: versionId(id), hlc, device, revision, replaces, live: !winner.tombstone, record });
    }
    return links;
  }

  #revived(table: TableName, id: string): Dot | undefined {
    return table === 'entry' && isId(table, id) ? this.#place(entryId(id))?.dot : undefined;
  }

  #place(entry: EntryId): PlaceRow | undefined {
    return decoded(this.#state.store, placeKey(entry), decodePlace);
  }

  #rootOf({ owner }: PlaceRow): EntryId | undefined {
    const row = this.#state.store.get(rootKey(owner));
    return row && entryId(Buffer.from(row).toString('hex'));
  }

  /** Entries without a place of their own are shown in the root of their owner's drive. */
  async #recoveredIn(parent: EntryId): Promise<{ id: EntryId; dot: Dot }[]> {
    const recovered: { id: EntryId; dot: Dot }[] = [];
    const row = this.#place(parent);
    if (row?.rung !== 'root') return recovered;
    for await (const [key, dot] of this.#state.store.range(recoveredOf(row.owner))) {
      recovered.push({ id: entryAtEnd(key), dot: dotOfBytes(dot) });
    }
    return recovered;
  }

  *#take(recovered: { id: EntryId; dot: Dot }[]): Iterable<RecordOf<'entry'>> {
    const next = recovered.shift();
    if (next) yield this.#read('entry', next.dot);
  }

  #read<Name extends TableName>(table: Name, dot: Dot): RecordOf<Name> {
    return this.#typed(table, this.#state.record(dot));
  }

  /** Only records of the right shape are applied, so a failure here is a bug. */
  #typed<Name extends TableName>(table: Name, record: CatalogRecord): RecordOf<Name> {
    assert(isRecordOf(table, record), `an applied record of the table "${table}" has its shape`);
    return record;
  }
}

/** Records never change, and the same few are read again and again. */
const shaped = new WeakSet<CatalogRecord>();

function isRecordOf<Name extends TableName>(table: Name, record: CatalogRecord): record is RecordOf<Name> {
  if (record.table !== table) return false;
  if (shaped.has(record)) return true;
  const isShaped = record.body === null || isBody(table, record.id, record.body);
  if (isShaped) shaped.add(record);
  return isShaped;
}

function isVersionRecord(record: CatalogRecord): record is VersionRecord {
  return record.body !== null && isRecordOf('version', record);
}
