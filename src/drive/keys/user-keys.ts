/**
 * A user's secrets, and the bundle that keeps them in the catalog: sealed under a key from the
 * password, and under the recovery code. Who opens either has everything of this user and nothing
 * of anybody else.
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
import { PeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId, toHex, type UserId, userId } from '../../model/ids.ts';
import type { BundleBody } from '../../model/records.ts';

/** Argon2id cost; production takes crypto's own. */
export interface KdfCost {
  memoryKiB: number;
  passes: number;
}

export interface UserKeys {
  readonly user: UserId;
  readonly signing: SigningKey;
  /** X25519: what grants of others are sealed to. */
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
 * @returns the 24 words too; they are kept nowhere
 */
export async function newBundle(
  keys: UserKeys,
  password: string,
  options: { cost: KdfCost | undefined; rootSeed?: Uint8Array },
): Promise<{ bundle: BundleBody; recoveryCode: string }> {
  const recoveryCode = newRecoveryCode();
  const byWords = recoveryKey(recoveryCode);
  const bundle: BundleBody = {
    ...(await sealedByPassword(keys, password, options.cost)),
    byRecovery: seal(byWords, labels.byRecovery, encodeKeys(keys)),
    generation: firstGeneration,
    ...(options.rootSeed && { rootByRecovery: seal(byWords, labels.rootByRecovery, options.rootSeed) }),
  };
  return { bundle, recoveryCode };
}

/** The bundle under a new password. The recovery code stays; sessions of older generations end. */
export async function rekeyedBundle(
  bundle: BundleBody,
  keys: UserKeys,
  password: string,
  cost: KdfCost | undefined,
): Promise<BundleBody> {
  const generation = bundle.generation + 1;
  return { ...bundle, ...(await sealedByPassword(keys, password, cost)), generation };
}

/** @throws `forbidden` for a wrong password */
export async function openByPassword(bundle: BundleBody, password: string): Promise<UserKeys> {
  return decodeKeys(open(await passwordKey(password, bundle.kdf), labels.byPassword, bundle.byPassword));
}

/** @throws `bad-input` for words that are no recovery code, `forbidden` for another user's */
export function openByRecovery(bundle: BundleBody, words: string): UserKeys {
  return decodeKeys(open(recoveryKey(words), labels.byRecovery, bundle.byRecovery));
}

async function sealedByPassword(keys: UserKeys, password: string, cost: KdfCost | undefined) {
  const kdf = newPasswordKdf(cost);
  const byPassword = seal(await passwordKey(password, kdf), labels.byPassword, encodeKeys(keys));
  return { kdf, byPassword };
}

function secretOf(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== secretBytes) throw malformed();
  return value;
}

function malformed(): PeerstorError {
  return new PeerstorError('bad-record', 'The keys of this account are damaged.');
}
