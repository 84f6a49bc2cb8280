/** Typed requests to the device that serves this page. No Preact, no document. */
import type {
  DeviceView,
  EntryHealthView,
  EntryOutcome,
  EntryView,
  HealthView,
  HealthzView,
  ImpactView,
  NearbyDevice,
  Page,
  PairingView,
  SetupView,
  SignedInView,
  UserView,
  VersionView,
} from '../../src/model/api.ts';
import type { DeviceSettings } from '../../src/model/contracts/device.ts';
import type { GarbageReport } from '../../src/model/contracts/health.ts';
import type { FolderCheckView, TopologyView, TransferDayView } from '../../src/model/views/topology.ts';
import { ask, askForSession } from './request.ts';
import { forgetProof, signedAddress } from './session-proof.ts';

export interface ChildrenQuery {
  sort: 'name' | 'size' | 'modifiedAt';
  order: 'asc' | 'desc';
  cursor?: string | null;
  /** 1 to 1000. */
  limit: number;
}

/** What ends with all other sessions, by ids: tokens unless they are kept, links where they are named. */
export interface Ending {
  keepTokens: readonly string[];
  endLinks: readonly string[];
}

/** Everything in a folder, but for some. */
export interface AllOf {
  parentId: string;
  /** At most 1000 ids. */
  except: readonly string[];
}

interface NewAccount extends SignedInView {
  recoveryCode: string;
}

const entryPath = (id: string) => `/api/v1/entries/${encodeURIComponent(id)}`;

