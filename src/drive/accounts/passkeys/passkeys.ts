/** Signing in by a passkey, and the list of one's passkeys. */
import type { Clock, Random } from '../../../model/clock.ts';
import type { Audit } from '../../../model/contracts/audit.ts';
import type { CatalogAuthor, CatalogReader } from '../../../model/contracts/catalog.ts';
import type { Session } from '../../../model/contracts/drive.ts';
import type { PasskeyAnswer, PasskeySite, Passkeys } from '../../../model/contracts/own-account.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { fromHex, userId } from '../../../model/ids.ts';
import type { PasskeyBody } from '../../../model/records.ts';
import type { UserKeys } from '../../keys/user-keys.ts';
import type { NetworkDrives } from '../../tree/network-drives.ts';
import {
  type Account,
  accountOf,
  type OpenedAccount,
  openAccountOf,
  requireEnabled,
  sessionGeneration,
} from '../../users/sign-in.ts';
import type { LiveSessions } from '../live-sessions.ts';
import type { SignInGate } from '../sign-in-gate.ts';
import { Challenges, requireName } from './challenges.ts';
import { newPasskeyBody, openByPasskey, passkeySalt, passkeyView, renamedPasskey } from './passkey-bundle.ts';
import { creationOptions, requestOptions, verifyCreation, verifyRequest } from './webauthn.ts';

export interface PasskeysParts {
  gate: SignInGate;
  drivesOf(catalog: CatalogAuthor): Promise<NetworkDrives>;
  sessions: LiveSessions;
  clock: Clock;
  random: Random;
  audit: Audit;
}

const secretBytes = 32;
/** They make the record of a bundle larger. */
const passkeysMax = 20;
const nameLengthMax = 60;

export function createPasskeys(parts: PasskeysParts): Passkeys {
  const challenges = new Challenges(parts.clock, parts.random);
  return { ...signingIn(parts, challenges), ...ownPasskeys(parts, challenges) };
}

function signingIn(
  { gate, drivesOf, sessions, audit }: PasskeysParts,
  challenges: Challenges,
): Pick<Passkeys, 'passkeyQuestion' | 'loginByPasskey'> {
  return {
    async passkeyQuestion(site) {
      gate.requireSignIns();
      const { networkId } = gate.requireCatalog();
      return { options: await requestOptions(site, challenges.create(site)), salt: passkeySalt(networkId) };
    },

    async loginByPasskey(site, answer, from) {
      gate.requireSignIns();
      const catalog = gate.requireCatalog();
      const challenge = challenges.take(site, answer);
      const { account, keys } = await gate.noted(catalog, { typed: '', from }, () =>
        gate.guarded(from, () => openAccount(catalog, site, answer, challenge)),
      );
      requireEnabled(account);
      const sentence = 'Somebody signed in by a passkey.';
      audit.note({ event: 'sign-in', username: account.user.username, sentence });
      return sessions.begin(await drivesOf(catalog), keys, sessionGeneration(account));
    },
  };
}

/** @throws `wrong-password` */
async function openAccount(
  catalog: CatalogReader,
  site: PasskeySite,
  { credential, secret }: PasskeyAnswer,
  challenge: string,
): Promise<OpenedAccount> {
  const found = await accountWith(catalog, idIn(credential));
  if (found?.passkey.host !== site.host) throw wrong();
  if (!(await verifyRequest(site, challenge, credential, found.passkey))) throw wrong();
  const keys = opened(found.passkey, secret);
  if (keys.user !== found.account.id) throw wrong();
  return { account: found.account, keys, words: undefined };
}

