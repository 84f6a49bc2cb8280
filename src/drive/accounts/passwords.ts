/** Changes passwords, signs in by recovery words, shows these again, and signs out everywhere. */
import { signingKeyFromSeed } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { Audit } from '../../model/contracts/audit.ts';
import type { CatalogAuthor, CatalogReader } from '../../model/contracts/catalog.ts';
import type { EndingGrants, PasswordChanges, Session, Sharing } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { grantId } from '../../model/ids.ts';
import type { BundleBody } from '../../model/records.ts';
import {
  type KdfCost,
  type OpenedBundle,
  openRoot,
  rekeyedBundle,
  renewedRecovery,
  type UserKeys,
} from '../keys/user-keys.ts';
import type { NetworkDrives } from '../tree/network-drives.ts';
import { checkPassword } from '../users/account-rules.ts';
import type { PasswordQueue } from '../users/password-queue.ts';
import {
  accountOf,
  type OpenedAccount,
  openAccountOf,
  openRecovered,
  requireEnabled,
  sessionGeneration,
} from '../users/sign-in.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { OpenUsers } from './open-users.ts';
import { trusteesOfNewWords } from './recovery/trustee-shares.ts';
import type { SignInGate } from './sign-in-gate.ts';

export interface PasswordsParts {
  gate: SignInGate;
  drivesOf(catalog: CatalogAuthor): Promise<NetworkDrives>;
  sessions: LiveSessions;
  users: OpenUsers;
  passwordQueue: PasswordQueue;
  kdfCost: KdfCost | undefined;
  clock: Clock;
  audit: Audit;
}

export function createPasswords(parts: PasswordsParts): PasswordChanges {
  const { gate, drivesOf, sessions, users, passwordQueue, kdfCost, clock, audit } = parts;

  /** @returns the account of the signed-in user, after the password opened its bundle once more */
  function confirmed(catalog: CatalogReader, session: Session, password: string): Promise<OpenedAccount> {
    const { user } = sessions.keysOf(session);
    return gate.guarded(`user ${user}`, () => openAccountOf(accountOf(catalog, user), password));
  }

  /** Ends tokens, and links where asked. Call it before the sessions end, so that the user can retry after a failure. */
  async function endGrantsOf(
    catalog: CatalogAuthor,
    keys: UserKeys,
    ending: EndingGrants = {},
  ): Promise<void> {
    const { sharing } = users.open(keys, await drivesOf(catalog));
    try {
      await endGrants(sharing, ending);
    } finally {
      users.close(keys.user);
    }
  }

  /** Seals the bundle under a new password. All sessions of the old one end, here and on other devices. */
  async function rekey(
    catalog: CatalogAuthor,
    { account, keys, words }: OpenedAccount,
    password: string,
    ending: EndingGrants | undefined,
  ): Promise<Session> {
    const bundle = await passwordQueue.run(`user ${keys.user}`, () =>
      rekeyedBundle(account.bundle, { keys, words }, password, kdfCost),
    );
    await endGrantsOf(catalog, keys, ending);
    await catalog.author([{ table: 'bundle', id: keys.user, body: bundle }], keys.signing);
    await sessions.endAllOf(keys.user);
    const sentence = 'The password was changed; older sessions ended.';
    audit.note({ event: 'password-changed', username: account.user.username, sentence });
    return sessions.begin(await drivesOf(catalog), keys, sessionGeneration({ ...account, bundle }));
  }

  return {
    async changePassword(session, oldPassword, newPassword, ending) {
      checkPassword(newPassword);
      const catalog = gate.requireCatalog();
      return rekey(catalog, await confirmed(catalog, session, oldPassword), newPassword, ending);
    },

    async recover(username, words, newPassword, from, ending) {
      gate.requireSignIns();
      checkPassword(newPassword);
      const catalog = gate.requireCatalog();
      await gate.requireArrived(catalog, username);
      const opened = await gate.noted(catalog, { typed: username, from }, () =>
        gate.guarded(from, () => openRecovered(catalog, username, words)),
      );
      const now = await settled(catalog, opened, audit);
      requireEnabled(now.account);
      return rekey(catalog, withoutSecondFactor(now, audit), newPassword, ending);
    },

    async recoveryCode(session, password, { renew = false } = {}) {
      const catalog = gate.requireCatalog();
      const { account, keys, words } = await confirmed(catalog, session, password);
      const { username } = account.user;
      if (words !== undefined && !renew) {
        audit.note({ event: 'recovery-code', username, sentence: 'The recovery words were shown again.' });
        return words;
      }
      const renewed = await passwordQueue.run(`user ${keys.user}`, () =>
        withNewWords(account.bundle, { keys, words }, password, clock.wallMs()),
      );
      await catalog.author([{ table: 'bundle', id: keys.user, body: renewed.bundle }], keys.signing);
      audit.note({
        event: 'recovery-code',
        username,
        sentence: 'New recovery words were made; the old ones ended.',
      });
      return renewed.recoveryCode;
    },

    async endOtherSessions(session, ending) {
      const catalog = gate.requireCatalog();
      const keys = sessions.keysOf(session);
      const account = accountOf(catalog, keys.user);
      if (!account) throw new PeerstorError('not-signed-in', 'This account does not exist any more.');
      await endGrantsOf(catalog, keys, ending);
      const bundle = { ...account.bundle, generation: account.bundle.generation + 1 };
      await catalog.author([{ table: 'bundle', id: keys.user, body: bundle }], keys.signing);
      await sessions.endAllOf(keys.user);
      return sessions.begin(await drivesOf(catalog), keys, sessionGeneration({ ...account, bundle }));
    },
  };
}

