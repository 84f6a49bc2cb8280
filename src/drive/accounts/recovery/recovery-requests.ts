/** Reads what the catalog says of requests to be helped back into an account. Whoever reads decides what counts. */
import { checkWords, hkdf, type SealingKey } from '../../../crypto/index.ts';
import type { RecoveryBody } from '../../../model/accounts/recovery-records.ts';
import type { CatalogAuthor, CatalogReader } from '../../../model/contracts/catalog.ts';
import { toHex, type UserId, userId } from '../../../model/ids.ts';
import type { CatalogRecord } from '../../../model/records.ts';
import type { UserKeys } from '../../keys/user-keys.ts';

export interface RecoveryRequest {
  /** 16 bytes in hex, made from the key. */
  id: string;
  user: UserId;
  /** X25519, public. */
  key: Uint8Array;
  checkWords: string;
  createdAt: number;
  /** Where somebody asked. */
  device: string;
  isStopped: boolean;
  /** Signer → what they gave, sealed to the key. Only trustees count. */
  answers: ReadonlyMap<string, Uint8Array>;
}

const idBytes = 16;
const dayMs = 24 * 3_600_000;
/** Then a request is over, whether it was answered or not. */
export const requestLastsMs = 30 * dayMs;

/** Nobody can make another request with the same id, because it follows from the key. */
export function requestIdOf(publicKey: Uint8Array): string {
  return toHex(hkdf(publicKey, 'recovery-request/1').subarray(0, idBytes));
}

/** Requests that are not over, oldest first. */
export async function openRequests(catalog: CatalogReader, nowMs: number): Promise<RecoveryRequest[]> {
  const records = new Map<string, CatalogRecord<RecoveryBody>[]>();
  for await (const record of catalog.list('recovery')) {
    const [id = ''] = record.id.split('.');
    records.set(id, [...(records.get(id) ?? []), record]);
  }
  const requests = [...records.values()].flatMap((ofOne) => requestOf(ofOne) ?? []);
  return requests
    .filter(({ createdAt }) => createdAt + requestLastsMs > nowMs)
    .sort((left, right) => left.createdAt - right.createdAt);
}

/** The request that somebody's words belong to; undefined if there is none (any more). */
export async function requestOfKey(
  catalog: CatalogReader,
  { publicKey }: SealingKey,
  nowMs: number,
): Promise<RecoveryRequest | undefined> {
  const id = requestIdOf(publicKey);
  return (await openRequests(catalog, nowMs)).find((request) => request.id === id);
}

/** Says for the user that nobody is to be let in by this request, or nobody any more. */
export async function stopRequest(
  catalog: CatalogAuthor,
  { id }: RecoveryRequest,
  { user, signing }: Pick<UserKeys, 'user' | 'signing'>,
): Promise<void> {
  const body = { user, says: 'stop' } as const;
  await catalog.author([{ table: 'recovery', id: `${id}.${user}`, body }], signing);
}

/** @param records all that have the id of one request */
function requestOf(records: readonly CatalogRecord<RecoveryBody>[]): RecoveryRequest | undefined {
  const asked = records.find((record) => isRequest(record));
  const { key, createdAt, user } = asked?.body ?? {};
  if (!asked || key === undefined || createdAt === undefined || user === undefined) return undefined;
  const said = records.filter(({ body }) => body?.user === user);
  const answers = new Map<string, Uint8Array>();
  for (const { principal, body } of said) {
    if (body?.says === 'share' && body.sealed) answers.set(principal, body.sealed);
  }
  const isStopped = said.some(
    ({ principal, body }) => body?.says === 'stop' && principal === (user as string),
  );
  const id = requestIdOf(key);
  const words = checkWords(key);
  return {
    id,
    user: userId(user),
    key,
    checkWords: words,
    createdAt,
    device: asked.device,
    isStopped,
    answers,
  };
}

function isRequest({ id, principal, device, body }: CatalogRecord<RecoveryBody>): boolean {
  if (body?.says !== 'request' || body.key === undefined || body.createdAt === undefined) return false;
  return (principal as string) === device && id === `${requestIdOf(body.key)}.${device}`;
}
