/** From the address of a release to a new program in the place of this one. Each step leaves a program that starts. */
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { access, constants, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { PeerstorError } from '../model/errors.ts';
import { RunningHash } from './content-hash.ts';
import { addressIn, bytesAt } from './fetching.ts';
import {
  isNewer,
  type Release,
  type ReleasedProgram,
  readRelease,
  releaseBytesMax,
  releaseFile,
} from './release.ts';
import { newPath, swap } from './trial.ts';

/** Within this a program that was not started before unpacks itself and says its version, on a slow disk, too. */
const firstStartMs = 120_000;

/** The program that would be replaced. */
export interface Installed {
  /** Path of the executable. */
  program: string;
  version: string;
  /** Such as `linux-x64`. */
  system: string;
  /** Hex of the key that signs releases; empty where the build pinned none. */
  releaseKey: string;
  /** Versions of the messages between devices that it speaks. */
  wire: { min: number; max: number };
}

export interface Offer {
  release: Release;
  /** Undefined where this program is as new, or newer. */
  program: ReleasedProgram | undefined;
}

/**
 * Asks what is at `from`, a folder of this machine or an https address.
 * @throws `forbidden`, `bad-input`, `not-found`, `peer-unreachable`, `unsupported-format` where other devices would not understand it
 */
export async function checkRelease(from: string, installed: Installed, signal: AbortSignal): Promise<Offer> {
  const { releaseKey, version, system, wire } = installed;
  if (releaseKey === '') {
    throw new PeerstorError(
      'forbidden',
      'This program was built without a key of releases, so it believes none: replace it by hand.',
    );
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of bytesAt(addressIn(from, releaseFile), releaseBytesMax, signal))
    pieces.push(piece);
  const release = readRelease(Buffer.concat(pieces), releaseKey);
  // An old release that is offered again is signed, too: only what is newer counts.
  if (!isNewer(release.version, version)) return { release, program: undefined };
  const program = release.programs[system];
  if (!program)
    throw new PeerstorError('not-found', `Release ${release.version} has no program for ${system}.`);
  if (release.wire.min > wire.max || release.wire.max < wire.min) {
    throw new PeerstorError(
      'unsupported-format',
      `Release ${release.version} speaks no version of messages that ${version} speaks: the devices of this network would no longer understand each other. Update by a release between them first.`,
    );
  }
  return { release, program };
}

/**
 * Downloads what was offered, checks and tries it, and puts it in the place of the program, on trial.
 * @throws `checksum-mismatch`, `too-large`, `disk-full`, `forbidden`, as `checkRelease`; the program is the former one then
 */
export async function replaceProgram(
  from: string,
  { release: { version }, program: offered }: Offer,
  installed: Installed,
  signal: AbortSignal,
): Promise<void> {
  const { program } = installed;
  const fresh = newPath(program);
  if (!offered) return;
  await mustBeWritable(dirname(program));
  try {
    await download(addressIn(from, offered.file), fresh, offered, signal);
    await mustSay(fresh, version);
    // It ran meanwhile, and somebody else may update at the same time: what is put in place is looked at right before.
    await mustBe(fresh, offered);
    swap(program, { from: installed.version, to: version });
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

async function mustBeWritable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new PeerstorError(
      'forbidden',
      `${folder} cannot be written by this account. Run the update as the one that installed peerstor.`,
      { cause },
    );
  }
}

async function download(
  address: string,
  path: string,
  { bytes, sha256 }: ReleasedProgram,
  signal: AbortSignal,
): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o755);
  const hash = new RunningHash();
  try {
    for await (const piece of bytesAt(address, bytes, signal)) {
      hash.add(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  } catch (error) {
    throw fullOr(path, error);
  } finally {
    await file.close();
  }
  if ((await stat(path)).size !== bytes || hash.hex() !== sha256) throw notWhole(address);
}

async function mustBe(path: string, { sha256 }: ReleasedProgram): Promise<void> {
  const hash = new RunningHash();
  for await (const piece of createReadStream(path)) hash.add(piece);
  if (hash.hex() !== sha256) throw notWhole(path);
}

function notWhole(what: string): PeerstorError {
  return new PeerstorError(
    'checksum-mismatch',
    `${what} is not what the release says: cut off or changed. Nothing was changed; try again.`,
  );
}

/** A program that cannot even say its version here (another processor, an older system) never comes into the place of one that can. */
async function mustSay(path: string, version: string): Promise<void> {
  let said = '';
  try {
    const ran = await promisify(execFile)(path, ['version', '--json'], { timeout: firstStartMs });
    said = String(Object(JSON.parse(ran.stdout)).version);
  } catch (cause) {
    throw new PeerstorError(
      'bad-input',
      `The new program does not run on this machine: ${(cause as Error).message.split('\n')[0]}. Nothing was changed.`,
      { cause },
    );
  }
  if (said !== version)
    throw new PeerstorError(
      'bad-input',
      `The new program says that it is ${said}, not ${version}. Nothing was changed.`,
    );
}

function fullOr(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new PeerstorError(
    'disk-full',
    `${path} could not be written: the disk is full. Nothing was changed.`,
    {
      cause: error,
    },
  );
}
