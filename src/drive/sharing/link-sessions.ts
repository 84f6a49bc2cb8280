/**
 * Sessions of callers with a secret instead of an account: guests with a share link, programs with a token.
 * Their drives stay open for a while, because each request brings the secret again.
 */
import { LRUCache } from 'lru-cache';
import { sha256 } from '../../crypto/index.ts';
import type { RightsView } from '../../model/api.ts';
import type { Audit } from '../../model/contracts/audit.ts';
import type { CatalogChange } from '../../model/contracts/catalog.ts';
import type { Guest, Session } from '../../model/contracts/drive.ts';
import type { UseReservations } from '../../model/contracts/use-reservations.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type GrantId, toHex } from '../../model/ids.ts';
import { linkTriesUnslowed } from '../../model/limits.ts';
import type { GrantBody } from '../../model/records.ts';
import { createPhotos } from '../photos/photos.ts';
import type { NetworkDrives } from '../tree/network-drives.ts';
import { createMultipartUploads } from '../uploads/multipart.ts';
import { createResumableUploads } from '../uploads/resumable.ts';
import type { UploadTable } from '../uploads/upload-table.ts';
import { isHashable } from '../users/account-rules.ts';
import type { PasswordQueue } from '../users/password-queue.ts';
import type { PasswordTries } from '../users/password-tries.ts';
import { createSessionSignals } from '../users/session-signals.ts';
import { opens } from './access/grant-drafts.ts';
import type { TreeParts } from './access/open-trees.ts';
import { type GrantedDrive, openGrantedDrive } from './granted-drive.ts';
import { accessKeyOf, tokenInAccessKey } from './grants/access-keys.ts';
import { type GrantSecret, readSecret, type SecretKind } from './grants/grant-secrets.ts';
import { type Grant, type GrantState, stateOfGrant } from './grants/grants.ts';
import { countUse, usesOf } from './grants/link-uses.ts';

/** Each keeps a part of somebody's drive open. */
const openedKept = 200;
/** The latest time that a date can say. */
const neverMs = 8.64e15;

export interface LinkSessionsParts extends TreeParts {
  uploads: UploadTable;
  audit: Audit;
  tries: PasswordTries;
  passwordQueue: PasswordQueue;
  reservations(): UseReservations;
}

export interface LinkSessions {
  /** undefined for a token that is unknown, revoked or over. */
  token(drives: NetworkDrives, secret: string): Promise<Session | undefined>;
  /** The same by its access key, by itself, or, where it was used here since the start, by its id. */
  byAccessKey(drives: NetworkDrives, id: string): Promise<Session | undefined>;
  /** @throws `not-found`, `gone`, `link-password`, `too-many-tries` */
  link(drives: NetworkDrives, secret: string, password: string | undefined, from: string): Promise<Guest>;
  /** Ends the sessions of tokens that these changes revoked. */
  apply(changes: readonly CatalogChange[]): void;
  stop(): void;
}

interface Opened<Access> {
  drives: NetworkDrives;
  granted: GrantedDrive;
  access: Access;
}

