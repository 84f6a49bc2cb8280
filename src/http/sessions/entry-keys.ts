/** Gives each entry in a reply to a session the key that its addresses carry. */
import type { FastifyRequest } from 'fastify';
import type { EntryView } from '../../model/api.ts';
import type { AddressKeys } from '../../model/contracts/drive.ts';

/** A hook for `preSerialization`: whichever route sends entries, none leaves without its key. */
export async function addEntryKeys(
  { session }: FastifyRequest,
  _reply: unknown,
  payload: unknown,
): Promise<unknown> {
  const keys = session?.addressKeys;
  return keys ? withKeys(keys, payload) : payload;
}

/** Entries are sent alone, in the `items` of a list, or as the `entry` of such an item. */
function withKeys(keys: AddressKeys, payload: unknown): unknown {
  if (!isObject(payload)) return payload;
  if (isEntry(payload)) return { ...payload, k: keys.keyFor(payload.id) };
  const { items, entry } = payload;
  if (Array.isArray(items)) return { ...payload, items: items.map((item) => withKeys(keys, item)) };
  return isObject(entry) ? { ...payload, entry: withKeys(keys, entry) } : payload;
}

function isEntry(fields: Record<string, unknown>): fields is Record<string, unknown> & EntryView {
  return (
    typeof fields.id === 'string' &&
    (fields.kind === 'file' || fields.kind === 'folder') &&
    'parentId' in fields
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
