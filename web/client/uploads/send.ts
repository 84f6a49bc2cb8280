/** Sends one file of the upload queue to the device that serves this page, or makes one folder. */
import type { EntryView, Page } from '../../../src/model/api.ts';
import { fileTimeHeader } from '../../../src/model/file-time.ts';
import type { PickedFile } from '../picked-files.ts';
import { ApiError, ask, problemFrom } from '../request.ts';
import { proofHeaders } from '../session-proof.ts';
import type { SavedFile, SendFile, UploadSource, UploadTarget } from './upload-queue.ts';

/** Where a queue sends to. */
export interface UploadAddresses {
  /** Address of a file. */
  file(target: UploadTarget): string;
  /** Makes the folders below another, those that are there already kept. */
  makeFolder(folderId: string, names: readonly string[]): Promise<void>;
}

const entries = '/api/v1/entries';
const namesPath = (names: readonly string[]) => names.map(encodeURIComponent).join('/');

/** The drive of who is signed in, what others shared with them included. */
export const driveAddresses: UploadAddresses = {
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
    file: (target) =>
      target.kind === 'below' && target.folderId !== 'root'
        ? `${linkPath}/api/entries/${target.folderId}/path/${namesPath(target.names)}`
        : `${linkPath}/api/path/${namesPath(target.names)}`,
    // A link takes files alone: an empty folder is nothing that a guest could bring.
    makeFolder: () => Promise.reject(new Error('Folders without files cannot be added through a link.')),
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

/** Equal where the drive says that two names are one: `foldName` in src/drive/listing/names.ts. */
const folded = (name: string) => name.normalize('NFC').toLowerCase().replaceAll('ς', 'σ').normalize('NFC');

async function folderNamed(parentId: string, name: string): Promise<EntryView | undefined> {
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ sort: 'name', limit: '1000', ...(cursor ? { cursor } : {}) });
    const page: Page<EntryView> = await ask('GET', `${entries}/${parentId}/children?${query}`);
    const found = page.items.find((entry) => folded(entry.name) === folded(name));
    if (found) return found.kind === 'folder' ? found : undefined;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return undefined;
}

/**
 * @param addresses where files are put
 *
 * fetch cannot report how much was sent; XMLHttpRequest can.
 */
export function sendTo(addresses: UploadAddresses): SendFile {
  return async ({ target, file }, options) => {
    if (file !== null) return sendFile(addresses.file(target), file, options);
    if (target.kind === 'below') await addresses.makeFolder(target.folderId, target.names);
    return { safety: null };
  };
}

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
