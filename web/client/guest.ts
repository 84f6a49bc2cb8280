/** What the page of a share link asks: no session, the link is all. */
import type { EntryView, GuestView, Page } from '../../src/model/api.ts';
import { ask } from './request.ts';
import { guestAddresses, sendTo } from './uploads/send.ts';
import { UploadQueue } from './uploads/upload-queue.ts';

/** The path of a share link, `/s/SECRET`; undefined when this is another page. */
export function linkPath(pathname: string): string | undefined {
  return /^\/s\/[^/]+/.exec(pathname)?.[0];
}

export interface GuestLink {
  readonly uploads: UploadQueue;
  view(): Promise<GuestView>;
  unlock(password: string): Promise<GuestView>;
  entry(id: string, signal?: AbortSignal): Promise<EntryView>;
  children(id: string, cursor: string | null, limit: number, signal: AbortSignal): Promise<Page<EntryView>>;
  /** Address of a file to save. */
  downloadUrl(id: string): string;
  /** The same to look at; it counts as a download, too. */
  viewUrl(id: string): string;
}

export function openLink(path: string): GuestLink {
  return {
    uploads: new UploadQueue(sendTo(guestAddresses(path))),
    view: () => ask('GET', `${path}/api`),
    unlock: (password) => ask('POST', `${path}/unlock`, { password }),
    entry: (id, signal) => ask('GET', `${path}/api/entries/${encodeURIComponent(id)}`, undefined, signal),
    children: (id, cursor, limit, signal) => {
      const query = new URLSearchParams({ limit: `${limit}`, ...(cursor ? { cursor } : {}) });
      const address = `${path}/api/entries/${encodeURIComponent(id)}/children?${query}`;
      return ask('GET', address, undefined, signal);
    },
    viewUrl: (id) => `${path}/api/entries/${encodeURIComponent(id)}/content`,
    downloadUrl: (id) => `${path}/dl?entry=${encodeURIComponent(id)}`,
  };
}

/** From the shared folder down to the one with this id. @throws ApiError where it is not below it */
export async function pathTo(
  link: Pick<GuestLink, 'entry'>,
  top: EntryView,
  id: string,
  signal?: AbortSignal,
): Promise<EntryView[]> {
  const path: EntryView[] = [];
  for (let at = id; at !== top.id; ) {
    const entry = await link.entry(at, signal);
    path.unshift(entry);
    if (entry.parentId === null) break;
    at = entry.parentId;
  }
  return [top, ...path];
}
