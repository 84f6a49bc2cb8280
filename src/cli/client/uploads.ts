/** Uploads that go on where they were, as the device keeps them (tus 1.0.0; docs/PROTOCOL.md, section 6b). */
import type { EntryView } from '../../model/api.ts';
import type { UploadView } from '../../model/contracts/uploads.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { Answer, Client } from './client.ts';

const base = '/api/v1/uploads';
const version = { 'tus-resumable': '1.0.0' };

/** What a file must have in common with an unfinished upload to go on with it. */
export interface UploadFacts {
  parentId: string;
  name: string;
  size: number;
  /** Undefined where it is not known: such a file is always begun anew. */
  modifiedAt: string | undefined;
  executable: boolean | undefined;
}

/** The id of the unfinished upload of this very file, if there is one. */
export async function unfinishedUpload(client: Client, facts: UploadFacts): Promise<string | undefined> {
  const { parentId, name, size, modifiedAt } = facts;
  if (modifiedAt === undefined) return undefined;
  const { items } = await client.json<{ items: UploadView[] }>(base);
  return items.find(
    (item) =>
      item.parentId === parentId &&
      item.name === name &&
      item.size === size &&
      item.modifiedAt === modifiedAt,
  )?.id;
}

/** @param query such as `?copies=safe`. @returns the id */
export async function beginUpload(client: Client, facts: UploadFacts, query: string): Promise<string> {
  const { parentId, name, size, modifiedAt, executable } = facts;
  const fields = {
    filename: name,
    parentId,
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(executable === undefined ? {} : { executable: String(executable) }),
  };
  const metadata = Object.entries(fields)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');
  const headers = { ...version, 'upload-length': String(size), 'upload-metadata': metadata };
  const answer = await client.send(`${base}${query}`, { method: 'POST', headers });
  answer.body.resume();
  return textOf(answer, 'location').split('/').at(-1) ?? '';
}

/** Where the next bytes begin. @throws `not-found` for one that is over */
export async function offsetOfUpload(client: Client, id: string, signal: AbortSignal): Promise<number> {
  // Answers to HEAD have no body, so none could say what is wrong.
  const headers = { ...version, 'x-http-method-override': 'HEAD' };
  const answer = await client.send(`${base}/${id}`, { method: 'POST', headers, signal });
  answer.body.resume();
  return Number(textOf(answer, 'upload-offset'));
}

/** Sends the rest of a file. @returns what it became, or undefined when bytes are still missing */
export async function sendRest(
  client: Client,
  id: string,
  rest: { offset: number; bytes: number; content: AsyncIterable<Uint8Array>; signal: AbortSignal },
): Promise<EntryView | undefined> {
  const { offset, bytes, content, signal } = rest;
  const type = { 'content-type': 'application/offset+octet-stream' };
  const answer = await client.send(`${base}/${id}`, {
    method: 'PATCH',
    headers: { ...version, ...type, 'upload-offset': String(offset) },
    body: content,
    bodyBytes: bytes,
    signal,
  });
  answer.body.resume();
  const entry = answer.headers['peerstor-entry'];
  return typeof entry === 'string' ? client.json<EntryView>(`/api/v1/entries/${entry}`) : undefined;
}

/** Gives an upload up. */
export async function endUpload(client: Client, id: string): Promise<void> {
  await client.done(`${base}/${id}`, { method: 'DELETE', headers: version });
}

function textOf({ headers }: Answer, name: string): string {
  const value = headers[name];
  if (typeof value === 'string') return value;
  throw new PeerstorError('peer-failed', 'The device answered without saying how far the upload is.');
}
