/** Reads the catalog journals of volumes with the recovery words of one user. */
import { join } from 'node:path';
import { sealingSecretByWords } from '../drive/index.ts';
import { isPeerstorError, PeerstorError, sentenceOf } from '../model/errors.ts';
import type { DeviceId, NetworkId } from '../model/ids.ts';
import { type DiskFiles, segmentsPath } from '../store/index.ts';
import { journalEnding } from './journal-file.ts';
import { type JournalPage, type Keyring, openJournalKey, openPage } from './journal-format.ts';
import { framesOf } from './journal-frames.ts';

/** A journal that the words open. */
export interface ReadableJournal {
  path: string;
  network: NetworkId;
  device: DeviceId;
  genesis: Uint8Array;
  /** Wall clock of its last page, Unix ms. */
  atMs: number;
  pages(): AsyncIterable<JournalPage>;
}

export interface JournalSearch {
  journals: ReadableJournal[];
  /** How many journals there are, those of others included. */
  found: number;
  /** One sentence for each journal that is damaged. */
  problems: string[];
}

/**
 * @param volumes folders of volumes
 * @throws `bad-input` for words that are no recovery code, and where the journals belong to several networks
 */
export async function findJournals(
  volumes: readonly string[],
  words: string,
  files: DiskFiles,
): Promise<JournalSearch> {
  const search: JournalSearch = { journals: [], found: 0, problems: [] };
  for (const volume of volumes) {
    const folder = segmentsPath(volume);
    for (const name of (await files.list(folder)).sort()) {
      if (!name.endsWith(journalEnding)) continue;
      search.found += 1;
      const path = join(folder, name);
      try {
        const journal = await openJournal(path, words, files, search.problems);
        if (journal) search.journals.push(journal);
      } catch (error) {
        if (isPeerstorError(error, 'bad-input')) throw error;
        search.problems.push(`${path} cannot be read: ${sentenceOf(error)}`);
      }
    }
  }
  const networks = new Set(search.journals.map(({ network }) => network));
  if (networks.size > 1) {
    throw new PeerstorError('bad-input', 'These volumes belong to different networks: rescue them apart.');
  }
  return search;
}

/** @returns undefined when the words are of nobody in its keyring */
async function openJournal(
  path: string,
  words: string,
  files: DiskFiles,
  problems: string[],
): Promise<ReadableJournal | undefined> {
  const keyring = await keyringOf(path, files);
  if (!keyring) {
    problems.push(`${path} has no keyring: it is damaged.`);
    return undefined;
  }
  const key = await keyByWords(keyring, words);
  if (!key) return undefined;
  let genesis: Uint8Array | undefined;
  let atMs = 0;
  let damaged = 0;
  for await (const page of pagesOf(path, key, files, () => {
    damaged += 1;
  })) {
    genesis ??= page.genesis;
    atMs = Math.max(atMs, page.atMs);
  }
  if (damaged > 0) problems.push(`${path}: ${damaged} of its pages are damaged and were left out.`);
  if (!genesis) {
    problems.push(`${path} does not say of which network it is: none of its pages can be read.`);
    return undefined;
  }
  const pages = () => pagesOf(path, key, files, () => undefined);
  return { path, network: keyring.network, device: keyring.device, genesis, atMs, pages };
}

async function keyringOf(path: string, files: DiskFiles): Promise<Keyring | undefined> {
  const file = await files.open(path, 'read');
  try {
    for await (const { frame } of framesOf(file)) if (frame?.kind === 'keyring') return frame.keyring;
    return undefined;
  } finally {
    await file.close();
  }
}

async function keyByWords(keyring: Keyring, words: string): Promise<Uint8Array | undefined> {
  for (const { byRecovery, key } of keyring.users) {
    try {
      return await openJournalKey(key, sealingSecretByWords(byRecovery, words));
    } catch (error) {
      if (!isPeerstorError(error, 'forbidden')) throw error;
    }
  }
  return undefined;
}

async function* pagesOf(
  path: string,
  key: Uint8Array,
  files: DiskFiles,
  onDamaged: () => void,
): AsyncGenerator<JournalPage, void, void> {
  const file = await files.open(path, 'read');
  try {
    for await (const { frame } of framesOf(file)) {
      if (frame?.kind === 'keyring') continue;
      const page = frame && openedPage(key, frame.sealed);
      if (page) yield page;
      else onDamaged();
    }
  } finally {
    await file.close();
  }
}

function openedPage(key: Uint8Array, sealed: Uint8Array): JournalPage | undefined {
  try {
    return openPage(key, sealed);
  } catch {
    return undefined;
  }
}
