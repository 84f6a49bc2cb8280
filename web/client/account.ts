/** Where one is signed in, and the second factor. */
import type { SessionView, UserView } from '../../src/model/api.ts';
import type { Page } from './query.ts';
import { ask } from './request.ts';

export interface NewFactor {
  /** As people type it into an app. */
  secret: string;
  /** What an app reads from a QR code. */
  address: string;
}

export const account = {
  me: () => ask<{ user: UserView; totp: boolean }>('GET', '/api/v1/auth/me'),
  sessions: () => ask<Page<SessionView>>('GET', '/api/v1/sessions'),
  endSession: (id: string) => ask<void>('DELETE', `/api/v1/sessions/${encodeURIComponent(id)}`),
  beginTotp: (password: string) => ask<NewFactor>('POST', '/api/v1/auth/totp', { password }),
  confirmTotp: (code: string) => ask<void>('POST', '/api/v1/auth/totp/confirm', { code }),
  removeTotp: (password: string) => ask<void>('DELETE', '/api/v1/auth/totp', { password }),
};

/** "ABCD EFGH …": a secret that people type. */
export function inGroups(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ');
}
