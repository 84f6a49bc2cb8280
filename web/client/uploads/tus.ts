/** Sends one file in requests that go on where the last one broke off (tus 1.0.0; docs/PROTOCOL.md, section 6b). */
import type { SafetyLevel, SafetyView } from '../../../src/model/api.ts';
import { isFileTime } from '../../../src/model/file-time.ts';
import { problemFrom } from '../request.ts';
import { proofHeaders } from '../session-proof.ts';
import type { UploadMemory } from './upload-memory.ts';
import type { SavedFile, SendFile } from './upload-queue.ts';

export interface TusPlace {
  /** Address at which uploads are begun. */
  base: string;
  parentId: string;
  /** A new version of this file, in place of folder and names. */
  fileId?: string;
  /** Of folders below it, which are made, and of the file. */
  names: readonly string[];
  onConflict: string | undefined;
}

export interface TusFile {
  place: TusPlace;
  file: File;
  fingerprint: string;
  memory: UploadMemory;
}

const version = { 'Tus-Resumable': '1.0.0' };

/** @throws ApiError, and an AbortError when the signal aborts; what came stays at the device */
export async function sendByTus(
  upload: TusFile,
  { onProgress, signal }: Parameters<SendFile>[1],
): Promise<SavedFile> {
  const { file, fingerprint, memory } = upload;
  const { address, offset } = await findOrBegin(upload, signal);
  onProgress(offset);
  const request = await exchange('PATCH', address, {
    headers: { 'Upload-Offset': `${offset}`, 'Content-Type': 'application/offset+octet-stream' },
    body: offset === 0 ? file : file.slice(offset),
    onProgress: (sentBytes) => onProgress(offset + sentBytes),
    signal,
  });
  memory.forget(fingerprint);
  const id = request.getResponseHeader('Peerstor-Entry');
  return { safety: safetyIn(request), ...(id === null ? {} : { id }) };
}

/** Gives an upload up: the page forgets it, and the device deletes the bytes that arrived. */
export function giveUpTus({ fingerprint, memory }: Pick<TusFile, 'fingerprint' | 'memory'>): void {
  const address = memory.get(fingerprint);
  if (address === undefined) return;
  memory.forget(fingerprint);
  // What cannot be told to the device ends there by itself, after days.
  exchange('DELETE', address, {}).catch(() => undefined);
}

async function findOrBegin(
  upload: TusFile,
  signal: AbortSignal,
): Promise<{ address: string; offset: number }> {
  const { fingerprint, memory } = upload;
  const known = memory.get(fingerprint);
  if (known !== undefined) {
    // Answers to HEAD have no body, so none could say what is wrong.
    const headers = { 'X-HTTP-Method-Override': 'HEAD' };
    try {
      const found = await exchange('POST', known, { headers, signal });
      return { address: known, offset: Number(found.getResponseHeader('Upload-Offset')) };
    } catch (error) {
      const { status } = Object(error) as { status?: number };
      if (status !== 404 && status !== 410) throw error;
    }
  }
  const address = await begin(upload, signal);
  memory.set(fingerprint, address);
  return { address, offset: 0 };
}

async function begin({ place, file }: TusFile, signal: AbortSignal): Promise<string> {
  const { base, parentId, fileId, names, onConflict } = place;
  const folders = names.slice(0, -1);
  const fields: Record<string, string> = {
    ...(fileId === undefined ? { filename: names.at(-1) ?? file.name, parentId } : { entryId: fileId }),
    filetype: file.type || 'application/octet-stream',
    ...(folders.length === 0 ? {} : { path: `${folders.join('/')}/` }),
    ...(isFileTime(file.lastModified) ? { modifiedAt: new Date(file.lastModified).toISOString() } : {}),
    ...(onConflict === undefined ? {} : { onConflict }),
  };
  const metadata = Object.entries(fields).map(([key, value]) => `${key} ${base64(value)}`);
  const headers = { 'Upload-Length': `${file.size}`, 'Upload-Metadata': metadata.join(',') };
  const begun = await exchange('POST', base, { headers, signal });
  return begun.getResponseHeader('Location') ?? '';
}

interface Ask {
  headers?: Record<string, string>;
  body?: Blob;
  onProgress?(sentBytes: number): void;
  signal?: AbortSignal;
}

/** fetch cannot report how much was sent; XMLHttpRequest can. */
function exchange(method: string, address: string, ask: Ask): Promise<XMLHttpRequest> {
  const { headers, body, onProgress, signal } = ask;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(cancelled());
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open(method, address);
    for (const [name, value] of Object.entries({ ...version, ...proofHeaders(), ...headers })) {
      request.setRequestHeader(name, value);
    }
    if (onProgress) request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      if (request.status < 300) resolve(request);
      else reject(problemFrom(request.status, request.responseText));
    };
    request.onerror = () => reject(problemFrom(0, ''));
    request.onabort = () => reject(cancelled());
    request.onloadend = () => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort, { once: true });
    request.send(body ?? null);
  });
}

const levels: readonly string[] = ['accepted', 'safe', 'full'] satisfies SafetyLevel[];

function safetyIn(request: XMLHttpRequest): SafetyView | null {
  const level = request.getResponseHeader('Peerstor-Safety') ?? '';
  const [copies, wanted] = (request.getResponseHeader('Peerstor-Copies') ?? '').split('/').map(Number);
  if (!levels.includes(level) || !copies || !wanted) return null;
  return { level: level as SafetyLevel, copies, wanted };
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function cancelled(): DOMException {
  return new DOMException('cancelled', 'AbortError');
}
