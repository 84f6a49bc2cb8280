/** What the page of a share link asks: no session, the link is all. */
import type { EntryView, GuestView, Page } from '../../src/model/api.ts';
import { ask } from './request.ts';
import { addressBelow, sendTo, UploadQueue } from './uploads.ts';

/** The path of a share link, `/s/SECRET`; undefined when this is another page. */
export function linkPath(pathname: string): string | undefined {
  return /^\/s\/[^/]+/.exec(pathname)?.[0];
}

export interface GuestLink {
  readonly uploads: UploadQueue;
  view(): Promise<GuestView>;
  unlock(password: string): Promise<GuestView>;
  children(id: string, cursor: string | null): Promise<Page<EntryView>>;
  /** Address of a file to save. */
  downloadUrl(id: string): string;
}

export function openLink(path: string): GuestLink {
  return {
    uploads: new UploadQueue(sendTo((source) => addressBelow(`${path}/api/path`, source))),
    view: () => ask('GET', `${path}/api`),
    unlock: (password) => ask('POST', `${path}/unlock`, { password }),
    children: (id, cursor) => {
      const query = new URLSearchParams({ limit: '200', ...(cursor ? { cursor } : {}) });
      return ask('GET', `${path}/api/entries/${id}/children?${query}`);
    },
    downloadUrl: (id) => `${path}/dl?entry=${id}`,
  };
}
