/**
 * HOME/credentials.json (mode 0600): the session of the person who uses this home. The session of the local
 * device is never sent to another address: sessions at addresses of `--url` are kept one by one beside it.
 */
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '../../node/index.ts';

export interface Credentials {
  username: string;
  /** Secret of the session, both halves: `COOKIE.PROOF`. */
  secret: string;
}

interface CredentialsFile extends Partial<Credentials> {
  /** Origin of a device, such as `https://nas.lan:8080` → the session there. */
  elsewhere?: Record<string, Credentials>;
}

/** @param origin of `--url`, or undefined for the device of the home */
export async function readCredentials(
  home: string,
  origin: string | undefined,
): Promise<Credentials | undefined> {
  const { elsewhere, username, secret } = await readFileOf(home);
  if (origin !== undefined) return elsewhere?.[origin];
  return username === undefined || secret === undefined ? undefined : { username, secret };
}

/** Keeps a session, or forgets it. The home is made where there is none yet. */
export async function writeCredentials(
  home: string,
  origin: string | undefined,
  credentials: Credentials | undefined,
): Promise<void> {
  const { elsewhere = {}, ...own } = await readFileOf(home);
  if (origin !== undefined) {
    delete elsewhere[origin];
    if (credentials !== undefined) elsewhere[origin] = credentials;
  }
  const kept: CredentialsFile = {
    ...(origin === undefined ? credentials : own),
    ...(Object.keys(elsewhere).length > 0 ? { elsewhere } : {}),
  };
  const file = fileOf(home);
  if (Object.keys(kept).length === 0) return rm(file, { force: true });
  if ((await makeFolders(home)) !== undefined) await chmod(home, 0o700);
  await writeFile(file, `${JSON.stringify(kept)}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}

async function readFileOf(home: string): Promise<CredentialsFile> {
  try {
    return JSON.parse(await readFile(fileOf(home), 'utf8')) as CredentialsFile;
  } catch {
    // Nobody signed in here, or the file is no credentials: signing in makes it new.
    return {};
  }
}

function fileOf(home: string): string {
  return join(home, 'credentials.json');
}
