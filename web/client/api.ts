/** Typed requests to the device that serves this page. No Preact, no document. */
import type {
  DeviceView,
  EntryView,
  HealthView,
  HealthzView,
  NearbyDevice,
  Page,
  PairingView,
  ProblemView,
  SetupView,
  UserView,
} from '../../src/model/api.ts';

/** What the device answered instead; `message` is a sentence for people. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(problem: Pick<ProblemView, 'status' | 'code' | 'detail'>) {
    super(problem.detail);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
  }
}

export function problemFrom(status: number, text: string): ApiError {
  try {
    const problem = JSON.parse(text) as ProblemView;
    if (typeof problem.detail === 'string') return new ApiError({ ...problem, status });
  } catch {
    // not JSON: said below
  }
  if (status === 0) {
    return new ApiError({
      status,
      code: 'unreachable',
      detail: 'This device is not answering. Is it still on?',
    });
  }
  return new ApiError({ status, code: 'unknown', detail: `The device answered ${status}.` });
}

/** Unsafe requests carry this header, which a foreign page cannot send. */
export const ownPageHeader = { 'X-Peerstor': '1' };

async function ask<Shape>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Shape> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { ...ownPageHeader, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw problemFrom(0, '');
  }
  const text = await response.text();
  if (!response.ok) throw problemFrom(response.status, text);
  return (text === '' ? undefined : JSON.parse(text)) as Shape;
}

export interface ChildrenQuery {
  sort: 'name' | 'size' | 'modifiedAt';
  order: 'asc' | 'desc';
  cursor?: string | null;
}

const entryPath = (id: string) => `/api/v1/entries/${encodeURIComponent(id)}`;

export const api = {
  healthz: () => ask<HealthzView>('GET', '/healthz'),
  setupState: () => ask<SetupView>('GET', '/api/v1/setup'),
  setup: (setupCode: string, username: string, password: string) =>
    ask<{ user: UserView; recoveryCode: string }>('POST', '/api/v1/setup', { setupCode, username, password }),
  login: (username: string, password: string) =>
    ask<{ user: UserView }>('POST', '/api/v1/auth/login', { username, password }),
  logout: () => ask<void>('POST', '/api/v1/auth/logout', {}),
  me: () => ask<{ user: UserView }>('GET', '/api/v1/auth/me'),

  root: () => ask<EntryView>('GET', '/api/v1/entries/root'),
  entry: (id: string, signal?: AbortSignal) => ask<EntryView>('GET', entryPath(id), undefined, signal),
  children: (id: string, { sort, order, cursor }: ChildrenQuery, signal?: AbortSignal) => {
    const query = new URLSearchParams({ sort, order, limit: '200', ...(cursor ? { cursor } : {}) });
    return ask<Page<EntryView>>('GET', `${entryPath(id)}/children?${query}`, undefined, signal);
  },
  createFolder: (parentId: string, name: string) =>
    ask<EntryView>('POST', '/api/v1/entries', { parentId, name, kind: 'folder' }),
  rename: (id: string, name: string) => ask<EntryView>('PATCH', entryPath(id), { name }),
  trash: (id: string) => ask<void>('DELETE', entryPath(id)),
  purge: (id: string) => ask<void>('DELETE', `${entryPath(id)}?permanent=true`),
  restore: (id: string) => ask<EntryView>('POST', `${entryPath(id)}/restore`, {}),
  trashed: () => ask<Page<EntryView>>('GET', '/api/v1/trash?limit=1000'),
  emptyTrash: () => ask<void>('DELETE', '/api/v1/trash'),
  contentUrl: (id: string) => `${entryPath(id)}/content?download=1`,

  devices: () => ask<Page<DeviceView>>('GET', '/api/v1/devices'),
  renameDevice: (id: string, name: string) => ask<DeviceView>('PATCH', `/api/v1/devices/${id}`, { name }),
  nearby: () => ask<Page<NearbyDevice>>('GET', '/api/v1/devices/nearby'),
  openPairing: () => ask<PairingView>('POST', '/api/v1/pairing', {}),
  closePairing: () => ask<void>('DELETE', '/api/v1/pairing'),
  join: (setupCode: string, code: string, address: string) =>
    ask<{ networkId: string }>('POST', '/api/v1/pairing/join', {
      setupCode,
      code,
      ...(address ? { address } : {}),
    }),
  health: () => ask<HealthView>('GET', '/api/v1/health'),
};
