/** Sends one file of the upload queue to the device that serves this page, or makes one folder. */
import type { EntryView, Page } from '../../../src/model/api.ts';
import { fileTimeHeader } from '../../../src/model/file-time.ts';
import { foldName } from '../../../src/model/fold-name.ts';
import { t } from '../../words/words.ts';
import type { PickedFile } from '../picked-files.ts';
import { ApiError, ask, problemFrom } from '../request.ts';
import { proofHeaders } from '../session-proof.ts';
import { giveUpTus, sendByTus, type TusFile } from './tus.ts';
import { createUploadMemory, fingerprintOf, type UploadMemory } from './upload-memory.ts';
import type { SavedFile, SendFile, UploadSource, UploadTarget } from './upload-queue.ts';

/** Where a queue sends to. */
export interface UploadAddresses {
  /** Address of a file. */
  file(target: UploadTarget): string;
  /** Where files are begun that go on after a cut. */
  uploads: string;
  /** Makes the folders below another, those that are there already kept. */
  makeFolder(folderId: string, names: readonly string[]): Promise<void>;
}

const entries = '/api/v1/entries';
const namesPath = (names: readonly string[]) => names.map(encodeURIComponent).join('/');

/** The drive of who is signed in, what others shared with them included. */
export const driveAddresses: UploadAddresses = {
  uploads: '/api/v1/uploads',
  file: (target) =>
    target.kind === 'version'
      ? `${entries}/${target.fileId}/content`
      : `${entries}/${target.folderId}/path/${namesPath(target.names)}`,
  async makeFolder(folderId, names) {
    let parentId = folderId;
    for (const name of names) parentId = (await ensureFolder(parentId, name)).id;
  },
};

/** @param linkPath `/s/SECRET` */
export function guestAddresses(linkPath: string): UploadAddresses {
  return {
    uploads: `${linkPath}/api/uploads`,
    file: (target) =>
      target.kind === 'below' && target.folderId !== 'root'
        ? `${linkPath}/api/entries/${target.folderId}/path/${namesPath(target.names)}`
        : `${linkPath}/api/path/${namesPath(target.names)}`,
    // A link takes files alone: an empty folder is nothing that a guest could bring.
    makeFolder: () => Promise.reject(new Error(t('Folders without files cannot be added through a link.'))),
  };
}

async function ensureFolder(parentId: string, name: string): Promise<EntryView> {
  try {
    return await ask<EntryView>('POST', entries, { parentId, name, kind: 'folder' });
  } catch (error) {
    const isTaken = error instanceof ApiError && error.code === 'name-taken';
    const found = isTaken ? await folderNamed(parentId, name) : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

async function folderNamed(parentId: string, name: string): Promise<EntryView | undefined> {
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ sort: 'name', limit: '1000', ...(cursor ? { cursor } : {}) });
    const page: Page<EntryView> = await ask('GET', `${entries}/${parentId}/children?${query}`);
    const found = page.items.find((entry) => foldName(entry.name) === foldName(name));
    if (found) return found.kind === 'folder' ? found : undefined;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return undefined;
}

/** Smaller ones go in one request: sending them again costs no more than asking how far they came. */
export const resumedBytesMin = 1024 * 1024;

/** @param addresses where files are put */
export function sendTo(addresses: UploadAddresses, memory = createUploadMemory()): SendFile {
  const send: SendFile = async (source, options) => {
    const { target, file, onConflict } = source;
    const tus = tusFileOf(addresses, memory, source);
    if (tus) return sendByTus(tus, options);
    const query = onConflict === undefined ? '' : `?onConflict=${onConflict}`;
    if (file !== null) return sendFile(addresses.file(target) + query, file, options);
    if (target.kind === 'below') await addresses.makeFolder(target.folderId, target.names);
    return { safety: null };
  };
  const giveUp = (source: UploadSource) => {
    const tus = tusFileOf(addresses, memory, source);
    if (tus) giveUpTus(tus);
  };
  return Object.assign(send, { giveUp });
}

/** Undefined for what is sent in one request. */
function tusFileOf(
  { uploads: base }: UploadAddresses,
  memory: UploadMemory,
  { target, file, onConflict }: UploadSource,
): TusFile | undefined {
  if (file === null || file.size < resumedBytesMin) return undefined;
  if (target.kind === 'version') {
    const { fileId, names } = target;
    const fingerprint = fingerprintOf(`${base} ${fileId}`, names, file);
    return { place: { base, parentId: '', fileId, names, onConflict }, file, fingerprint, memory };
  }
  const { folderId: parentId, names } = target;
  const fingerprint = fingerprintOf(`${base} ${parentId} ${onConflict ?? ''}`, names, file);
  return { place: { base, parentId, names, onConflict }, file, fingerprint, memory };
}

/** fetch cannot report how much was sent; XMLHttpRequest can. */
function sendFile(address: string, file: File, options: Parameters<SendFile>[1]): Promise<SavedFile> {
  const { onProgress, signal } = options;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', address);
    const headers = { ...proofHeaders(), ...fileTimeHeader(file.lastModified) };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText) as SavedFile);
      else reject(problemFrom(request.status, request.responseText));
    };
    request.onerror = () => reject(problemFrom(0, ''));
    request.onabort = () => reject(new DOMException('cancelled', 'AbortError'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

/** What was picked or dropped into a folder, as the queue takes it. */
export function below(folderId: string, picked: readonly PickedFile[]): UploadSource[] {
  return picked.map(({ names, ...rest }) => ({ target: { kind: 'below', folderId, names }, ...rest }));
}

/** A file as the new version of another, whatever it is called. */
export function newVersion(entry: Pick<EntryView, 'id' | 'name'>, file: File): UploadSource {
  return { target: { kind: 'version', fileId: entry.id, names: [entry.name] }, file };
}
