/**
 * One authority for the https of all devices (decision 0050). Its key is sealed to each admin, in their user record; no
 * device has it. While an admin is signed in somewhere, they vouch for the authority that each device made for itself,
 * and again before that ends. A device that was removed is vouched for no more. Who knew the key and is no admin any more
 * could go on vouching, so the network then gets another authority (decision 0075).
 */
import type { KeyedLock } from '../../../concurrency/index.ts';
import {
  type Authority,
  decode,
  encode,
  equalBytes,
  isFields,
  madeAtMs,
  newAuthority,
  openFrom,
  sealTo,
  vouchedBy,
  vouchFor,
} from '../../../crypto/index.ts';
import type { Clock, Timer } from '../../../model/clock.ts';
import type { CatalogAuthor, CatalogChange, Draft } from '../../../model/contracts/catalog.ts';
import { isPeerstorError, sentenceOf } from '../../../model/errors.ts';
import { type UserId, userId } from '../../../model/ids.ts';
import type { Log } from '../../../model/log.ts';
import { type DeviceBody, hlcTicksPerMs, type UserBody } from '../../../model/records.ts';
import { sealingKeyOf, type UserKeys } from '../../keys/user-keys.ts';
import { usersLock } from '../../users/account-rules.ts';

const sealLabel = 'network-authority/1';
/** After a change, and late enough that two devices where an admin is signed in rarely begin at once. */
const firstMs = 2_000;
const spreadMs = 4_000;
const everyMs = 6 * 3_600_000;
/** Of the 180 days that a device is vouched for, so much is left when it is vouched for again. */
const renewMs = 120 * 86_400_000;
/** So long the admin who demoted another one has to replace the key. */
const othersWaitMs = 86_400_000;

