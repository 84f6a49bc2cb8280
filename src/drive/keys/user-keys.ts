/**
 * A user's secrets, and the bundle that keeps them in the catalog: sealed under a key from the
 * password, and under the recovery code. Either of them opens everything of this user
 * and nothing of other users.
 */
import {
  decode,
  encode,
  isFields,
  newPasswordKdf,
  newRecoveryCode,
  newSealingKey,
  newSigningKey,
  open,
  passwordKey,
  recoveryKey,
  type SigningKey,
  seal,
  signingKeyFromSeed,
} from '../../crypto/index.ts';
import type { Random } from '../../model/clock.ts';
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId, toHex, type UserId, userId } from '../../model/ids.ts';
import type { BundleBody, Sealed } from '../../model/records.ts';

/** Argon2id cost; production takes crypto's own. */
export interface KdfCost {
  memoryKiB: number;
  passes: number;
}

export interface UserKeys {
  readonly user: UserId;
  readonly signing: SigningKey;
  /** X25519: opens grants that other users give to this one. */
  readonly sealingSecret: Uint8Array;
  readonly rootEntryKey: Uint8Array;
  /** Never leaves the user: chunk keys and the cutter's table are derived from it. */
  readonly dedupeSecret: Uint8Array;
  /** The root folder of the drive. */
  readonly root: EntryId;
}

const labels = {
  byPassword: 'bundle-password/1',
  byRecovery: 'bundle-recovery/1',
  rootByRecovery: 'root-recovery/1',
  wordsByPassword: 'bundle-words/1',
} as const;
const secretBytes = 32;
/** Of a user's first bundle. */
export const firstGeneration = 1;

/** @returns the keys of a user who does not exist yet, and the public half of their sealing key */
export function newUserKeys(random: Random): { keys: UserKeys; sealingKey: Uint8Array } {
  const signing = newSigningKey();
  const sealing = newSealingKey();
  const keys: UserKeys = {
    user: userId(signing.principal),
    signing,
    sealingSecret: sealing.secretKey,
    rootEntryKey: random.bytes(secretBytes),
    dedupeSecret: random.bytes(secretBytes),
    root: entryId(toHex(random.bytes(16))),
  };
  return { keys, sealingKey: sealing.publicKey };
}

/**
 * What is sealed to a user is sealed to the key that they signed themselves; an admin, who signs the user's
 * record, could name another one there.
 */
export function sealingKeyOf(catalog: Pick<CatalogReader, 'get'>, user: UserId): Uint8Array | undefined {
  const vouched = catalog.get('user', user)?.body?.sealingKey;
  return vouched && (catalog.get('bundle', user)?.body?.sealingKey ?? vouched);
}

/** Canonical bytes of the secrets: what is sealed, in bundles and in sessions. */
export function encodeKeys({
  signing,
  sealingSecret,
  rootEntryKey,
  dedupeSecret,
  root,
}: UserKeys): Uint8Array {
  return encode({ signingSeed: signing.seed, sealingSecret, rootEntryKey, dedupeSecret, root });
}

/** @throws `bad-record` when they have another shape */
export function decodeKeys(bytes: Uint8Array): UserKeys {
  const fields = decode(bytes);
  if (!isFields(fields) || typeof fields.root !== 'string') throw malformed();
  const signing = signingKeyFromSeed(secretOf(fields.signingSeed));
  return {
    user: userId(signing.principal),
    signing,
    sealingSecret: secretOf(fields.sealingSecret),
    rootEntryKey: secretOf(fields.rootEntryKey),
    dedupeSecret: secretOf(fields.dedupeSecret),
    root: entryId(fields.root),
  };
}

/**
 * A founder's or a new user's first bundle.
 * @param rootSeed the network's root key, for the founder: sealed under the recovery code alone
 * @returns the 24 words too; they are kept nowhere in the clear
 */
export async function newBundle(
  keys: UserKeys,
  password: string,
  options: { sealingKey: Uint8Array; cost: KdfCost | undefined; rootSeed?: Uint8Array },
): Promise<{ bundle: BundleBody; recoveryCode: string }> {
  const recoveryCode = newRecoveryCode();
  const byWords = recoveryKey(recoveryCode);
  const bundle: BundleBody = {
    ...(await sealedByPassword(keys, recoveryCode, password, options.cost)),
    byRecovery: seal(byWords, labels.byRecovery, encodeKeys(keys)),
    sealingKey: options.sealingKey,
    generation: firstGeneration,
    ...(options.rootSeed && { rootByRecovery: seal(byWords, labels.rootByRecovery, options.rootSeed) }),
  };
  return { bundle, recoveryCode };
}