function ownPasskeys(
  { gate, sessions, clock, audit }: PasskeysParts,
  challenges: Challenges,
): Omit<Passkeys, 'passkeyQuestion' | 'loginByPasskey'> {
  /** The signed-in user's account, keys and passkeys. */
  function own(session: Session) {
    const catalog = gate.requireCatalog();
    const keys = sessions.keysOf(session);
    const account = accountOf(catalog, keys.user);
    if (account) return { catalog, account, keys, passkeys: account.bundle.passkeys ?? [] };
    throw new PeerstorError('not-signed-in', 'This account does not exist any more.');
  }

  async function write(session: Session, passkeys: readonly PasskeyBody[], sentence: string): Promise<void> {
    const { catalog, account, keys } = own(session);
    const body = { ...account.bundle, passkeys };
    await catalog.author([{ table: 'bundle', id: keys.user, body }], keys.signing);
    audit.note({ event: 'second-factor', username: account.user.username, sentence });
  }

  return {
    passkeys(session) {
      const { passkeys, keys } = own(session);
      return passkeys.map((body) => passkeyView(keys, body));
    },

    async newPasskeyQuestion(session, site, password) {
      requireName(site.host);
      const { catalog, account, keys, passkeys } = own(session);
      await gate.guarded(`user ${keys.user}`, () => openAccountOf(account, password));
      requireRoom(passkeys);
      const owner = {
        id: Uint8Array.from(fromHex(keys.user)),
        name: account.user.username,
        known: passkeys.map(({ id }) => id),
      };
      const options = await creationOptions(site, challenges.create(site, keys.user), owner);
      return { options, salt: passkeySalt(catalog.networkId) };
    },

    async addPasskey(session, site, name, answer) {
      const keys = sessions.keysOf(session);
      const made = await verifyCreation(site, challenges.take(site, answer, keys.user), answer.credential);
      if (answer.secret.length !== secretBytes) throw lacksSecret();
      const facts = { name: checkedName(name), createdAtMs: clock.wallMs() };
      const body = newPasskeyBody(keys, made, { host: site.host, secret: answer.secret, facts });
      const others = own(session).passkeys.filter(({ id }) => id !== made.id);
      requireRoom(others);
      await write(session, [...others, body], 'A passkey was added: it signs in without the password.');
      return passkeyView(keys, body);
    },

    async renamePasskey(session, id, name) {
      const { keys, passkeys } = own(session);
      const renamed = renamedPasskey(keys, named(passkeys, id), checkedName(name));
      const all = passkeys.map((one) => (one.id === id ? renamed : one));
      await write(session, all, 'A passkey was renamed.');
      return passkeyView(keys, renamed);
    },

    async removePasskey(session, id) {
      const { passkeys } = own(session);
      const gone = named(passkeys, id);
      const others = passkeys.filter((one) => one !== gone);
      await write(session, others, 'A passkey was removed: it signs in no more.');
    },
  };
}

/** @throws `not-found` */
function named(passkeys: readonly PasskeyBody[], id: string): PasskeyBody {
  const found = passkeys.find((one) => one.id === id);
  if (found) return found;
  throw new PeerstorError('not-found', 'There is no such passkey: it may have been removed.');
}

/** @throws `conflict` */
function requireRoom(passkeys: readonly PasskeyBody[]): void {
  if (passkeys.length < passkeysMax) return;
  throw new PeerstorError('conflict', `There can be ${passkeysMax} passkeys: remove one first.`);
}

async function accountWith(
  catalog: CatalogReader,
  id: string,
): Promise<{ account: Account; passkey: PasskeyBody } | undefined> {
  for await (const { id: user, body } of catalog.list('bundle')) {
    const passkey = body?.passkeys?.find((one) => one.id === id);
    const account = passkey && accountOf(catalog, userId(user));
    if (account) return { account, passkey };
  }
  return undefined;
}

/** @throws `wrong-password` */
function opened(passkey: PasskeyBody, secret: Uint8Array): UserKeys {
  try {
    return openByPasskey(passkey, secret);
  } catch (cause) {
    throw wrong(cause);
  }
}

function wrong(cause?: unknown): PeerstorError {
  const sentence =
    'This passkey opens no account here: it may have been removed, or a new password ended it. Use the password.';
  return new PeerstorError('wrong-password', sentence, { cause });
}

function lacksSecret(): PeerstorError {
  const sentence =
    'This passkey proves who you are, but gives no secret that could open your files (the PRF extension). Use another one, or an authenticator app beside the password.';
  return new PeerstorError('bad-input', sentence, { details: { field: 'passkey' } });
}

/** @throws `bad-input` */
function checkedName(name: string): string {
  const trimmed = name.trim();
  if (trimmed !== '' && trimmed.length <= nameLengthMax) return trimmed;
  const sentence = `The name of a passkey has 1 to ${nameLengthMax} characters.`;
  throw new PeerstorError('bad-input', sentence, { details: { field: 'name' } });
}

function idIn(credential: unknown): string {
  const id = typeof credential === 'object' && credential !== null && 'id' in credential ? credential.id : '';
  return typeof id === 'string' ? id : '';
}