/** New words are at hand when they are made, and trustees keep their shares. */
async function withNewWords(
  before: BundleBody,
  opened: OpenedBundle,
  password: string,
  nowMs: number,
): Promise<{ bundle: BundleBody; recoveryCode: string }> {
  const { bundle, recoveryCode } = await renewedRecovery(before, opened, password);
  const { trustees } = bundle;
  const renewed = trustees && { trustees: trusteesOfNewWords(opened.keys, trustees, recoveryCode) };
  return { recoveryCode, bundle: { ...bundle, wordsTestedAt: nowMs, ...renewed } };
}

/** Recovery words also replace a lost phone: they end the second factor. */
function withoutSecondFactor(opened: OpenedAccount, audit: Audit): OpenedAccount {
  const { secondFactor, ...bundle } = opened.account.bundle;
  if (secondFactor === undefined) return opened;
  const { username } = opened.account.user;
  audit.note({ event: 'second-factor', username, sentence: 'The recovery words ended the second factor.' });
  return { ...opened, account: { ...opened.account, bundle } };
}

async function endGrants(
  sharing: Sharing,
  { keepTokens = false, endLinks = false }: EndingGrants,
): Promise<void> {
  for (const { id } of await sharing.tokens()) {
    if (!isAmong(keepTokens, id)) await sharing.revokeToken(grantId(id));
  }
  if (endLinks === false) return;
  for (const { id, state } of await sharing.links()) {
    if (state !== 'revoked' && isAmong(endLinks, id)) await sharing.revokeLink(grantId(id));
  }
}

function isAmong(chosen: boolean | readonly string[], id: string): boolean {
  return typeof chosen === 'boolean' ? chosen : chosen.includes(id);
}

/**
 * The root key settles disputes: the founder's words make the account an enabled admin again, whatever
 * other admins wrote. They cannot change that afterwards (`authority-fold.ts`).
 */
async function settled(catalog: CatalogAuthor, opened: OpenedAccount, audit: Audit): Promise<OpenedAccount> {
  const { account, words } = opened;
  const { user, bundle, id } = account;
  const isLockedOut = user.disabled || user.role !== 'admin';
  if (!bundle.rootByRecovery || words === undefined || !isLockedOut) return opened;
  const root = signingKeyFromSeed(openRoot(bundle, words));
  const { username } = user;
  const body = { ...user, role: 'admin', disabled: false } as const;
  await catalog.author([{ table: 'user', id, body }], root);
  const sentence = 'The founder came in by the recovery words; the root key gave the account back.';
  audit.note({ event: 'user-changed', username, sentence });
  return { ...opened, account: { ...account, user: body } };
}
