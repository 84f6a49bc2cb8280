/** A second factor in addition to the password: every device asks for a code of an authenticator app at each sign-in. */
import { LRUCache } from 'lru-cache';
import { base32, matchingTotpStep, newTotpSecret, totpAddress } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { Audit } from '../../model/contracts/audit.ts';
import type { CatalogAuthor, CatalogReader } from '../../model/contracts/catalog.ts';
import type { Session } from '../../model/contracts/drive.ts';
import type { SecondFactor } from '../../model/contracts/own-account.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { UserId } from '../../model/ids.ts';
import { codeTriesPerHour } from '../../model/limits.ts';
import type { PasswordTries } from '../users/password-tries.ts';
import { openSecondFactor, sealSecondFactor } from '../users/second-factor.ts';
import { accountOf, type OpenedAccount, openAccountOf } from '../users/sign-in.ts';
import type { LiveSessions } from './live-sessions.ts';

export interface SecondFactorsParts {
  /** @throws `no-network` */
  requireCatalog(): CatalogAuthor;
  /** The costly check of a password, in its turn and counted against `from`. */
  guarded(from: string, check: () => Promise<OpenedAccount>): Promise<OpenedAccount>;
  sessions: LiveSessions;
  tries: PasswordTries;
  clock: Clock;
  audit: Audit;
}

export interface SecondFactors extends SecondFactor {
  /**
   * Checks the code, if the account has a second factor.
   * @throws `totp-required` without a code, `wrong-code`, `too-many-tries`
   */
  check(opened: OpenedAccount, code: string | undefined): Promise<void>;
}

const issuer = 'peerstor';
/** Time from showing a new secret to its first code. */
const setupMs = 15 * 60_000;
const setupsMax = 1000;

export function createSecondFactors(parts: SecondFactorsParts): SecondFactors {
  const { requireCatalog, sessions, tries, clock, audit } = parts;
  /** Secrets that were shown but not confirmed yet. */
  const begun = new LRUCache<UserId, { secret: Uint8Array; untilMs: number }>({ max: setupsMax });
  /** The time step of each user's last code: one device accepts a code only once. */
  const lastSteps = new LRUCache<UserId, number>({ max: setupsMax });

  function accept(user: UserId, secret: Uint8Array, code: string): Promise<void> {
    const verify = async () => {
      const step = matchingTotpStep(secret, code, clock.wallMs(), lastSteps.get(user));
      if (step === undefined) throw wrongCode();
      lastSteps.set(user, step);
    };
    return tries.run(
      `code ${user}`,
      verify,
      (error) => isPeerstorError(error, 'wrong-code'),
      codeTriesPerHour,
    );
  }

  /** The account of the signed-in user, after the password was checked once more. */
  function confirmed(catalog: CatalogReader, session: Session, password: string): Promise<OpenedAccount> {
    const { user } = sessions.keysOf(session);
    return parts.guarded(`user ${user}`, () => openAccountOf(accountOf(catalog, user), password));
  }

  return {
    async check({ account, keys }, code) {
      const { secondFactor } = account.bundle;
      if (secondFactor === undefined) return;
      const secret = openSecondFactor(keys, secondFactor);
      if (code === undefined || code.trim() === '') {
        throw new PeerstorError('totp-required', 'Type the code that your authenticator app shows, too.');
      }
      await accept(account.id, secret, code);
    },

    hasTotp(session) {
      const { user } = sessions.keysOf(session);
      return accountOf(requireCatalog(), user)?.bundle.secondFactor !== undefined;
    },

    async beginTotp(session, password) {
      const { account } = await confirmed(requireCatalog(), session, password);
      const secret = newTotpSecret();
      begun.set(account.id, { secret, untilMs: clock.monotonicMs() + setupMs });
      return { secret: base32(secret), address: totpAddress(secret, issuer, account.user.username) };
    },

    async confirmTotp(session, code) {
      const catalog = requireCatalog();
      const keys = sessions.keysOf(session);
      const setup = begun.get(keys.user);
      if (setup === undefined || setup.untilMs < clock.monotonicMs()) {
        throw new PeerstorError('gone', 'This took too long: begin again to get a new secret.');
      }
      await accept(keys.user, setup.secret, code);
      const account = accountOf(catalog, keys.user);
      if (account === undefined)
        throw new PeerstorError('not-signed-in', 'This account does not exist any more.');
      const body = { ...account.bundle, secondFactor: sealSecondFactor(keys, setup.secret) };
      await catalog.author([{ table: 'bundle', id: keys.user, body }], keys.signing);
      begun.delete(keys.user);
      const sentence = 'Signing in asks for a code of an authenticator app from now on.';
      audit.note({ event: 'second-factor', username: account.user.username, sentence });
    },

    async removeTotp(session, password) {
      const catalog = requireCatalog();
      const { account, keys } = await confirmed(catalog, session, password);
      const { secondFactor, ...body } = account.bundle;
      if (secondFactor === undefined) return;
      await catalog.author([{ table: 'bundle', id: keys.user, body }], keys.signing);
      const sentence = 'Signing in asks for no code any more.';
      audit.note({ event: 'second-factor', username: account.user.username, sentence });
    },
  };
}

function wrongCode(): PeerstorError {
  return new PeerstorError(
    'wrong-code',
    'This is not the code that your authenticator app shows now. A code is good once, for about a minute.',
  );
}
