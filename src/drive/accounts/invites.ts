/**
 * Invites give people an account. The code is the seed of a one-time signing key;
 * the catalog accepts one user record of that key, with the role and the quota of the invite.
 */
import { newSigningKey, type SigningKey, signingKeyFromSeed } from '../../crypto/index.ts';
import type { InviteView } from '../../model/api.ts';
import type { Clock } from '../../model/clock.ts';
import type { CatalogAuthor, CatalogReader, Signer } from '../../model/contracts/catalog.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type PrincipalId, principalId } from '../../model/ids.ts';
import { inviteLifeMs } from '../../model/limits.ts';
import type { InviteBody, UserRole } from '../../model/records.ts';

/** 32 bytes in base64url. */
const codeShape = /^[A-Za-z0-9_-]{43}$/;

export interface InviteWish {
  role: UserRole;
  quotaBytes: number | null;
  expiresInMs?: number;
}

/** @throws `bad-input`; and what the catalog throws if the signer may not invite */
export async function makeInvite(
  catalog: CatalogAuthor,
  clock: Clock,
  admin: Signer,
  { role, quotaBytes, expiresInMs = inviteLifeMs }: InviteWish,
): Promise<InviteView> {
  if (role !== 'admin' && role !== 'member') throw badInput('A role is "admin" or "member".');
  checkQuota(quotaBytes);
  if (!(Number.isSafeInteger(expiresInMs) && expiresInMs > 0)) throw badInput('An invite lives for a while.');
  const key = newSigningKey();
  const createdAt = clock.wallMs();
  const expiresAt = createdAt + expiresInMs;
  const body: InviteBody = { role, quotaBytes, createdAt, expiresAt, withdrawn: false };
  await catalog.author([{ table: 'invite', id: key.principal, body }], admin);
  const invite = Buffer.from(key.seed).toString('base64url');
  return { ...viewOfInvite(key.principal, body, 'open'), invite, url: `/register#${invite}` };
}

/** Newest first. */
export async function listInvites(catalog: CatalogReader, clock: Clock): Promise<InviteView[]> {
  const used = await usedInvites(catalog);
  const views: InviteView[] = [];
  for await (const { id, body } of catalog.list('invite')) {
    if (body) views.push(viewOfInvite(id, body, stateOf(body, used.has(id), clock.wallMs())));
  }
  return views.sort((left, right) => right.createdAt.localeCompare(left.createdAt));
}

/** Idempotent. @throws `not-found`; `gone` for an invite that was used */
export async function withdrawInvite(catalog: CatalogAuthor, admin: Signer, id: string): Promise<void> {
  const body = catalog.get('invite', id)?.body;
  if (!body) throw new PeerstorError('not-found', 'There is no such invite.');
  if ((await usedInvites(catalog)).has(id)) throw goneSentence('used');
  if (body.withdrawn) return;
  await catalog.author([{ table: 'invite', id, body: { ...body, withdrawn: true } }], admin);
}

/**
 * Finds the usable invite of a code.
 * @throws `not-found` for an unknown code; `gone` for an invite that was used, withdrawn, or expired
 */
export async function requireInvite(
  catalog: CatalogReader,
  clock: Clock,
  code: string,
): Promise<{ key: SigningKey; id: PrincipalId; body: InviteBody }> {
  const key = codeShape.test(code)
    ? signingKeyFromSeed(new Uint8Array(Buffer.from(code, 'base64url')))
    : undefined;
  const body = key && catalog.get('invite', key.principal)?.body;
  if (!key || !body) {
    throw new PeerstorError('not-found', 'This is not an invite of this network. Ask for a new one.');
  }
  const id = principalId(key.principal);
  const state = stateOf(body, (await usedInvites(catalog)).has(id), clock.wallMs());
  if (state !== 'open') throw goneSentence(state);
  return { key, id, body };
}

/** @throws `bad-input` */
export function checkQuota(quotaBytes: number | null): void {
  if (quotaBytes === null || (Number.isSafeInteger(quotaBytes) && quotaBytes >= 0)) return;
  throw badInput('A quota is a whole number of bytes, or null for none.');
}

/** Ids of the invites that were used. */
async function usedInvites(catalog: CatalogReader): Promise<Set<string>> {
  const used = new Set<string>();
  for await (const { body } of catalog.list('user')) if (body?.invite) used.add(body.invite);
  return used;
}

function stateOf({ withdrawn, expiresAt }: InviteBody, used: boolean, nowMs: number): InviteView['state'] {
  if (used) return 'used';
  if (withdrawn) return 'withdrawn';
  return expiresAt <= nowMs ? 'expired' : 'open';
}

function viewOfInvite(id: string, body: InviteBody, state: InviteView['state']): InviteView {
  const { role, quotaBytes, createdAt, expiresAt } = body;
  const times = {
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
  };
  return { id, role, quotaBytes, ...times, state };
}

function goneSentence(state: Exclude<InviteView['state'], 'open'>): PeerstorError {
  const what = { used: 'was used already', expired: 'is over', withdrawn: 'was taken back' }[state];
  return new PeerstorError('gone', `This invite ${what}. Ask an admin for a new one.`);
}

function badInput(sentence: string): PeerstorError {
  return new PeerstorError('bad-input', sentence);
}
