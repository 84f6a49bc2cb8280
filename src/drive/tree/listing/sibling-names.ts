/**
 * The names in one folder. Concurrent edits may have given two entries the same name. The entry with the
 * lowest id keeps it; the others show as `name (conflict 3f2a91).ext`. The order in which records arrived
 * does not matter, so every device shows the same names.
 */
import type { EntryId } from '../../../model/ids.ts';
import { type EntryKind, foldName, withSuffix } from './names.ts';

interface Given {
  name: string;
  fold: string;
  kind: EntryKind;
}

/** The preferred name of a conflicting version, which shows as an entry and is none. */
export interface GuestName {
  id: EntryId;
  name: string;
}

interface Shifted {
  names: Map<EntryId, string>;
  byFold: Map<string, EntryId>;
}

/** Digits of the id in a shifted name; more where fewer are taken. */
const suffixDigits = [6, 12, 32];

export class SiblingNames {
  readonly #given = new Map<EntryId, Given>();
  /** folded name → the entry that was given it, or all of them, lowest id first. */
  readonly #byFold = new Map<string, EntryId | EntryId[]>();
  readonly #crowded = new Set<string>();
  #guests: readonly GuestName[] = [];
  /** Entries that show another name than they were given; cleared on every change. */
  #shifted: Shifted | undefined;

  get size(): number {
    return this.#given.size;
  }

  has(id: EntryId): boolean {
    return this.#given.has(id);
  }

  /** Adds an entry, or gives it another name. */
  set(id: EntryId, name: string, kind: EntryKind): void {
    const before = this.#given.get(id);
    if (before?.name === name && before.kind === kind) return;
    this.delete(id);
    const fold = foldName(name);
    // Most names fold to themselves: then both are the same string in memory.
    this.#given.set(id, { name, fold: fold === name ? name : fold, kind });
    const there = this.#byFold.get(fold);
    if (there === undefined) {
      this.#byFold.set(fold, id);
    } else {
      this.#byFold.set(fold, [...(typeof there === 'string' ? [there] : there), id].sort());
      this.#crowded.add(fold);
    }
    this.#shifted = undefined;
  }

  delete(id: EntryId): void {
    const given = this.#given.get(id);
    if (!given) return;
    this.#given.delete(id);
    const there = this.#byFold.get(given.fold);
    const rest = Array.isArray(there) ? there.filter((other) => other !== id) : [];
    const [first] = rest;
    if (first === undefined) this.#byFold.delete(given.fold);
    else this.#byFold.set(given.fold, rest.length === 1 ? first : rest);
    if (rest.length < 2) this.#crowded.delete(given.fold);
    this.#shifted = undefined;
  }

  /** Sets the names of conflicting versions. They never take a name from a real entry. */
  setGuests(guests: readonly GuestName[]): void {
    if (guests.length === 0 && this.#guests.length === 0) return;
    this.#guests = [...guests].sort(byId);
    this.#shifted = undefined;
  }

  /** The name that an entry or a guest shows. */
  nameOf(id: EntryId): string | undefined {
    return this.#shiftedNames().names.get(id) ?? this.#given.get(id)?.name;
  }

  /** The entry that shows this name or one equal to it. */
  find(name: string): EntryId | undefined {
    const fold = foldName(name);
    const there = this.#byFold.get(fold);
    if (there !== undefined) return typeof there === 'string' ? there : there[0];
    return this.#shiftedNames().byFold.get(fold);
  }

  #shiftedNames(): Shifted {
    this.#shifted ??= this.#shift();
    return this.#shifted;
  }

  #shift(): Shifted {
    const shifted: Shifted = { names: new Map(), byFold: new Map() };
    const isFree = (fold: string) => !this.#byFold.has(fold) && !shifted.byFold.has(fold);
    const show = (id: EntryId, name: string) => {
      shifted.names.set(id, name);
      shifted.byFold.set(foldName(name), id);
    };
    const losers = [...this.#crowded].flatMap((fold) => {
      const there = this.#byFold.get(fold);
      return Array.isArray(there) ? there.slice(1) : [];
    });
    for (const id of losers.sort()) {
      const given = this.#given.get(id);
      if (given) show(id, distinctName(given.name, id, given.kind, isFree));
    }
    for (const { id, name } of this.#guests) {
      show(id, isFree(foldName(name)) ? name : distinctName(name, id, 'file', isFree));
    }
    return shifted;
  }
}

function distinctName(name: string, id: EntryId, kind: EntryKind, isFree: (fold: string) => boolean): string {
  for (let round = 1; ; round += 1) {
    const again = round === 1 ? '' : ` ${round}`;
    for (const digits of suffixDigits) {
      const candidate = withSuffix(name, ` (conflict ${id.slice(0, digits)}${again})`, kind);
      if (isFree(foldName(candidate))) return candidate;
    }
  }
}

function byId(left: GuestName, right: GuestName): number {
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}
