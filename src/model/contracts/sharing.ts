/** What a signed-in user shares, and what others share with them. */
import type {
  AccessView,
  GivenAccessView,
  RightsView,
  SharedEntryView,
  ShareView,
  TokenView,
} from '../api.ts';
import type { EntryId, GrantId } from '../ids.ts';

/** Grants that a signed-in user gives and has; at `Session.sharing`. A token's session has none. */
export interface Sharing {
  /** Shares a file or folder with another user; again changes the rights. @throws `not-found` (no such user) */
  shareWith(entry: EntryId, username: string, rights: RightsView): Promise<AccessView>;
  accessOf(entry: EntryId): Promise<AccessView[]>;
  /** Takes it back: what is written from now on is closed to them. */
  revokeAccess(entry: EntryId, username: string): Promise<void>;
  sharedWithMe(): Promise<SharedEntryView[]>;
  /** Everything that is shared with other users, newest first. */
  sharedByMe(): Promise<GivenAccessView[]>;

  createLink(wish: LinkWish): Promise<ShareView>;
  links(): Promise<ShareView[]>;
  changeLink(id: GrantId, change: Partial<Omit<LinkWish, 'entryId'>>): Promise<ShareView>;
  revokeLink(id: GrantId): Promise<void>;

  createToken(wish: {
    name: string;
    rights: RightsView;
    entryId: EntryId;
    expiresAtMs: number | null;
  }): Promise<TokenView>;
  tokens(): Promise<TokenView[]>;
  revokeToken(id: GrantId): Promise<void>;
}

export interface LinkWish {
  entryId: EntryId;
  rights: RightsView;
  /** null for no end; default 7 days. */
  expiresAtMs?: number | null;
  password?: string | null;
  maxDownloads?: number | null;
  note?: string;
}
