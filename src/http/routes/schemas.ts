/** JSON schemas that several routes share. A `description` completes "The field "x" must be …". */

import type { ListOptions } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { listLimitDefault, listLimitMax } from '../../model/limits.ts';

export const text = (bytesMax: number, description: string) => ({
  type: 'string',
  minLength: 1,
  maxLength: bytesMax,
  description,
});

/** A JSON object with these properties and no others. */
export function fields(properties: Record<string, object>, required: string[]) {
  return { type: 'object', additionalProperties: false, properties, required };
}

/** Query parameters; others than these are ignored, as is custom on the web. */
export function query(properties: Record<string, object>) {
  return { type: 'object', properties };
}

export const flag = { enum: ['true', 'false', '1', '0'] };

/** A flag of the query: absent is false. */
export function isOn(value: string | undefined): boolean {
  return value === 'true' || value === '1';
}

export interface ListQuery {
  sort?: ListOptions['sort'];
  order?: ListOptions['order'];
  limit?: string;
  cursor?: string;
}

export const listQuery = query({
  sort: { enum: ['name', 'size', 'modifiedAt', 'kind'] },
  order: { enum: ['asc', 'desc'] },
  limit: { type: 'string', pattern: '^[0-9]{1,6}$', description: `a number from 1 to ${listLimitMax}` },
  cursor: { type: 'string', maxLength: 4096, description: 'a nextCursor of this list' },
});

/** @throws `bad-input` for a limit out of bounds */
export function listOptionsOf({ sort, order, limit, cursor }: ListQuery): ListOptions {
  const count = limit === undefined ? listLimitDefault : Number(limit);
  if (count < 1 || count > listLimitMax) {
    throw new PeerstorError(
      'bad-input',
      `The parameter "limit" must be a number from 1 to ${listLimitMax}.`,
      {
        details: { field: 'limit' },
      },
    );
  }
  return {
    sort: sort ?? 'name',
    order: order ?? 'asc',
    limit: count,
    ...(cursor === undefined || cursor === '' ? {} : { cursor }),
  };
}

/** A list that is never long enough to have a second page. */
export function onePage<Item>(items: Item[]) {
  return { items, nextCursor: null };
}
