/** Finds accounts in the catalog, and opens their bundles. */
import { newPasswordKdf, passwordKey, recoveryKey } from '../../crypto/index.ts';
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type UserId, userId } from '../../model/ids.ts';
import type { BundleBody, UserBody } from '../../model/records.ts';
import { type KdfCost, type OpenedBundle, openByPassword, openByRecovery } from '../keys/user-keys.ts';
import { isHashable } from './account-rules.ts';
import { usersNamed } from './named-users.ts';

export interface Account {
  id: UserId;
  user: UserBody;
  bundle: BundleBody;
}

export interface OpenedAccount extends OpenedBundle {
  account: Account;
}

/** undefined also while this device still lacks the account's records. */
export function accountOf(catalog: CatalogReader, id: UserId): Account | undefined {
  const user = catalog.get('user', id)?.body;
  const bundle = catalog.get('bundle', id)?.body;
  return user && bundle ? { id, user, bundle } : undefined;
}

/** The chosen spelling of a typed username; undefined if no user has this name. */
export async function knownUsername(catalog: CatalogReader, typed: string): Promise<string | undefined> {
  const [account] = await accountsNamed(catalog, typed);
  return account?.user.username;
}

/** @throws `wrong-password`, after the same work whether the name exists or not */
export async function openAccount(
  catalog: CatalogReader,
  username: string,
  password: string,
  cost?: KdfCost,
): Promise<OpenedAccount> {
  if (!isHashable(password)) throw wrongPassword();
  const accounts = await accountsNamed(catalog, username);
  for (const account of accounts) {
    try {
      return await openAccountOf(account, password);
    } catch (error) {
      if (!isPeerstorError(error, 'wrong-password')) throw error;
    }
  }
  // Always the standard cost, whatever other records ask for.
  if (accounts.length === 0) await passwordKey(password, newPasswordKdf(cost));
  throw wrongPassword();
}

/** @throws `wrong-password` */
export async function openAccountOf(account: Account | undefined, password: string): Promise<OpenedAccount> {
  if (!account) throw wrongPassword();
  try {
    return { account, ...(await openByPassword(account.bundle, password)) };
  } catch (error) {
    if (isPeerstorError(error, 'forbidden')) throw wrongPassword();
    throw error;
  }
}

/** @throws `wrong-password`; `bad-input` if the words are not a recovery code */
export async function openRecovered(
  catalog: CatalogReader,
  username: string,
  words: string,
): Promise<OpenedAccount> {
  // Checked before any lookup: the error must not tell whether such a user exists.
  recoveryKey(words);
  // The founder may type any name: another admin may have changed it.
  for (const account of [...(await accountsNamed(catalog, username)), ...(await founders(catalog))]) {
    try {
      return { account, ...openByRecovery(account.bundle, words) };
    } catch (error) {
      if (!isPeerstorError(error, 'forbidden')) throw error;
    }
  }
  throw new PeerstorError('wrong-password', 'Wrong user name or recovery words.');
}

/** Call it only for somebody who has proved who they are. @throws `forbidden` */
export function requireEnabled({ user }: Account): void {
  if (user.disabled) throw new PeerstorError('forbidden', 'This account was disabled by an admin.');
}

/** Users whose bundle claims to hold the network's root key. Usually one; only the right words open it. */
async function founders(catalog: CatalogReader): Promise<Account[]> {
  const accounts: Account[] = [];
  for await (const { id, body } of catalog.list('bundle')) {
    const account = body?.rootByRecovery ? accountOf(catalog, userId(id)) : undefined;
    if (account) accounts.push(account);
  }
  return accounts;
}

/**
 * Sessions of an account count only if they have this number. It grows with each change of the password, each
 * sign-out everywhere, and each time that an admin disables the account.
 */
export function sessionGeneration({ user, bundle }: Account): number {
  return bundle.generation + (user.signOuts ?? 0);
}

/** If several users have one name, each can sign in: the password tells which one it is. */
async function accountsNamed(catalog: CatalogReader, username: string): Promise<Account[]> {
  const users = await usersNamed(catalog, username);
  return users.flatMap(({ id }) => accountOf(catalog, id) ?? []);
}

function wrongPassword(): PeerstorError {
  return new PeerstorError('wrong-password', 'Wrong user name or password.');
}
