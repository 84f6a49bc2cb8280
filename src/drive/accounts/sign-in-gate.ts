/** The checks of every sign-in: is there a network, may people sign in here. Slows guesses, notes refusals. */
import type { Audit } from '../../model/contracts/audit.ts';
import type { CatalogAuthor, CatalogReader } from '../../model/contracts/catalog.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { PasswordQueue } from '../users/password-queue.ts';
import type { PasswordTries } from '../users/password-tries.ts';
import { knownUsername, type OpenedAccount } from '../users/sign-in.ts';

export interface SignInGate {
  /** @throws `no-network` */
  requireCatalog(): CatalogAuthor;
  /**
   * On a device that only stores copies nobody signs in: what it writes for a user counts nowhere.
   * @throws `forbidden` on such a device
   */
  requireSignIns(): void;
  /**
   * Refuses an unknown user without counting a try while this device still fetches the records of its network.
   * @throws `not-ready`
   */
  requireArrived(catalog: CatalogReader, typed: string): Promise<void>;
  /** The costly check of a password: one at a time, and counted against `from`. */
  guarded(from: string, check: () => Promise<OpenedAccount>): Promise<OpenedAccount>;
  /**
   * Notes in the audit log that a check refused somebody. The typed name is noted only if a user has it,
   * because people type passwords into the wrong field.
   */
  noted(
    catalog: CatalogReader,
    who: { typed: string; from: string },
    check: () => Promise<OpenedAccount>,
  ): Promise<OpenedAccount>;
}

export interface SignInGateParts {
  /** undefined while this device has no network. */
  catalog(): CatalogAuthor | undefined;
  /** True if this device only stores copies: then nobody signs in on it. */
  storageOnly?(): boolean;
  /** True while this device still fetches the records of its network, users among them. */
  isFilling?(): boolean;
  tries: PasswordTries;
  passwordQueue: PasswordQueue;
  audit: Audit;
}

export function createSignInGate(parts: SignInGateParts): SignInGate {
  const { tries, passwordQueue, audit } = parts;
  return {
    requireCatalog() {
      const catalog = parts.catalog();
      if (catalog) return catalog;
      throw new PeerstorError('no-network', 'This device has no network yet: set it up, or join one.');
    },

    requireSignIns() {
      if (!parts.storageOnly?.()) return;
      throw new PeerstorError(
        'forbidden',
        "This device only keeps copies; open another device's page to sign in.",
      );
    },

    async requireArrived(catalog, typed) {
      if (!parts.isFilling?.() || (await knownUsername(catalog, typed)) !== undefined) return;
      throw new PeerstorError(
        'not-ready',
        'This device is still fetching what the others know; try again in a moment.',
        { details: { retryAfterS: 5 } },
      );
    },

    guarded(from, check) {
      const isWrong = (error: unknown) =>
        isPeerstorError(error, 'wrong-password') || isPeerstorError(error, 'wrong-code');
      return tries.run(from, () => passwordQueue.run(from, check), isWrong);
    },

    async noted(catalog, { typed, from }, check) {
      try {
        return await check();
      } catch (error) {
        const username = await knownUsername(catalog, typed);
        const whose = username === undefined ? ' with an unknown name' : '';
        const sentence = `A sign-in${whose} was refused: ${isPeerstorError(error) ? error.code : 'internal'}.`;
        const known = username !== undefined && { username };
        audit.note({ event: 'sign-in-refused', ...known, sentence, from });
        throw error;
      }
    },
  };
}
