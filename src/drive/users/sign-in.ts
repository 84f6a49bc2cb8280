/** Finding accounts in the catalog, and opening their bundles. */
import { passwordKey, recoveryKey } from '../../crypto/index.ts';
import type { Catalog } from '../../model/contracts/catalog.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type UserId, userId } from '../../model/ids.ts';
import { passwordLengthMax } from '../../model/limits.ts';
import type { BundleBody, UserBody } from '../../model/records.ts';
import { openByPassword, openByRecovery, type UserKeys } from '../keys/user-keys.ts';
import { foldUsername } from './account-rules.ts';

export interface Account {
  id: UserId;
  user: UserBody;
  bundle: BundleBody;
}

export interface OpenedAccount {
  account: Account;
  keys: UserKeys;
}

/** undefined also while the account's records are still on their way to this device. */
export function accountOf(catalog: Catalog, id: UserId): Account | undefined {
  const user = catalog.get('user', id)?.body;
  const bundle = catalog.get('bundle', id)?.body;
  return user && bundle ? { id, user, bundle } : undefined;
}

/** The name of a user as it was chosen, however it is typed; undefined where nobody is called so. */
export async function knownUsername(catalog: Catalog, typed: string): Promise<string | undefined> {
  const [account] = await accountsNamed(catalog, typed);
  return account?.user.username;
}

/** @throws `wrong-password`, after the same work whether the name exists or not */
export async function openAccount(
  catalog: Catalog,
  username: string,
  password: string,
): Promise<OpenedAccount> {
  if (password.length > passwordLengthMax || !password.isWellFormed()) throw wrongPassword();
  const accounts = await accountsNamed(catalog, username);
  for (const account of accounts) {
    try {
      return await openAccountOf(account, password);
    } catch (error) {
      if (!isPeerstorError(error, 'wrong-password')) throw error;
    }
  }
  if (accounts.length === 0) await pretend(catalog, password);
  throw wrongPassword();
}

/** @throws `wrong-password` */
export async function openAccountOf(account: Account | undefined, password: string): Promise<OpenedAccount> {
  if (!account) throw wrongPassword();
  try {
    return { account, keys: await openByPassword(account.bundle, password) };
  } catch (error) {
    if (isPeerstorError(error, 'forbidden')) throw wrongPassword();
    throw error;
  }
}

/** @throws `wrong-password`; `bad-input` for words that are no recovery code */
export async function openRecovered(
  catalog: Catalog,
  username: string,
  words: string,
): Promise<OpenedAccount> {
  // Before any name is looked up: which sentence comes must not tell whether there is such a user.
  recoveryKey(words);
  for (const account of await accountsNamed(catalog, username)) {
    try {
      return { account, keys: openByRecovery(account.bundle, words) };
    } catch (error) {
      if (!isPeerstorError(error, 'forbidden')) throw error;
    }
  }
  throw new PeerstorError('wrong-password', 'This name and these 24 words do not belong together.');
}

/** @throws `forbidden`; only for who has proved who they are */
export function requireEnabled({ user }: Account): void {
  if (user.disabled) throw new PeerstorError('forbidden', 'This account was disabled by an admin.');
}

/** Usually one; two admins may have made two of the same name at once. */
async function accountsNamed(catalog: Catalog, username: string): Promise<Account[]> {
  const wanted = foldUsername(username);
  const accounts: Account[] = [];
  for await (const { id, body } of catalog.list('user')) {
    if (!body || foldUsername(body.username) !== wanted) continue;
    const account = accountOf(catalog, userId(id));
    if (account) accounts.push(account);
  }
  return accounts;
}

/** The work of opening a bundle, for a name that has none. */
async function pretend(catalog: Catalog, password: string): Promise<void> {
  for await (const { body } of catalog.list('bundle')) {
    if (!body) continue;
    await passwordKey(password, body.kdf);
    return;
  }
}

function wrongPassword(): PeerstorError {
  return new PeerstorError('wrong-password', 'This name and password do not belong together.');
}
