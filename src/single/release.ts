/**
 * What says which program is the newest: one signed file beside the programs of a release.
 *
 *     {"release": TEXT, "signature": BASE64}    Ed25519 over "peerstor release/1\n" and TEXT, by the key that is pinned in the program
 *     TEXT is JSON: {version, wire: {min, max}, programs: {SYSTEM: {file, bytes, sha256}}}
 */
import { type SigningKey, verify } from '../crypto/index.ts';
import { PeerstorError } from '../model/errors.ts';

export const releaseFile = 'peerstor-release.json';
/** Of a file with a program for each system. */
export const releaseBytesMax = 64 * 1024;
/** A program is a tenth of this. */
const programBytesMax = 2 ** 30;
const label = 'peerstor release/1\n';

export interface ReleasedProgram {
  /** Name beside the release file. */
  file: string;
  bytes: number;
  sha256: string;
}

export interface Release {
  version: string;
  /** Versions of the messages between devices that it speaks. */
  wire: { min: number; max: number };
  /** By `linux-x64` and the like. */
  programs: Record<string, ReleasedProgram>;
}

export function signRelease(release: Release, key: SigningKey): string {
  const text = JSON.stringify(release);
  const signature = key.sign(Buffer.from(label + text));
  return `${JSON.stringify({ release: text, signature: Buffer.from(signature).toString('base64') })}\n`;
}

/**
 * Believes nothing before the signature is right.
 * @param key hex of the public key
 * @throws `forbidden` for another signer, `bad-input` for what is no release
 */
export function readRelease(bytes: Uint8Array, key: string): Release {
  const outer = fieldsOf(Buffer.from(bytes).toString('utf8'));
  const { release: text, signature } = outer;
  if (typeof text !== 'string' || typeof signature !== 'string') throw noRelease();
  if (!verify(key, Buffer.from(label + text), Buffer.from(signature, 'base64'))) {
    throw new PeerstorError(
      'forbidden',
      'The release is not signed by the key of this program. Nothing was changed; do not install what lies there.',
    );
  }
  const { version, wire, programs } = fieldsOf(text);
  const { min, max } = Object(wire);
  const isWhole =
    typeof version === 'string' && isVersion(version) && isCount(min) && isCount(max) && min <= max;
  if (!isWhole || typeof programs !== 'object' || programs === null) throw noRelease();
  return { version, wire: { min, max }, programs: readPrograms(Object.entries(programs)) };
}

function readPrograms(entries: [string, unknown][]): Record<string, ReleasedProgram> {
  const programs: Record<string, ReleasedProgram> = {};
  for (const [system, value] of entries) {
    const { file, bytes, sha256 } = Object(value);
    const isWhole =
      typeof file === 'string' &&
      // A name, never a path.
      /^[A-Za-z0-9][\w.+-]{0,200}$/.test(file) &&
      isCount(bytes) &&
      bytes > 0 &&
      bytes <= programBytesMax &&
      typeof sha256 === 'string' &&
      /^[0-9a-f]{64}$/.test(sha256);
    if (!isWhole) throw noRelease();
    programs[system] = { file, bytes, sha256 };
  }
  return programs;
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // Told below.
  }
  throw noRelease();
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function noRelease(): PeerstorError {
  return new PeerstorError(
    'bad-input',
    `What lies there is no release of peerstor: ${releaseFile} cannot be read.`,
  );
}

function isVersion(text: string): boolean {
  return /^\d{1,6}\.\d{1,6}\.\d{1,6}$/.test(text);
}

/** True where `one` is newer than `other`; an unreleased program (`1.2.3-dev`) is older than its release. */
export function isNewer(one: string, other: string): boolean {
  const numbers = (text: string) => text.split('-')[0]?.split('.').map(Number) ?? [];
  const [first, second] = [numbers(one), numbers(other)];
  for (const at of [0, 1, 2]) {
    const difference = (first[at] ?? 0) - (second[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return !one.includes('-') && other.includes('-');
}