/**
 * The bundle under a new password. The recovery code stays; sessions of older generations and all passkeys end, because
 * whoever had the password may have made some.
 * @param words undefined where they are not known: they can then not be shown again
 */
export async function rekeyedBundle(
  { wordsByPassword: _before, passkeys: _ended, ...bundle }: BundleBody,
  { keys, words }: OpenedBundle,
  password: string,
  cost: KdfCost | undefined,
): Promise<BundleBody> {
  const generation = bundle.generation + 1;
  return { ...bundle, ...(await sealedByPassword(keys, words, password, cost)), generation };
}

/**
 * The bundle under new recovery words; the old ones open nothing any more. The password and the sessions stay.
 * @throws `conflict` for a founder whose words are not known: the network's root key is under them
 */
export async function renewedRecovery(
  bundle: BundleBody,
  { keys, words }: OpenedBundle,
  password: string,
): Promise<{ bundle: BundleBody; recoveryCode: string }> {
  const rootSeed = bundle.rootByRecovery && words !== undefined ? openRoot(bundle, words) : undefined;
  if (bundle.rootByRecovery && !rootSeed) {
    throw new PeerstorError(
      'conflict',
      'The words of the founder are not kept here: sign in with them once.',
    );
  }
  const recoveryCode = newRecoveryCode();
  const byWords = recoveryKey(recoveryCode);
  const byPassword = await passwordKey(password, bundle.kdf);
  return {
    recoveryCode,
    bundle: {
      ...bundle,
      byRecovery: seal(byWords, labels.byRecovery, encodeKeys(keys)),
      wordsByPassword: seal(byPassword, labels.wordsByPassword, encode({ words: recoveryCode })),
      ...(rootSeed && { rootByRecovery: seal(byWords, labels.rootByRecovery, rootSeed) }),
    },
  };
}

/** What a password or the recovery words open. */
export interface OpenedBundle {
  keys: UserKeys;
  /** undefined where the bundle was written before words were kept. */
  words: string | undefined;
}

/** @throws `forbidden` for a wrong password */
export async function openByPassword(bundle: BundleBody, password: string): Promise<OpenedBundle> {
  const key = await passwordKey(password, bundle.kdf);
  const keys = decodeKeys(open(key, labels.byPassword, bundle.byPassword));
  if (!bundle.wordsByPassword) return { keys, words: undefined };
  const kept = decode(open(key, labels.wordsByPassword, bundle.wordsByPassword));
  return { keys, words: isFields(kept) && typeof kept.words === 'string' ? kept.words : undefined };
}

/** The network's root key, in the founder's bundle. @throws `forbidden` for other words, `not-found` in another's bundle */
export function openRoot(bundle: BundleBody, words: string): Uint8Array {
  if (!bundle.rootByRecovery) throw new PeerstorError('not-found', 'This account did not found the network.');
  return open(recoveryKey(words), labels.rootByRecovery, bundle.rootByRecovery);
}

/** @throws `bad-input` for words that are no recovery code, `forbidden` for another user's */
export function openByRecovery(bundle: BundleBody, words: string): OpenedBundle {
  return { keys: openSecretsByRecovery(bundle.byRecovery, words), words };
}

/** @param byRecovery of a bundle. @throws as `openByRecovery` */
export function openSecretsByRecovery(byRecovery: Sealed, words: string): UserKeys {
  return decodeKeys(open(recoveryKey(words), labels.byRecovery, byRecovery));
}

async function sealedByPassword(
  keys: UserKeys,
  words: string | undefined,
  password: string,
  cost: KdfCost | undefined,
): Promise<Pick<BundleBody, 'kdf' | 'byPassword' | 'wordsByPassword'>> {
  const kdf = newPasswordKdf(cost);
  const key = await passwordKey(password, kdf);
  const byPassword = seal(key, labels.byPassword, encodeKeys(keys));
  if (words === undefined) return { kdf, byPassword };
  return { kdf, byPassword, wordsByPassword: seal(key, labels.wordsByPassword, encode({ words })) };
}

function secretOf(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== secretBytes) throw malformed();
  return value;
}

function malformed(): PeerstorError {
  return new PeerstorError('bad-record', 'The keys of this account are damaged.');
}