export function createLinkSessions(parts: LinkSessionsParts): LinkSessions {
  const { clock } = parts;
  const kept = { max: openedKept, dispose: ({ granted }: Opened<unknown>) => granted.stop() };
  const guests = new LRUCache<string, Opened<Guest>>(kept);
  const sessions = new LRUCache<string, Opened<Session>>(kept);
  const signals = createSessionSignals(clock);

  async function token(drives: NetworkDrives, text: string): Promise<Session | undefined> {
    const secret = readSecret('token', text);
    if (!secret) return undefined;
    const { id } = secret;
    const grant = drives.grants.get(id);
    const isOver = () => isTokenOver(drives, id, clock.wallMs());
    if (grant?.body.kind !== 'token' || isOver()) {
      sessions.delete(id);
      signals.end(id);
      return undefined;
    }
    const known = sessions.get(id);
    if (known?.drives === drives) return known.access;
    const granted = open(parts, { drives, grant, secret }, await secret.key(), tokenOver);
    const uploads = uploadsOf(parts.uploads, granted, secret);
    const multipart = createMultipartUploads({
      ...granted,
      table: parts.uploads,
      dedupeSecret: secret.dedupeSecret,
    });
    const own = { secret: text, signal: signals.of(id, isOver), uploads, multipart };
    const access = sessionOf(drives, grant, granted, own);
    sessions.set(id, { drives, granted, access });
    return access;
  }

  return {
    token,
    byAccessKey: (drives, id) =>
      token(drives, sessions.get(id)?.access.secret ?? tokenInAccessKey(drives.catalog, id) ?? id),

    async link(drives, text, password, from) {
      const secret = readSecret('link', text);
      try {
        const grant = await requireLink(drives, secret?.id, clock.wallMs());
        if (!secret) throw linkOver('revoked');
        const name = nameOfOpened('link', text, grant.body.kdf ? password : undefined, grant.body);
        const known = guests.get(name);
        if (known?.drives === drives) return known.access;
        const given = { drives, grant, secret };
        const granted = open(parts, given, await linkKey(parts, given, password, from), linkOver);
        const access = guestOf(parts, given, granted);
        guests.set(name, { drives, granted, access });
        return access;
      } catch (error) {
        if (isPeerstorError(error) && password !== undefined) {
          const sentence = `A share link was refused: ${error.code}.`;
          parts.audit.note({ event: 'link-refused', sentence, from });
        }
        throw error;
      }
    },

    apply(changes) {
      if (changes.some(({ record }) => record.table === 'grant' || record.table === 'user')) signals.check();
    },

    stop() {
      guests.clear();
      sessions.clear();
      signals.stop();
    },
  };
}

/** A grant and the secret that opens it. */
interface Given {
  drives: NetworkDrives;
  grant: Grant;
  secret: GrantSecret;
}

/** @param over makes the error of a request that comes after the grant's end */
function open(
  parts: LinkSessionsParts,
  { drives, grant, secret }: Given,
  secretKey: Uint8Array,
  over: (state: GrantState) => PeerstorError,
): GrantedDrive {
  const holder = { opener: { secretKey }, signer: secret.signing, dedupeSecret: secret.dedupeSecret };
  return openGrantedDrive(parts, drives, grant, holder, () => {
    const now = drives.grants.get(grant.id) ?? grant;
    const state = ownerIsOut(drives, now.body) ? 'revoked' : stateOfGrant(now, parts.clock.wallMs());
    if (state === 'live') return now;
    throw over(state);
  });
}

/** The key that opens a link. @throws `link-password` for a wrong password or none */
async function linkKey(
  { passwordQueue, tries }: LinkSessionsParts,
  { grant, secret }: Given,
  password: string | undefined,
  from: string,
): Promise<Uint8Array> {
  const { kdf } = grant.body;
  if (!kdf) return secret.key();
  if (password === undefined || password === '') throw wrongPassword('This link needs a password.');
  if (!isHashable(password)) throw wrongPassword();
  const check = () =>
    passwordQueue.run(from, async () => {
      const secretKey = await secret.key({ text: password, kdf });
      if (opens(grant, { secretKey })) return secretKey;
      throw wrongPassword();
    });
  const isWrong = (error: unknown) => isPeerstorError(error, 'link-password');
  // By address first; and of links apart from sign-in, which guesses at a link must not block.
  const atLink = () => tries.slowed(`link ${grant.id}`, check, isWrong, linkTriesUnslowed);
  return tries.run(`link from ${from}`, atLink, isWrong);
}

function guestOf(parts: LinkSessionsParts, { drives, grant, secret }: Given, granted: GrantedDrive): Guest {
  const { catalog, grants } = drives;
  const now = () => grants.get(grant.id) ?? grant;
  return {
    id: grant.id,
    get rights() {
      return now().body.rights;
    },
    drive: granted.drive,
    uploads: uploadsOf(parts.uploads, granted, secret),
    async view() {
      const { owner, rights, expiresAt, maxUses } = now().body;
      const entry = await granted.drive.root();
      return {
        entry: rights === 'upload' ? null : entry,
        name: entry.name,
        owner: catalog.get('user', owner)?.body?.username ?? '',
        rights,
        expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
        counted: maxUses !== null,
      };
    },
    countUse: () =>
      countUse(now(), {
        catalog,
        locks: granted.tree.locks,
        reservations: parts.reservations(),
        signer: secret.signing,
        nowMs: parts.clock.wallMs(),
      }),
  };
}

