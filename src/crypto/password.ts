/** Argon2id (RFC 9106): what turns a password into a key. */
import { argon2 } from 'node:crypto';
import { PeerstorError } from '../model/errors.ts';
import type { BundleBody } from '../model/records.ts';
import { type Bytes, plain, textBytes } from './bytes.ts';
import { randomBytes } from './random.ts';

export type PasswordKdf = BundleBody['kdf'];

/** About 160 ms on a desktop and within the memory of a small device. */
const defaultCost = { memoryKiB: 64 * 1024, passes: 3 };
/** Parameters come from a record: a foreign one must not be able to eat the memory or the hour. */
const memoryKiBMax = 1024 * 1024;
const passesMax = 64;
const parallelismMax = 16;
const saltBytes = 16;
const saltBytesMax = 64;

/** Parameters with a fresh salt. Only tests ask for a lower cost. */
export function newPasswordKdf(cost: { memoryKiB: number; passes: number } = defaultCost): PasswordKdf {
  const { memoryKiB, passes } = cost;
  return { name: 'argon2id', memoryKiB, passes, parallelism: 1, salt: randomBytes(saltBytes) };
}

/**
 * 32 bytes, on the thread pool (which bounds how many run at once).
 * @param password as typed; normalised to NFC, so that two keyboards give the same key
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

function checkKdf({ name, memoryKiB, passes, parallelism, salt }: PasswordKdf): void {
  const within = (value: unknown, min: number, max: number) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
  const known =
    name === 'argon2id' &&
    within(parallelism, 1, parallelismMax) &&
    within(memoryKiB, 8 * parallelism, memoryKiBMax) &&
    within(passes, 1, passesMax) &&
    salt instanceof Uint8Array &&
    within(salt.length, saltBytes, saltBytesMax);
  if (!known) {
    throw new PeerstorError(
      'bad-record',
      'The password parameters of this account are damaged or from a newer version: update peerstor.',
    );
  }
}
