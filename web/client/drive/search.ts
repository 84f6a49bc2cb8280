/** Ways to files other than their folders: searched, recent, starred. */
import type { EntryView, Page } from '../../../src/model/api.ts';
import { ask } from '../request.ts';

/** What a search found, with its path from the root of the drive or of what was shared. */
export interface Found extends EntryView {
  path: string;
}

/** Kinds that a search can be limited to, with the word for people. */
export const fileTypes = [
  { value: '', label: 'Any type' },
  { value: 'folder', label: 'Folders' },
  { value: 'image', label: 'Images' },
  { value: 'video', label: 'Videos' },
  { value: 'audio', label: 'Audio' },
  { value: 'document', label: 'Documents' },
  { value: 'text', label: 'Text' },
  { value: 'archive', label: 'Archives' },
] as const;

/** How long ago something was modified at most, in days. */
export const ages = [
  { value: '', label: 'Any time' },
  { value: '1', label: 'Past day' },
  { value: '7', label: 'Past 7 days' },
  { value: '30', label: 'Past 30 days' },
  { value: '365', label: 'Past year' },
] as const;

/** How large at least, in bytes. */
export const leastSizes = [
  { value: '', label: 'Any size' },
  { value: '1000000', label: 'Over 1 MB' },
  { value: '100000000', label: 'Over 100 MB' },
  { value: '1000000000', label: 'Over 1 GB' },
] as const;

/** Whose it is: everybody's, or of the one who is signed in. */
export const owners = [
  { value: '', label: 'Any owner' },
  { value: 'me', label: 'My own' },
] as const;

export const stars = [
  { value: '', label: 'With or without star' },
  { value: 'true', label: 'Starred' },
] as const;

export interface Wanted {
  q: string;
  type: (typeof fileTypes)[number]['value'];
  /** Days; empty for any time. */
  age: (typeof ages)[number]['value'];
  size: (typeof leastSizes)[number]['value'];
  owner: (typeof owners)[number]['value'];
  starred: (typeof stars)[number]['value'];
  /** Empty for any, and for none. */
  tag: string;
}

const dayMs = 86_400_000;

/** From the address of the search page; what it does not know is left out. */
export function wantedIn(query: Readonly<Record<string, string | undefined>>): Wanted {
  return {
    q: query.q ?? '',
    type: fileTypes.find(({ value }) => value === query.type)?.value ?? '',
    age: ages.find(({ value }) => value === query.age)?.value ?? '',
    size: leastSizes.find(({ value }) => value === query.size)?.value ?? '',
    owner: owners.find(({ value }) => value === query.owner)?.value ?? '',
    starred: stars.find(({ value }) => value === query.starred)?.value ?? '',
    tag: query.tag ?? '',
  };
}

export function searchAddress({ q, ...filters }: Wanted): string {
  const set = Object.entries(filters).filter(([, value]) => value !== '');
  return `/search?${new URLSearchParams({ q, ...Object.fromEntries(set) })}`;
}

type AskFound = (cursor: string | null, limit: number, signal?: AbortSignal) => Promise<Page<Found>>;

function listAt(address: string, parameters: Record<string, string>): AskFound {
  return (cursor, limit, signal) => {
    const query = new URLSearchParams({ ...parameters, limit: `${limit}`, ...(cursor && { cursor }) });
    return ask('GET', `${address}?${query}`, undefined, signal);
  };
}

export const recent = listAt('/api/v1/recent', {});
export const starred = listAt('/api/v1/starred', {});

/** @param me the name of the one who is signed in */
export function search(
  { q, type, age, size, owner, starred, tag }: Wanted,
  me: string,
  nowMs = Date.now(),
): AskFound {
  const from = age && new Date(nowMs - Number(age) * dayMs).toISOString().slice(0, 10);
  return listAt('/api/v1/search', {
    q,
    ...(type && { type }),
    ...(from && { from }),
    ...(size && { minSize: size }),
    ...(owner && { owner: me }),
    ...(starred && { starred }),
    ...(tag && { tag }),
  });
}

/** The folder of a path, for people: /Photos/2024/a.jpg → Photos / 2024; nothing where it is in the root. */
export function folderOf(path: string): string {
  return path.split('/').filter(Boolean).slice(0, -1).join(' / ');
}