function isTokenOver(drives: NetworkDrives, id: GrantId, nowMs: number): boolean {
  const grant = drives.grants.get(id);
  const isLive = grant !== undefined && stateOfGrant(grant, nowMs) === 'live';
  return !isLive || ownerIsOut(drives, grant.body);
}

/** @throws `not-found`, `gone` */
async function requireLink(drives: NetworkDrives, id: GrantId | undefined, nowMs: number): Promise<Grant> {
  const grant = id && drives.grants.get(id);
  if (grant?.body.kind !== 'link') {
    throw new PeerstorError('not-found', 'There is no such link. Check that the address is complete.');
  }
  const uses = grant.body.maxUses === null ? 0 : await usesOf(drives.catalog, grant.id);
  const state = ownerIsOut(drives, grant.body) ? 'revoked' : stateOfGrant(grant, nowMs, uses);
  if (state !== 'live') throw linkOver(state);
  return grant;
}

/** Uploads of everybody who has the secret. */
function uploadsOf(table: UploadTable, { drive, tree }: GrantedDrive, { dedupeSecret }: GrantSecret) {
  return createResumableUploads({ table, dedupeSecret, drive, tree });
}

/** A hash, so that the secret itself is not kept. Another password or other rights make another name. */
function nameOfOpened(kind: SecretKind, secret: string, password = '', { kdf, rights }: GrantBody): string {
  const salt = kdf ? toHex(kdf.salt) : '';
  return toHex(sha256(new TextEncoder().encode(JSON.stringify([kind, secret, password, salt, rights]))));
}

function ownerIsOut({ catalog }: NetworkDrives, { owner }: GrantBody): boolean {
  return catalog.get('user', owner)?.body?.disabled !== false;
}

function sessionOf(
  drives: NetworkDrives,
  { id, body }: Grant,
  { drive, tree }: GrantedDrive,
  given: Pick<Session, 'secret' | 'signal' | 'uploads' | 'multipart'>,
): Session {
  const refuse = () => new PeerstorError('forbidden', 'An access token may not do that: sign in.');
  const { catalog, grants } = drives;
  const rightsNow = () => grants.get(id)?.body.rights ?? body.rights;
  const photos = createPhotos(tree);
  return {
    ...given,
    get accessKeyId() {
      return accessKeyOf(catalog, given.secret);
    },
    addressKeys: null,
    // Tokens have a list of their own.
    noteUse: () => undefined,
    expiresAtMs: body.expiresAt ?? neverMs,
    get user() {
      const { username = '', role = 'member' } = catalog.get('user', body.owner)?.body ?? {};
      return { id: body.owner, username, role };
    },
    drive,
    get rights(): RightsView {
      return rightsNow();
    },
    get sharing(): never {
      throw refuse();
    },
    get photos() {
      // Who may only upload sees nothing.
      if (rightsNow() === 'upload') throw refuse();
      return photos;
    },
    adminSigner() {
      throw refuse();
    },
  };
}

function tokenOver(state: GrantState): PeerstorError {
  const what = state === 'expired' ? 'is over' : 'was taken back';
  return new PeerstorError('not-signed-in', `This access token ${what}.`);
}

function linkOver(state: GrantState): PeerstorError {
  const what = {
    live: 'does not work',
    expired: 'is over',
    revoked: 'was taken back',
    'used-up': 'was used as often as it may be',
  }[state];
  return new PeerstorError('gone', `This link ${what}. Ask whoever gave it to you for a new one.`, {
    details: { state },
  });
}

function wrongPassword(sentence = 'This is not the password of this link.'): PeerstorError {
  return new PeerstorError('link-password', sentence);
}
