/**
 * One authority for the https of all devices (decision 0050). Its key is sealed to each admin, in their user record; no
 * device has it. While an admin is signed in somewhere, they vouch for the authority that each device made for itself,
 * and again before that ends. A device that was removed is vouched for no more.
 */
import {
  type Authority,
  decode,
  encode,
  equalBytes,
  isFields,
  newAuthority,
  openFrom,
  sealTo,
  vouchedBy,
  vouchFor,
} from '../../crypto/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { CatalogAuthor, CatalogChange, Draft } from '../../model/contracts/catalog.ts';
import { isPeerstorError, sentenceOf } from '../../model/errors.ts';
import { type UserId, userId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { DeviceBody, UserBody } from '../../model/records.ts';
import { sealingKeyOf, type UserKeys } from '../keys/user-keys.ts';

const sealLabel = 'network-authority/1';
/** After a change, and late enough that two devices where an admin is signed in rarely begin at once. */
const firstMs = 2_000;
const spreadMs = 4_000;
const everyMs = 6 * 3_600_000;
/** Of the 180 days that a device is vouched for, so much is left when it is vouched for again. */
const renewMs = 120 * 86_400_000;

export interface NetworkAuthorityParts {
  catalog: CatalogAuthor;
  keys: UserKeys;
  clock: Clock;
  /** For the moment at which it begins. */
  random: { next(): number };
  log: Log;
}

export interface NetworkAuthorityUpkeep {
  apply(changes: readonly CatalogChange[]): void;
  stop(): void;
}

export function startNetworkAuthority(parts: NetworkAuthorityParts): NetworkAuthorityUpkeep {
  const { clock, random, log } = parts;
  let stopped = false;
  let timer: Timer | undefined;
  let working = Promise.resolve();

  function schedule(ms: number): void {
    timer?.cancel();
    timer = clock.after(ms + Math.floor(random.next() * spreadMs), () => {
      working = working
        .then(() => tendNetworkAuthority(parts))
        .catch((error: unknown) => {
          if (!stopped)
            log.warn({}, `The certificates of the devices could not be tended: ${sentenceOf(error)}`);
        })
        .then(() => {
          if (!stopped) schedule(everyMs);
        });
    });
  }

  schedule(firstMs);
  return {
    apply(changes) {
      const matters = changes.some(({ record }) => record.table === 'device' || record.table === 'user');
      if (matters && !stopped) schedule(firstMs);
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

/** Does what is missing now; nothing where this user is no admin, or has no key of the authority yet. */
export async function tendNetworkAuthority({
  catalog,
  keys,
  clock,
}: Pick<NetworkAuthorityParts, 'catalog' | 'keys'> & { clock: Pick<Clock, 'wallMs'> }) {
  const own = catalog.get('user', keys.user)?.body;
  if (!own || !isActiveAdmin(own)) return;
  const nowMs = clock.wallMs();
  const root = (await openRoot(keys, own)) ?? (await foundRoot(catalog, keys, own, nowMs));
  if (!root) return;
  const drafts = [
    ...(await shareDrafts(catalog, keys.user, root)),
    ...(await vouchDrafts(catalog, root, nowMs)),
  ];
  if (drafts.length > 0) await catalog.author(drafts, keys.signing);
}

function isActiveAdmin({ role, disabled }: UserBody): boolean {
  return role === 'admin' && !disabled;
}

async function openRoot(keys: UserKeys, { authority }: UserBody): Promise<Authority | undefined> {
  if (authority === undefined) return undefined;
  try {
    const opened = decode(await openFrom(keys.sealingSecret, sealLabel, authority.sealedKey));
    if (!isFields(opened)) return undefined;
    const { name, privateKey } = opened;
    if (typeof name !== 'string' || typeof privateKey !== 'string') return undefined;
    return { name, privateKey, certificate: authority.certificate };
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}

async function sealedRoot(
  root: Authority,
  sealingKey: Uint8Array,
): Promise<NonNullable<UserBody['authority']>> {
  const { name, privateKey, certificate } = root;
  return { certificate, sealedKey: await sealTo(sealingKey, sealLabel, encode({ name, privateKey })) };
}

/** Only who founded the network makes its authority, so that there is one. */
async function foundRoot(
  catalog: CatalogAuthor,
  keys: UserKeys,
  own: UserBody,
  nowMs: number,
): Promise<Authority | undefined> {
  const isFounder = catalog.get('bundle', keys.user)?.body?.rootByRecovery !== undefined;
  const sealingKey = sealingKeyOf(catalog, keys.user);
  if (!isFounder || own.authority !== undefined || !sealingKey) return undefined;
  const root = newAuthority(`peerstor of ${asciiName(own.username)}`, nowMs, 1);
  const body = { ...own, authority: await sealedRoot(root, sealingKey) };
  await catalog.author([{ table: 'user', id: keys.user, body }], keys.signing);
  return root;
}

/** Every admin has the key; who is none any more is left out of the next record. */
async function shareDrafts(catalog: CatalogAuthor, self: UserId, root: Authority): Promise<Draft<'user'>[]> {
  const drafts: Draft<'user'>[] = [];
  for await (const { id, body } of catalog.list('user')) {
    if (!body || id === self) continue;
    const { authority, ...rest } = body;
    const user = userId(id);
    if (!isActiveAdmin(body)) {
      if (authority !== undefined) drafts.push({ table: 'user', id: user, body: rest });
      continue;
    }
    const sealingKey = sealingKeyOf(catalog, user);
    if (authority?.certificate === root.certificate || !sealingKey) continue;
    drafts.push({
      table: 'user',
      id: user,
      body: { ...rest, authority: await sealedRoot(root, sealingKey) },
    });
  }
  return drafts;
}

async function vouchDrafts(
  catalog: CatalogAuthor,
  root: Authority,
  nowMs: number,
): Promise<Draft<'device'>[]> {
  const drafts: Draft<'device'>[] = [];
  for await (const { id, body } of catalog.list('device')) {
    if (!body?.tls || body.state === 'removed') continue;
    const { tls } = body;
    const hostNames = vouchableNames(tls.hostNames);
    if (isVouchedFor(body, root, hostNames, nowMs)) continue;
    const vouched = certificateFor(root, tls, hostNames, nowMs);
    if (vouched === undefined) continue;
    drafts.push({ table: 'device', id, body: { ...body, vouched: { certificate: vouched, hostNames } } });
  }
  return drafts;
}

/** undefined for a key that is none: each device names its own. */
function certificateFor(
  root: Authority,
  tls: NonNullable<DeviceBody['tls']>,
  hostNames: string[],
  nowMs: number,
): string | undefined {
  try {
    return vouchFor(root, { name: tls.name, publicKey: tls.publicKey, hostNames }, nowMs);
  } catch {
    return undefined;
  }
}

function isVouchedFor(
  { tls, vouched }: DeviceBody,
  root: Authority,
  hostNames: readonly string[],
  nowMs: number,
) {
  if (!tls || !vouched || vouched.hostNames.join() !== hostNames.join()) return false;
  const found = vouchedBy(root.certificate, vouched.certificate, nowMs + renewMs - 1);
  return found !== undefined && equalBytes(found.publicKey, tls.publicKey);
}

/** A name without a dot is nobody's on the internet; others might be somebody's, so no device is vouched for under them. */
export function vouchableNames(hostNames: readonly string[]): string[] {
  return hostNames.filter((name) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)).slice(0, 8);
}

/** A common name has at most 64 characters. */
function asciiName(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '_').slice(0, 50);
}
