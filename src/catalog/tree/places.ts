/**
 * Stores the places of entries (`tree.ts`) in rows, so that listing a folder does not read the rest
 * of the drive. After a change it computes the places of only those entries whose place can have changed:
 *
 * 1. the changed entry itself, and the entries that depend on it (rows `w`);
 * 2. its children, when it appeared, vanished, or changed its kind;
 * 3. entries that a cycle through one of these drives from their place (`onClimb`);
 * 4. the entries that depend on an entry that moved.
 *
 * `test/catalog/tree/places.test.ts` compares this with all places computed from scratch.
 */
import { type EntryId, entryId, type UserId } from '../../model/ids.ts';
import { type EntryRecord, isEntryRecord } from '../records/owned-records.ts';
import { decodeWinner, dotOfHeld, lastLiveOf, type Register, winnerOf } from '../records/register-row.ts';
import {
  childKey,
  childrenOf,
  type Dot,
  dependentKey,
  dependentsOf,
  dotBytes,
  empty,
  entryAtEnd,
  hasDependentsKey,
  idAtEnd,
  parentlessKey,
  parentlessOf,
  placeKey,
  recoveredKey,
  registerKey,
  rootKey,
  versionsOf,
} from '../records/store-layout.ts';
import type { Change } from '../state/change.ts';
import { decodePlace, encodePlace, type PlaceRow } from './place-row.ts';
import { compareRoots, type Location, type Locations, type Place, placeOf } from './tree.ts';

/** Computes the places of all entries that the change affects. */
export async function settlePlaces(change: Change): Promise<void> {
  if (change.entries.size === 0) return;
  await new Settling(change).run();
}

class Settling implements Locations {
  readonly #change: Change;
  readonly #found = new Map<EntryId, EntryRecord | undefined>();
  readonly #rows = new Map<EntryId, PlaceRow | undefined>();
  readonly #settled = new Map<EntryId, Place>();
  readonly #waiting = new Set<EntryId>();
  readonly #done = new Set<EntryId>();
  readonly #owners = new Set<UserId>();

  constructor(change: Change) {
    this.#change = change;
  }

  async run(): Promise<void> {
    const { entries } = this.#change;
    for (const id of entries) this.#found.set(id, await seenRecord(this.#change, id));
    for (const id of entries) await this.#touch(id);
    for (const owner of this.#owners) await this.#chooseRoot(owner);
    for (const id of this.#waiting) {
      this.#waiting.delete(id);
      if (this.#done.has(id)) continue;
      this.#done.add(id);
      await this.#settle(id);
    }
  }

  find(id: EntryId): Location | undefined {
    const record = this.#record(id);
    if (!record) return undefined;
    const { body, hlc, device, revision } = record;
    const { owner, kind, parent, fallback, createdAt } = body;
    return { id, owner, kind, parent, fallback: fallback?.parent ?? null, createdAt, hlc, device, revision };
  }

  rootOf(owner: UserId): EntryId | undefined {
    const row = this.#change.batch.get(rootKey(owner));
    return row && entryId(Buffer.from(row).toString('hex'));
  }

  /** The record that shows an entry. Those of changed entries were looked up before. */
  #record(id: EntryId): EntryRecord | undefined {
    if (this.#found.has(id)) return this.#found.get(id);
    const row = this.#row(id);
    const found = row && entryAt(this.#change, row.dot);
    this.#found.set(id, found);
    return found;
  }

  #row(id: EntryId): PlaceRow | undefined {
    if (!this.#rows.has(id)) this.#rows.set(id, decodePlace(this.#change.batch.get(placeKey(id))));
    return this.#rows.get(id);
  }

  async #touch(id: EntryId): Promise<void> {
    const { batch } = this.#change;
    const row = this.#row(id);
    const body = this.#record(id)?.body;
    this.#waiting.add(id);
    await this.#lookAgainAtDependents(id);
    const same = row && body && row.kind === body.kind && row.owner === body.owner;
    if (row?.kind === 'folder' && !same) {
      for await (const [key] of batch.range(childrenOf(id))) this.#waiting.add(entryAtEnd(key));
    }
    if (row?.parentless && (body?.parent !== null || body.owner !== row.owner)) {
      batch.delete(parentlessKey(row.owner, id));
      this.#owners.add(row.owner);
    }
    if (body?.parent === null) {
      batch.put(parentlessKey(body.owner, id), empty);
      this.#owners.add(body.owner);
    }
  }

  async #lookAgainAtDependents(id: EntryId): Promise<void> {
    const { batch } = this.#change;
    if (!batch.get(hasDependentsKey(id))) return;
    let any = false;
    for await (const [key] of batch.range(dependentsOf(id))) {
      any = true;
      this.#waiting.add(entryAtEnd(key));
    }
    if (!any) batch.delete(hasDependentsKey(id));
  }

  async #chooseRoot(owner: UserId): Promise<void> {
    const { batch } = this.#change;
    const candidates: Location[] = [];
    for await (const [key] of batch.range(parentlessOf(owner))) {
      const location = this.find(entryAtEnd(key));
      if (location) candidates.push(location);
    }
    const before = this.rootOf(owner);
    const root = candidates.sort(compareRoots)[0]?.id;
    if (root === before) return;
    if (root) batch.put(rootKey(owner), Buffer.from(root, 'hex'));
    else batch.delete(rootKey(owner));
    for (const id of [before, root]) if (id) this.#waiting.add(id);
  }