export const api = {
  healthz: () => ask<HealthzView>('GET', '/healthz'),
  setupState: () => ask<SetupView>('GET', '/api/v1/setup'),
  setup: (setupCode: string, username: string, password: string) =>
    askForSession<NewAccount>('/api/v1/setup', { setupCode, username, password }),
  login: (username: string, password: string, code?: string) =>
    askForSession<SignedInView>('/api/v1/auth/login', { username, password, ...(code && { code }) }),
  logout: () => ask<void>('POST', '/api/v1/auth/logout', {}).finally(forgetProof),
  session: () => ask<{ user: UserView | null }>('GET', '/api/v1/auth/session'),
  register: (invite: string, username: string, password: string) =>
    askForSession<NewAccount>('/api/v1/auth/register', { invite, username, password }),
  changePassword: (oldPassword: string, newPassword: string, ending: Ending) =>
    askForSession<SignedInView>('/api/v1/auth/password', { oldPassword, newPassword, ...ending }),
  /** The recovery words of the own account; `renew` makes new ones, and the old ones end. */
  recoveryCode: (password: string, renew: boolean) =>
    ask<{ recoveryCode: string }>('POST', '/api/v1/auth/recovery-code', { password, renew }),
  recover: (username: string, recoveryCode: string, newPassword: string, keepTokens: boolean) =>
    askForSession<SignedInView>('/api/v1/auth/recover', {
      username,
      recoveryCode,
      newPassword,
      keepTokens,
    }),
  signOutEverywhere: (ending: Ending) =>
    askForSession<SignedInView>('/api/v1/auth/sign-out-everywhere', ending),

  root: () => ask<EntryView>('GET', '/api/v1/entries/root'),
  entry: (id: string, signal?: AbortSignal) => ask<EntryView>('GET', entryPath(id), undefined, signal),
  children: (id: string, { sort, order, cursor, limit }: ChildrenQuery, signal?: AbortSignal) => {
    const query = new URLSearchParams({ sort, order, limit: `${limit}`, ...(cursor ? { cursor } : {}) });
    return ask<Page<EntryView>>('GET', `${entryPath(id)}/children?${query}`, undefined, signal);
  },
  createFolder: (parentId: string, name: string) =>
    ask<EntryView>('POST', '/api/v1/entries', { parentId, name, kind: 'folder' }),
  ancestors: (id: string, signal?: AbortSignal) =>
    ask<{ items: EntryView[] }>('GET', `${entryPath(id)}/ancestors`, undefined, signal),
  rename: (id: string, name: string) => ask<EntryView>('PATCH', entryPath(id), { name }),
  move: (id: string, parentId: string) => ask<EntryView>('PATCH', entryPath(id), { parentId }),
  /** Many at once, at most `entriesAtOnceMax`; each succeeds or fails by itself. */
  moveMany: (ids: readonly string[], parentId: string) =>
    ask<{ items: EntryOutcome[] }>('POST', '/api/v1/entries/move', { ids, parentId }),
  /** The same with everything in a folder, but for some. */
  moveAll: (all: AllOf, parentId: string) =>
    ask<{ items: EntryOutcome[] }>('POST', '/api/v1/entries/move', { all, parentId }),
  trashAll: (all: AllOf) => ask<{ items: EntryOutcome[] }>('POST', '/api/v1/entries/trash', { all }),
  restoreMany: (ids: readonly string[]) =>
    ask<{ items: EntryOutcome[] }>('POST', '/api/v1/entries/restore', { ids }),
  trashMany: (ids: readonly string[]) =>
    ask<{ items: EntryOutcome[] }>('POST', '/api/v1/entries/trash', { ids }),
  setTags: (id: string, tags: readonly string[]) => ask<EntryView>('PATCH', entryPath(id), { tags }),
  star: (id: string, starred: boolean) => ask<EntryView>('PATCH', entryPath(id), { starred }),
  copy: (id: string, parentId: string, name: string) =>
    ask<EntryView>('POST', `${entryPath(id)}/copy`, { parentId, name }),
  versions: (id: string) => ask<Page<VersionView>>('GET', `${entryPath(id)}/versions`),
  /** null takes the name away. */
  nameVersion: (id: string, version: string, name: string | null) =>
    ask<Page<VersionView>>('PATCH', `${entryPath(id)}/versions/${encodeURIComponent(version)}`, { name }),
  restoreVersion: (id: string, version: string) =>
    ask<EntryView>('POST', `${entryPath(id)}/versions/${encodeURIComponent(version)}/restore`, {}),
  trash: (id: string) => ask<void>('DELETE', entryPath(id)),
  purge: (id: string) => ask<void>('DELETE', `${entryPath(id)}?permanent=true`),
  restore: (id: string) => ask<EntryView>('POST', `${entryPath(id)}/restore`, {}),
  trashed: (cursor: string | null, limit: number) =>
    ask<Page<EntryView>>(
      'GET',
      `/api/v1/trash?${new URLSearchParams({ limit: `${limit}`, ...(cursor ? { cursor } : {}) })}`,
    ),
  emptyTrash: () => ask<void>('DELETE', '/api/v1/trash'),
  contentUrl: (entry: EntryView, version?: string) =>
    signedAddress(
      `${entryPath(entry.id)}/content?download=1${version ? `&version=${encodeURIComponent(version)}` : ''}`,
      entry,
    ),
  /** The same to look at, not to save. */
  viewUrl: (entry: EntryView, version?: string) =>
    signedAddress(
      version
        ? `${entryPath(entry.id)}/content?version=${encodeURIComponent(version)}`
        : `${entryPath(entry.id)}/content`,
      entry,
    ),
  /** Address of a ZIP file of a folder and all that is in it. */
  archiveUrl: (folder: EntryView) => signedAddress(`${entryPath(folder.id)}/archive`, folder),
  /** The same of several entries. */
  archiveAddress: (ids: readonly string[]) =>
    ask<{ url: string }>('POST', '/api/v1/archive/address', { ids }),

  devices: () => ask<Page<DeviceView>>('GET', '/api/v1/devices'),
  changeDevice: (id: string, settings: DeviceSettings) =>
    ask<DeviceView>('PATCH', `/api/v1/devices/${id}`, settings),
  drain: (id: string, on: boolean) => ask<DeviceView>(on ? 'POST' : 'DELETE', `/api/v1/devices/${id}/drain`),
  impact: (id: string) => ask<ImpactView>('GET', `/api/v1/devices/${id}/impact`),
  removeDevice: (id: string, lost: boolean) => ask<void>('DELETE', `/api/v1/devices/${id}?lost=${lost}`),
  nearby: () => ask<Page<NearbyDevice>>('GET', '/api/v1/devices/nearby'),
  topology: () => ask<TopologyView>('GET', '/api/v1/devices/topology'),
  transfers: (days: number) => ask<Page<TransferDayView>>('GET', `/api/v1/devices/transfers?days=${days}`),
  checkFolder: (path: string) => ask<FolderCheckView>('POST', '/api/v1/devices/folder-check', { path }),
  openPairing: () => ask<PairingView>('POST', '/api/v1/pairing', {}),
  closePairing: () => ask<void>('DELETE', '/api/v1/pairing'),
  join: (setupCode: string, code: string, address: string) =>
    ask<{ networkId: string }>('POST', '/api/v1/pairing/join', {
      setupCode,
      code,
      ...(address ? { address } : {}),
    }),
  health: () => ask<HealthView>('GET', '/api/v1/health'),
  entryHealth: (id: string) => ask<EntryHealthView>('GET', `${entryPath(id)}/health`),
  pauseWork: (minutes: number) =>
    ask<{ pausedUntil: string | null }>('POST', '/api/v1/health/pause', { minutes }),
  garbage: () => ask<GarbageReport>('GET', '/api/v1/health/garbage'),
  confirmGarbage: () => ask<GarbageReport>('POST', '/api/v1/health/garbage/confirm'),
};