export interface NetworkAuthorityParts {
  catalog: CatalogAuthor;
  keys: UserKeys;
  /** Held by whoever changes a user's record, under `usersLock`. */
  userLocks: KeyedLock;
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
      timer = undefined;
      working = working
        .then(() => tendNetworkAuthority(parts))
        .catch((error: unknown) => {
          if (!stopped)
            log.warn({}, `The certificates of the devices could not be tended: ${sentenceOf(error)}`);
        })
        .then(() => {
          // A change that came meanwhile has set its own, earlier time.
          if (!stopped && timer === undefined) schedule(everyMs);
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

type TendingParts = Pick<NetworkAuthorityParts, 'catalog' | 'keys' | 'userLocks'> & {
  clock: Pick<Clock, 'wallMs'>;
};

/**
 * Does what is missing now; nothing where this user is no admin, or has no key of the authority yet. Sealing takes a
 * while, so records are written under the lock of all users' records, over what they say by then: a role that an
 * admin changes meanwhile must not come back.
 */
export async function tendNetworkAuthority({ catalog, keys, userLocks, clock }: TendingParts): Promise<void> {
  const own = () => catalog.get('user', keys.user)?.body;
  const before = own();
  if (!before || !isActiveAdmin(before)) return;
  const nowMs = clock.wallMs();
  const known = (await openRoot(keys, before)) ?? (await newRoot(catalog, keys, before, nowMs));
  if (!known || (await isOvertaken(catalog, known))) return;
  const isKnownToOthers = await mustReplace(catalog, keys.user, nowMs);
  const root = isKnownToOthers ? newAuthority(nameAfter(known.name, nowMs), nowMs, 1) : known;
  const keysOfAdmins = await planKeys(catalog, root, isKnownToOthers);
  const certificates = await planCertificates(catalog, root, nowMs);
  await userLocks.run([usersLock], async () => {
    const now = own();
    if (!now || !isActiveAdmin(now) || !isSameAuthority(now.authority, before.authority)) return;
    // Nothing is awaited between reading the records here and writing them.
    const drafts = [...keyDrafts(catalog, keysOfAdmins), ...vouchDrafts(catalog, certificates)];
    if (drafts.length > 0) await catalog.author(drafts, keys.signing);
  });
}

type SealedRoot = NonNullable<UserBody['authority']>;

function isSameAuthority(one: SealedRoot | undefined, other: SealedRoot | undefined): boolean {
  return one?.certificate === other?.certificate;
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
async function newRoot(
  catalog: CatalogAuthor,
  keys: UserKeys,
  own: UserBody,
  nowMs: number,
): Promise<Authority | undefined> {
  const isFounder = catalog.get('bundle', keys.user)?.body?.rootByRecovery !== undefined;
  if (!isFounder || own.authority !== undefined) return undefined;
  return newAuthority(`peerstor of ${asciiName(own.username)}`, nowMs, 1);
}

/**
 * Does somebody know the key who is no admin any more? The admin who decided that replaces it at once; others only where
 * that did not happen for a day, so that two do not do it at the same time.
 */
async function mustReplace(catalog: CatalogAuthor, self: UserId, nowMs: number): Promise<boolean> {
  for await (const { body, principal, hlc } of catalog.list('user')) {
    if (!body?.authority || isActiveAdmin(body)) continue;
    if (principal === self || nowMs - Math.floor(hlc / hlcTicksPerMs) > othersWaitMs) return true;
  }
  return false;
}

/** Two admins, apart from each other, may have replaced it: the newer one stays, which its holder gives to all. */
async function isOvertaken(catalog: CatalogAuthor, known: Authority): Promise<boolean> {
  for await (const { body } of catalog.list('user')) {
    if (!body?.authority || !isActiveAdmin(body)) continue;
    if (isNewer(body.authority.certificate, known.certificate)) return true;
  }
  return false;
}

function isNewer(one: string, other: string): boolean {
  if (one === other) return false;
  const [oneMs, otherMs] = [madeAtMs(one), madeAtMs(other)];
  return oneMs === otherMs ? one > other : oneMs > otherMs;
}

/** The name tells people which of two they may remove from their phones. */
function nameAfter(name: string, nowMs: number): string {
  const day = new Date(nowMs).toISOString().slice(0, 10);
  return `${name.replace(/ \d{4}-\d\d-\d\d$/, '').slice(0, 53)} ${day}`;
}

/**
 * Every admin gets the key of the authority, sealed; null for whoever has it and is no admin any more. What those have is
 * left to them until the key is replaced: it is what tells that it must be.
 */
async function planKeys(
  catalog: CatalogAuthor,
  root: Authority,
  isReplaced: boolean,
): Promise<Map<UserId, SealedRoot | null>> {
  const plan = new Map<UserId, SealedRoot | null>();
  for await (const { id, body } of catalog.list('user')) {
    if (!body) continue;
    const user = userId(id);
    const sealingKey = sealingKeyOf(catalog, user);
    if (!isActiveAdmin(body)) {
      if (body.authority !== undefined && isReplaced) plan.set(user, null);
    } else if (body.authority?.certificate !== root.certificate && sealingKey) {
      plan.set(user, await sealedRoot(root, sealingKey));
    }
  }
  return plan;
}

function keyDrafts(catalog: CatalogAuthor, plan: ReadonlyMap<UserId, SealedRoot | null>): Draft<'user'>[] {
  return [...plan].flatMap(([id, sealed]) => {
    const body = catalog.get('user', id)?.body;
    // Changed since: the change starts this upkeep again.
    if (!body || isActiveAdmin(body) !== (sealed !== null)) return [];
    const { authority: _, ...rest } = body;
    return { table: 'user', id, body: sealed ? { ...rest, authority: sealed } : rest };
  });
}

interface NewCertificate {
  tls: NonNullable<DeviceBody['tls']>;
  vouched: NonNullable<DeviceBody['vouched']>;
}

async function planCertificates(
  catalog: CatalogAuthor,
  root: Authority,
  nowMs: number,
): Promise<Map<string, NewCertificate>> {
  const plan = new Map<string, NewCertificate>();
  for await (const { id, body } of catalog.list('device')) {
    if (!body?.tls || body.state === 'removed') continue;
    const { tls } = body;
    const hostNames = vouchableNames(tls.hostNames);
    if (isVouchedFor(body, root, hostNames, nowMs)) continue;
    const certificate = certificateFor(root, tls, hostNames, nowMs);
    if (certificate !== undefined) plan.set(id, { tls, vouched: { certificate, hostNames } });
  }
  return plan;
}

function vouchDrafts(catalog: CatalogAuthor, plan: ReadonlyMap<string, NewCertificate>): Draft<'device'>[] {
  return [...plan].flatMap(([id, { tls, vouched }]) => {
    const body = catalog.get('device', id)?.body;
    if (!body?.tls || body.state === 'removed' || !isSameTls(body.tls, tls)) return [];
    return { table: 'device', id, body: { ...body, vouched } };
  });
}

function isSameTls(one: NewCertificate['tls'], other: NewCertificate['tls']): boolean {
  const isSameKey = equalBytes(one.publicKey, other.publicKey);
  return isSameKey && one.name === other.name && one.hostNames.join() === other.hostNames.join();
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
