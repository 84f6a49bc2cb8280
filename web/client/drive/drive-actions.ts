/**
 * What a person does with entries of a drive: many at once, each action with its inverse on one undo
 * stack. No view here; whoever calls shows the outcome.
 */

import type { EntryOutcome, EntryView } from '../../../src/model/api.ts';
import { type PlainPhrase, t } from '../../words/words.ts';
import { type AllOf, api } from '../api.ts';
import { say, sayFailure, unsayAbout } from '../messages.ts';
import { ApiError } from '../request.ts';
import { attempt, entriesRevision, userId } from '../state.ts';
import { exceptOf, meanAll } from './selection.ts';
import { type Undoable, UndoStack } from './undo.ts';

export const undoStack = new UndoStack();
// Whoever signs in next undoes nothing of theirs, and reads no names of it.
userId.subscribe(() => undoStack.clear());

type Named = Pick<EntryView, 'id' | 'name' | 'parentId'>;

/** Requests under way at once. */
const atOnce = 4;

interface Outcome<Item> {
  done: Item[];
  failed: { item: Item; error: Error }[];
}

/** Does something with each item, a few at once; one failure stops no other. */
async function each<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<unknown>,
): Promise<Outcome<Item>> {
  const outcome: Outcome<Item> = { done: [], failed: [] };
  let next = 0;
  const work = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      try {
        await act(item);
        outcome.done.push(item);
      } catch (error) {
        outcome.failed.push({ item, error: error as Error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return outcome;
}

/** From so many on, one request changes many; below it each has its own, whose errors say more. */
const manyMin = 10;
const manyMax = 500;

/** Why one of many failed; a request for many tells only the code. */
const reasons: Readonly<Record<string, PlainPhrase>> = {
  'name-taken': 'There is an entry with this name already.',
  'would-make-a-cycle': 'A folder cannot be moved into itself.',
  'not-found': 'It is not there any more.',
  gone: 'It is in the trash.',
  forbidden: 'You may not change it.',
};

/** The same for many entries, some hundreds in a request. */
async function together<Item extends Named>(
  items: readonly Item[],
  act: (ids: readonly string[]) => Promise<{ items: EntryOutcome[] }>,
): Promise<Outcome<Item>> {
  const outcome: Outcome<Item> = { done: [], failed: [] };
  for (let from = 0; from < items.length; from += manyMax) {
    const part = items.slice(from, from + manyMax);
    try {
      const answer = await act(part.map(({ id }) => id));
      const failed = new Map(answer.items.filter(({ ok }) => !ok).map(({ id, code }) => [id, code]));
      for (const item of part) {
        if (failed.has(item.id)) outcome.failed.push({ item, error: failureOf(failed.get(item.id)) });
        else outcome.done.push(item);
      }
    } catch (error) {
      for (const item of part) outcome.failed.push({ item, error: error as Error });
    }
  }
  return outcome;
}

/** “plan.txt”, or 3 items. */
export function namesOf(entries: readonly Pick<EntryView, 'name'>[]): string {
  return entries.length === 1
    ? `“${entries[0]?.name}”`
    : t('{count} {count|item|items}', { count: entries.length });
}

function sayFailures({ failed }: Outcome<Named>): void {
  if (failed.length === 0) return;
  const [first] = failed;
  const about = { name: first?.item.name ?? '', why: first?.error.message ?? '' };
  const sentence =
    failed.length === 1
      ? t('“{name}”: {why}', about)
      : t('“{name}” and {others} more: {why}', { ...about, others: failed.length - 1 });
  if (first) sayFailure(first.error, sentence);
}

/** Does something with each entry, and reports what failed. @returns those with which it was done */
export async function changeEach<Item extends Named>(
  entries: readonly Item[],
  act: (entry: Item) => Promise<unknown>,
): Promise<readonly Item[]> {
  const outcome = await each(entries, act);
  sayFailures(outcome);
  return outcome.done;
}

type Many = (ids: readonly string[]) => Promise<{ items: EntryOutcome[] }>;

interface Changing {
  sentence(done: readonly Named[]): string;
  act(entry: Named): Promise<unknown>;
  inverse(entry: Named): Promise<unknown>;
  actOnMany?: Many;
  /** Absent where each entry has an inverse of its own. */
  inverseOnMany?: Many | undefined;
  /** The same with everything in a folder, where what is selected is more than what is loaded. */
  actOnAll?(all: AllOf): Promise<{ items: EntryOutcome[] }>;
}

/** Runs an action, reports what failed, and offers to undo what was done. */
async function doUndoably(entries: readonly Named[], how: Changing): Promise<readonly Named[]> {
  const perform = (some: readonly Named[], one: Changing['act'], many: Many | undefined) =>
    many && some.length >= manyMin ? together(some, many) : each(some, one);
  const except = exceptOf(entries);
  const parentId = entries[0]?.parentId ?? null;
  const outcome =
    except !== undefined && parentId !== null && how.actOnAll
      ? await onAll({ parentId, except }, how.actOnAll, entries)
      : await perform(entries, how.act, how.actOnMany);
  sayFailures(outcome);
  const { done } = outcome;
  if (done.length === 0) return done;
  const action: Undoable = {
    label: how.sentence(done),
    undo: async () => sayFailures(await perform(done, how.inverse, how.inverseOnMany)),
    redo: async () => sayFailures(await perform(done, how.act, how.actOnMany)),
  };
  offerUndo(action);
  return done;
}

/** Entries that were never listed here have no name. @param known those that were */
async function onAll(
  all: AllOf,
  act: (all: AllOf) => Promise<{ items: EntryOutcome[] }>,
  known: readonly Named[],
): Promise<Outcome<Named>> {
  const outcome: Outcome<Named> = { done: [], failed: [] };
  try {
    for (const { id, ok, code } of (await act(all)).items) {
      const item = { id, name: '…', parentId: all.parentId };
      if (ok) outcome.done.push(item);
      else outcome.failed.push({ item, error: failureOf(code) });
    }
  } catch (error) {
    for (const item of known) outcome.failed.push({ item, error: error as Error });
  }
  return outcome;
}

function failureOf(code: string | undefined): Error {
  return new Error(t(reasons[code ?? ''] ?? 'It could not be changed.'));
}

/** Something was done: says so, and lets the person undo it. */
export function offerUndo(action: Undoable): void {
  undoStack.push(action);
  say(action.label, { undo: () => void undo(action), about: action });
}

/** Undoes the newest action, or the one that a message offers. Lists ask again, wherever it was begun. */
export async function undo(action?: Undoable): Promise<void> {
  await attempt(async () => {
    const undone = await undoStack.undo(action);
    if (undone === undefined) return;
    entriesRevision.value += 1;
    unsayAbout(undone);
    say(t('Undone: {label}', { label: undone.label }), { about: undone });
  });
}

export async function redo(): Promise<void> {
  await attempt(async () => {
    const redone = await undoStack.redo();
    if (redone === undefined) return;
    entriesRevision.value += 1;
    unsayAbout(redone);
    say(redone.label, { undo: () => void undo(redone), about: redone });
  });
}

export function trash(entries: readonly Named[]): Promise<readonly Named[]> {
  return doUndoably(entries, {
    sentence: (done) => t('{names} moved to the trash.', { names: namesOf(done) }),
    act: ({ id }) => api.trash(id),
    inverse: ({ id }) => api.restore(id),
    actOnMany: api.trashMany,
    inverseOnMany: api.restoreMany,
    actOnAll: api.trashAll,
  });
}

export function restore(entries: readonly Named[]): Promise<readonly Named[]> {
  return doUndoably(entries, {
    sentence: (done) => t('{names} restored.', { names: namesOf(done) }),
    act: ({ id }) => api.restore(id),
    inverse: ({ id }) => api.trash(id),
    actOnMany: api.restoreMany,
    inverseOnMany: api.trashMany,
  });
}

/** Moves entries into a folder; those that are there already stay, and a folder never moves into itself. */
export function move(entries: readonly Named[], target: Named): Promise<readonly Named[]> {
  const movable = entries.filter(({ id, parentId }) => parentId !== target.id && id !== target.id);
  const except = exceptOf(entries);
  if (except) meanAll(movable, [...except, target.id]);
  const cameFrom = new Map(movable.map(({ id, parentId }) => [id, parentId]));
  const [first] = movable;
  const from = movable.every(({ parentId }) => parentId === first?.parentId) ? first?.parentId : undefined;
  return doUndoably(movable, {
    sentence: (done) =>
      t('{names} moved to “{folder}”.', { names: namesOf(done), folder: target.name || t('My drive') }),
    act: ({ id }) => api.move(id, target.id),
    inverse: ({ id, parentId }) => api.move(id, cameFrom.get(id) ?? parentId ?? 'root'),
    actOnMany: (ids) => api.moveMany(ids, target.id),
    inverseOnMany: from ? (ids) => api.moveMany(ids, from) : undefined,
    actOnAll: (all) => api.moveAll(all, target.id),
  });
}

/** Copies entries into a folder; a name that is taken there gets a number. */
export async function copy(entries: readonly Named[], target: Named): Promise<void> {
  const made: EntryView[] = [];
  const done = await changeEach(entries, async ({ id, name }) => {
    made.push(await copyUnderFreeName(id, target.id, name));
  });
  if (done.length === 0) return;
  offerUndo({
    label: t('{names} copied to “{folder}”.', {
      names: namesOf(done),
      folder: target.name || t('My drive'),
    }),
    undo: () => changeEach(made, ({ id }) => api.trash(id)),
    redo: () => changeEach(made, ({ id }) => api.restore(id)),
  });
}

const namesTried = 50;

async function copyUnderFreeName(id: string, parentId: string, name: string): Promise<EntryView> {
  for (let number = 1; ; number++) {
    try {
      return await api.copy(id, parentId, number === 1 ? name : numbered(name, number));
    } catch (error) {
      const isTaken = error instanceof ApiError && error.code === 'name-taken';
      if (!isTaken || number === namesTried) throw error;
    }
  }
}

/** plan.txt → plan (2).txt */
export function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(0, dot)} (${number})${name.slice(dot)}` : `${name} (${number})`;
}

export async function rename(entry: Named, name: string): Promise<void> {
  if (name === entry.name) return;
  await api.rename(entry.id, name);
  offerUndo({
    label: t('“{before}” renamed to “{name}”.', { before: entry.name, name }),
    undo: () => api.rename(entry.id, entry.name),
    redo: () => api.rename(entry.id, name),
  });
}

export async function star(entries: readonly EntryView[], starred: boolean): Promise<void> {
  const changed = entries.filter((entry) => entry.starred !== starred);
  const done = await changeEach(changed, ({ id }) => api.star(id, starred));
  if (done.length === 0) return;
  undoStack.push({
    label: starred
      ? t('{names} starred.', { names: namesOf(done) })
      : t('{names} no longer starred.', { names: namesOf(done) }),
    undo: () => changeEach(done, ({ id }) => api.star(id, !starred)),
    redo: () => changeEach(done, ({ id }) => api.star(id, starred)),
  });
}
