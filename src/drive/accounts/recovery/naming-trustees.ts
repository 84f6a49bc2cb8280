/** Naming trustees, and trying the recovery words: what the owner of an account does before anything is lost. */

import type { AccountRecovery } from '../../../model/accounts/account-recovery.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Audit } from '../../../model/contracts/audit.ts';
import type { CatalogAuthor, CatalogReader } from '../../../model/contracts/catalog.ts';
import type { Session } from '../../../model/contracts/drive.ts';
import { PeerstorError } from '../../../model/errors.ts';
import type { BundleBody } from '../../../model/records.ts';
import { openByRecovery, type UserKeys } from '../../keys/user-keys.ts';
import {
  type Account,
  accountOf,
  type OpenedAccount,
  openAccountOf,
  requireEnabled,
} from '../../users/sign-in.ts';
import type { LiveSessions } from '../live-sessions.ts';
import type { SignInGate } from '../sign-in-gate.ts';
import { newTrustees } from './trustee-shares.ts';
import { chosenTrustees, trusteesView } from './trustees.ts';

export type NamingTrustees = Pick<
  AccountRecovery,
  'trustees' | 'setTrustees' | 'removeTrustees' | 'testRecoveryCode' | 'recoveryCodeTestedAt'
>;

export function createNamingTrustees(parts: {
  gate: SignInGate;
  sessions: LiveSessions;
  clock: Clock;
  audit: Audit;
}): NamingTrustees {
  const { gate, sessions, clock, audit } = parts;

  function ownAccount(catalog: CatalogReader, session: Session): Account {
    const account = accountOf(catalog, sessions.keysOf(session).user);
    if (account) return account;
    throw new PeerstorError('not-signed-in', 'This account does not exist any more.');
  }

  /** The account of the signed-in user, after the password opened its bundle once more. */
  function confirmed(catalog: CatalogReader, session: Session, password: string): Promise<OpenedAccount> {
    const { user } = sessions.keysOf(session);
    return gate.guarded(`user ${user}`, () => openAccountOf(accountOf(catalog, user), password));
  }

  const write = (catalog: CatalogAuthor, keys: UserKeys, body: BundleBody) =>
    catalog.author([{ table: 'bundle', id: keys.user, body }], keys.signing);

  return {
    trustees(session) {
      const catalog = gate.requireCatalog();
      return trusteesView(catalog, ownAccount(catalog, session).bundle.trustees);
    },

    async setTrustees(session, password, wish) {
      const catalog = gate.requireCatalog();
      const chosen = await chosenTrustees(catalog, sessions.keysOf(session).user, wish);
      const { account, keys, words } = await confirmed(catalog, session, password);
      if (words === undefined) {
        throw new PeerstorError('conflict', 'Your recovery words are not kept here: renew them first.');
      }
      const nowMs = clock.wallMs();
      const trustees = await newTrustees(keys, words, { ...chosen, nowMs });
      await write(catalog, keys, { ...account.bundle, trustees });
      const sentence = `${trustees.shares.length} were named who can help this account back, ${trustees.needed} together.`;
      audit.note({ event: 'trustees-changed', username: account.user.username, sentence });
      return trusteesView(catalog, trustees)!;
    },

    async removeTrustees(session, password) {
      const catalog = gate.requireCatalog();
      const { account, keys } = await confirmed(catalog, session, password);
      const { trustees, ...bundle } = account.bundle;
      if (!trustees) return;
      await write(catalog, keys, bundle);
      const sentence = 'Nobody can help this account back any more.';
      audit.note({ event: 'trustees-changed', username: account.user.username, sentence });
    },

    async testRecoveryCode(session, words) {
      const catalog = gate.requireCatalog();
      const keys = sessions.keysOf(session);
      const account = ownAccount(catalog, session);
      await gate.guarded(`user ${keys.user}`, async () => openedByWords(account, words));
      await write(catalog, keys, { ...ownAccount(catalog, session).bundle, wordsTestedAt: clock.wallMs() });
    },

    recoveryCodeTestedAt(session) {
      return ownAccount(gate.requireCatalog(), session).bundle.wordsTestedAt;
    },
  };
}

/** @throws `wrong-password` for the words of somebody else */
function openedByWords(account: Account, words: string): OpenedAccount {
  requireEnabled(account);
  try {
    return { account, ...openByRecovery(account.bundle, words) };
  } catch (error) {
    if (!(error instanceof PeerstorError) || error.code !== 'forbidden') throw error;
    throw new PeerstorError('wrong-password', 'These are not the recovery words of this account.');
  }
}
