/** Searching in the drives that somebody has open: their own, and what others shared with them. */
import type { FoundView, Page } from '../../model/api.ts';
import type { SearchQuery } from '../../model/contracts/drive.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId } from '../../model/ids.ts';
import { listLimitMax } from '../../model/limits.ts';
import { viewOf } from '../tree/entry-view.ts';
import { ancestors, type Entry, isWithin, nameOf, requireEntry, type Tree, trashedAt } from '../tree/tree.ts';
import { findMatches, type Match, type Wish } from './finding.ts';
import { foldText, wordsOf } from './folding.ts';
import { searchTableOf } from './search-index.ts';

/** Words of a question beyond these are ignored. */
const wordsMax = 16;
const questionLengthMax = 1000;
const cursorShape = /^(\d{1,16})-([0-9a-f]{32})$/;

/** Beginnings of media types, by the word that people use. */
const mimesOf: Readonly<Record<string, readonly string[]>> = {
  image: ['image/'],
  video: ['video/'],
  audio: ['audio/'],
  text: ['text/'],
  document: [
    'application/pdf',
    'application/msword',
    'application/rtf',
    'application/epub',
    'application/vnd.',
    'text/',
  ],
  archive: [
    'application/zip',
    'application/gzip',
    'application/x-tar',
    'application/x-7z-compressed',
    'application/vnd.rar',
    'application/zstd',
  ],
};

interface Found extends Match {
  tree: Tree;
  entry: Entry;
}

/**
 * Entries outside the trash whose names hold all words of the question, best first: the whole name, its
 * beginning, the beginning of a word, anywhere, and with typing mistakes where nothing else is found. Equal
 * ones by when they were changed.
 * @param trees the asker's own first: paths begin at its root, also where a token opens a part of a drive
 * @throws `bad-input` for a cursor of another list; `not-ready` while a large drive is read for the first time
 */
export async function search(trees: readonly Tree[], query: SearchQuery): Promise<Page<FoundView>> {
  const wish = wishOf(query);
  const limit = Math.min(Math.max(1, Math.trunc(query.limit)), listLimitMax);
  const after = query.cursor === undefined ? undefined : matchOf(query.cursor);
  const found: Found[] = [];
  // One more than is shown tells whether there is a next page.
  for (const tree of trees.filter((each) => isOf(each, query.owner)))
    for (const one of await searchTree(tree, wish, limit + 1, after)) found.push(one);
  found.sort((left, right) => right.rank - left.rank || (left.id < right.id ? -1 : 1));
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = found.length > limit && last ? `${last.rank}-${last.id}` : null;
  return { items: await Promise.all(shown.map((one) => foundView(one, trees[0]))), nextCursor };
}

function isOf(tree: Tree, owner: string | undefined): boolean {
  if (owner === undefined) return true;
  const name = tree.catalog.get('user', tree.user)?.body?.username;
  return name !== undefined && foldText(name) === foldText(owner);
}

async function searchTree(tree: Tree, wish: Wish, limit: number, from: Match | undefined): Promise<Found[]> {
  const table = await searchTableOf(tree);
  const found: Found[] = [];
  let after = from;
  while (found.length < limit) {
    const matches = findMatches(table, wish, limit, after);
    for (const match of matches) {
      const entry = visible(tree, match.id, wish.under);
      if (entry && found.length < limit) found.push({ ...match, tree, entry });
    }
    if (matches.length < limit) break;
    after = matches.at(-1);
  }
  return found;
}

/** The table may be behind: what is shown is what the tree itself lets the asker see. */
function visible(tree: Tree, id: EntryId, under: EntryId | undefined): Entry | undefined {
  try {
    const entry = requireEntry(tree, id);
    if (trashedAt(tree, entry) !== null) return undefined;
    return under === undefined || isWithin(tree, id, under) ? entry : undefined;
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}

async function foundView({ tree, entry }: Found, own: Tree | undefined): Promise<FoundView> {
  const names: string[] = [];
  for (const folder of [entry, ...ancestors(tree, entry.id)]) {
    // What was shared has no path in the asker's drive; it begins with the name of the shared folder.
    if (folder.id === tree.root && tree === own) break;
    names.unshift(await nameOf(tree, requireEntry(tree, folder.id)));
    if (folder.id === tree.root) break;
  }
  return { ...(await viewOf(tree, entry)), path: `/${names.join('/')}` };
}

function wishOf({ q, type, tag, owner: _owner, ...filters }: SearchQuery): Wish {
  if (q.length > questionLengthMax) throw new PeerstorError('bad-input', 'This question is too long.');
  const { kind, mimes } = typeOf(type);
  return {
    words: wordsOf(q, wordsMax),
    ...(kind && { kind }),
    ...(mimes && { mimes }),
    ...(tag !== undefined && { tag: foldText(tag) }),
    ...filters,
  };
}

/** @throws `bad-input` */
function typeOf(type: string | undefined): Pick<Wish, 'kind' | 'mimes'> {
  if (type === undefined) return {};
  if (type === 'file' || type === 'folder') return { kind: type };
  const mimes = mimesOf[type] ?? (type.includes('/') ? [type.toLowerCase()] : undefined);
  if (mimes) return { kind: 'file', mimes };
  const known = ['file', 'folder', ...Object.keys(mimesOf)].join(', ');
  throw new PeerstorError('bad-input', `A type is one of ${known}, or a media type such as image/png.`);
}

function matchOf(cursor: string): Match {
  const [, rank, id] = cursorShape.exec(cursor) ?? [];
  if (rank !== undefined && id !== undefined) return { rank: Number(rank), id: entryId(id) };
  throw new PeerstorError('bad-input', 'This cursor does not belong to this list: start again without it.');
}