  async #settle(id: EntryId): Promise<void> {
    const before = this.#row(id);
    const record = this.#record(id);
    const place = placeOf(id, this, this.#settled, (climbed) => this.#waiting.add(climbed));
    const after = record && place && rowOf(record, this.#change.dotOf(record), place);
    writeRow(this.#change, id, before, after);
    this.#rows.set(id, after);
    if (before?.rung === after?.rung && before?.parent === after?.parent) return;
    // Dependents of a changed entry are examined anyway: see `#touch`.
    if (this.#change.entries.has(id)) return;
    this.#change.tell('entry', id, record);
    await this.#lookAgainAtDependents(id);
  }
}

function rowOf({ body }: EntryRecord, dot: Dot, place: Place): PlaceRow {
  const { kind, owner, parent } = body;
  return { ...place, kind, owner, parentless: parent === null, dot };
}

function entryAt(change: Change, dot: Dot): EntryRecord | undefined {
  const record = change.find(dot);
  return record && isEntryRecord(record) ? record : undefined;
}

function writeRow(
  change: Change,
  id: EntryId,
  before: PlaceRow | undefined,
  after: PlaceRow | undefined,
): void {
  const { batch } = change;
  const [oldKey, newKey] = [before && listKey(id, before), after && listKey(id, after)];
  if (oldKey && oldKey !== newKey) batch.delete(oldKey);
  if (after && newKey) batch.put(newKey, dotBytes(after.dot));
  for (const on of before?.dependsOn ?? []) {
    if (!after?.dependsOn.has(on)) batch.delete(dependentKey(on, id));
  }
  for (const on of after?.dependsOn ?? []) {
    if (before?.dependsOn.has(on)) continue;
    batch.put(dependentKey(on, id), empty);
    batch.put(hasDependentsKey(on), empty);
  }
  if (after) batch.put(placeKey(id), encodePlace(after));
  else if (before) batch.delete(placeKey(id));
}

/** The row by which a folder finds the entry; the root of a drive has none. */
function listKey(id: EntryId, { rung, parent, owner }: PlaceRow): string | undefined {
  if (rung === 'recovered') return recoveredKey(owner, id);
  return parent === null ? undefined : childKey(parent, id);
}

/**
 * The record that shows an entry: the winner. If the winner is a tombstone that did not know of some version of the
 * file, it is the record before the tombstone. Whoever purges an entry deletes the versions they see in the same
 * call, so a live version is an edit that they had not seen.
 */
async function seenRecord(change: Change, id: EntryId): Promise<EntryRecord | undefined> {
  const register = change.register('entry', id);
  const winner = winnerOf(register);
  if (!winner) return undefined;
  const seen = winner.tombstone ? await revived(change, id, register) : winner;
  return seen && entryAt(change, dotOfHeld(seen));
}

async function revived(change: Change, id: EntryId, register: Register) {
  const lastLive = lastLiveOf(register);
  if (!lastLive) return undefined;
  for await (const [key] of change.batch.range(versionsOf(id))) {
    const version = decodeWinner(change.batch.get(registerKey('version', idAtEnd(key))));
    if (version && !version.tombstone && version.owner === lastLive.owner) return lastLive;
  }
  return undefined;
}
