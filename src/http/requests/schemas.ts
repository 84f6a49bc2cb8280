/** JSON schemas that several routes share. A `description` completes "The field "x" must be …". */

import type { ListOptions } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { listLimitDefault, listLimitMax } from '../../model/limits.ts';
import { isoTimeMs } from './times.ts';

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

/** Which part of a list is wanted. */
export const pageParameters = {
  limit: { type: 'string', pattern: '^[0-9]{1,6}$', description: `a number from 1 to ${listLimitMax}` },
  cursor: { type: 'string', maxLength: 4096, description: 'a nextCursor of this list' },
};

export const listQuery = query({
  sort: { enum: ['name', 'size', 'modifiedAt', 'kind'] },
  order: { enum: ['asc', 'desc'] },
  ...pageParameters,
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

/** What an entry is opened for. */
export const rights = { enum: ['view', 'upload', 'edit'] };

/** A whole number from `least` on, or null for no limit. */
export const countOrNone = (least: number) => ({
  type: ['integer', 'null'],
  minimum: least,
  maximum: Number.MAX_SAFE_INTEGER,
  description: `a whole number from ${least} on, or null`,
});

/** A time, or null for never. */
export const timeOrNever = {
  type: ['string', 'null'],
  maxLength: 64,
  description: 'a time such as 2026-11-21T10:00:00Z, or null for never',
};

/**
 * The Unix milliseconds of a field of that kind; undefined when it was not sent.
 * @throws `bad-input` for what is no time, or one that has passed
 */
export function expiryOf(text: string | null | undefined, nowMs: number): number | null | undefined {
  if (text === undefined || text === null) return text;
  const ms = isoTimeMs(text);
  if (ms === undefined || ms <= nowMs) {
    throw new PeerstorError(
      'bad-input',
      `The field "expiresAt" must be a time to come, such as 2027-01-31T10:00:00Z, or null for never.`,
      { details: { field: 'expiresAt' } },
    );
  }
  return ms;
}

/** A list that is never long enough to have a second page. */
export function onePage<Item>(items: Item[]) {
  return { items, nextCursor: null };
}
