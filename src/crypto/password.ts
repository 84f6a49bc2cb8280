/** Argon2id (RFC 9106): derives a key from a password. */
import { argon2 } from 'node:crypto';
import { PeerstorError } from '../model/errors.ts';
import {
  argon2MemoryKiBMax,
  argon2ParallelismMax,
  argon2PassesMax,
  argon2WorkKiBMax,
} from '../model/limits.ts';
import type { BundleBody } from '../model/records.ts';
import { type Bytes, plain, textBytes } from './bytes.ts';
import { randomBytes } from './random.ts';

export type PasswordKdf = BundleBody['kdf'];

/** About 160 ms on a desktop and within the memory of a small device. */
const defaultCost = { memoryKiB: 64 * 1024, passes: 3 };
const saltBytes = 16;
const saltBytesMax = 64;

/** Parameters with a fresh salt. Only tests ask for a lower cost. */
export function newPasswordKdf(cost: { memoryKiB: number; passes: number } = defaultCost): PasswordKdf {
  const { memoryKiB, passes } = cost;
  const kdf: PasswordKdf = {
    name: 'argon2id',
    memoryKiB,
    passes,
    parallelism: 1,
    salt: randomBytes(saltBytes),
  };
  checkKdf(kdf);
  return kdf;
}

/**
 * 32 bytes, on the thread pool (which bounds how many run at once).
 * @param password as typed; normalized to NFC, so that two keyboards give the same key
 * @throws `bad-record` for parameters out of bounds
 */
export async function passwordKey(password: string, kdf: PasswordKdf): Promise<Bytes> {
  checkKdf(kdf);
  const parameters = {
    message: textBytes(password.normalize('NFC')),
    nonce: kdf.salt,
    parallelism: kdf.parallelism,
    memory: kdf.memoryKiB,
    passes: kdf.passes,
    tagLength: 32,
  };
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, key) => (error ? reject(error) : resolve(plain(key))));
  });
}

/** Are these parameters within what a device may be made to spend? Asked where they are written and where they are read. */
export function isAffordable(kdf: unknown): boolean {
  if (typeof kdf !== 'object' || kdf === null) return false;
  const { name, memoryKiB, passes, parallelism, salt } = kdf as Partial<PasswordKdf>;
  const within = (value: unknown, min: number, max: number) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
  return (
    name === 'argon2id' &&
    within(parallelism, 1, argon2ParallelismMax) &&
    within(memoryKiB, 8 * Number(parallelism), argon2MemoryKiBMax) &&
    within(passes, 1, argon2PassesMax) &&
    Number(memoryKiB) * Number(passes) <= argon2WorkKiBMax &&
    salt instanceof Uint8Array &&
    within(salt.length, saltBytes, saltBytesMax)
  );
}

function checkKdf(kdf: PasswordKdf): void {
  if (isAffordable(kdf)) return;
  throw new PeerstorError(
    'bad-record',
    'The password parameters of this account are damaged or from a newer version: update peerstor.',
  );
}
