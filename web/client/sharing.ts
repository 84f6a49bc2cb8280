/** Typed requests about links, people with access, tokens and users. */
import type {
  AccessView,
  EntryView,
  GivenAccessView,
  InviteView,
  Page,
  RightsView,
  SharedEntryView,
  ShareView,
  TokenView,
  UserAdminView,
} from '../../src/model/api.ts';
import type { PlainPhrase } from '../words/words.ts';
import { ask } from './request.ts';

export interface NewLink {
  entryId: string;
  rights: RightsView;
  expiresAt: string | null;
  password?: string;
  maxDownloads?: number;
  note?: string;
}

const accessPath = (id: string) => `/api/v1/entries/${id}/access`;

export const sharing = {
  links: () => ask<Page<ShareView>>('GET', '/api/v1/shares'),
  createLink: (link: NewLink) => ask<ShareView>('POST', '/api/v1/shares', link),
  revokeLink: (id: string) => ask<void>('DELETE', `/api/v1/shares/${id}`),

  access: (entryId: string) => ask<Page<AccessView>>('GET', accessPath(entryId)),
  giveAccess: (entryId: string, username: string, rights: RightsView) =>
    ask<AccessView>('POST', accessPath(entryId), { username, rights }),
  takeAccess: (entryId: string, username: string) =>
    ask<void>('DELETE', `${accessPath(entryId)}?username=${encodeURIComponent(username)}`),
  given: () => ask<Page<GivenAccessView>>('GET', '/api/v1/shared/given'),
  sharedWithMe: () => ask<Page<SharedEntryView>>('GET', '/api/v1/shared'),

  tokens: () => ask<Page<TokenView>>('GET', '/api/v1/tokens'),
  createToken: (name: string, rights: RightsView, path: string) =>
    ask<TokenView>('POST', '/api/v1/tokens', { name, rights, path }),
  revokeToken: (id: string) => ask<void>('DELETE', `/api/v1/tokens/${id}`),

  invites: () => ask<Page<InviteView>>('GET', '/api/v1/invites'),
  invite: (role: UserAdminView['role'], quota: number | null) =>
    ask<InviteView>('POST', '/api/v1/invites', { role, quota }),
  withdrawInvite: (id: string) => ask<void>('DELETE', `/api/v1/invites/${encodeURIComponent(id)}`),
  users: () => ask<Page<UserAdminView>>('GET', '/api/v1/users'),
  changeUser: (
    id: string,
    change: { role?: UserAdminView['role']; quota?: number | null; disabled?: boolean },
  ) => ask<UserAdminView>('PATCH', `/api/v1/users/${id}`, change),
};

const dayMs = 86_400_000;

/** When a link expires; the first is the default. */
export const lifetimes = [
  { label: '7 days', days: 7 },
  { label: '1 day', days: 1 },
  { label: '30 days', days: 30 },
  { label: 'Never', days: null },
] as const satisfies readonly { label: PlainPhrase; days: number | null }[];

export function expiresAfter(days: number | null, nowMs = Date.now()): string | null {
  return days === null ? null : new Date(nowMs + days * dayMs).toISOString();
}

/** What rights allow, in words. */
export const rightsWords: Readonly<Record<RightsView, PlainPhrase>> = {
  view: 'can view and download',
  upload: 'can only add files',
  edit: 'can view and edit',
};

/** What the page offers for an entry: what it would be refused is not offered. */
export function mayDo({ rights, parentId }: Pick<EntryView, 'rights' | 'parentId'>) {
  const isOwn = rights === null || rights === undefined;
  const mayEdit = isOwn || rights === 'edit';
  return {
    share: isOwn,
    /** Of a folder: put something in. */
    add: mayEdit || rights === 'upload',
    makeFolder: mayEdit,
    replace: mayEdit,
    tag: mayEdit,
    /** What was shared itself keeps its name and place. */
    change: isOwn || (mayEdit && parentId !== null),
    look: rights !== 'upload',
  };
}
