/**
 * The row of an entry's place in the local database: rung (1) ‖ kind (1) ‖ parentless (1)
 * ‖ length of dot (1) ‖ dot of the record ‖ owner (32) ‖ parent (16, zero for none) ‖ entries on which the
 * place depends (16 each).
 */
import { type EntryId, entryId, toHex, type UserId, userId } from '../../model/ids.ts';
import type { EntryBody } from '../../model/records.ts';
import { type Dot, dotBytes, dotOfBytes } from '../records/store-layout.ts';
import type { Place } from './tree.ts';

export interface PlaceRow extends Place {
  readonly kind: EntryBody['kind'];
  readonly owner: UserId;
  /** True when the register names no parent: the entry is the drive's root, or a candidate for it. */
  readonly parentless: boolean;
  /** The record that shows the entry. */
  readonly dot: Dot;
}

const noEntry = '0'.repeat(32);
const rungs = ['root', 'parent', 'fallback', 'recovered'] as const;
const headBytes = 4;
const ownerBytes = 32;
const entryBytes = 16;

export function encodePlace(place: PlaceRow): Uint8Array {
  const { rung, kind, parentless, owner, parent, dependsOn } = place;
  const dot = dotBytes(place.dot);
  const head = Buffer.of(rungs.indexOf(rung), kind === 'folder' ? 1 : 0, parentless ? 1 : 0, dot.length);
  const ids = [parent ?? noEntry, ...dependsOn].map((id) => Buffer.from(id, 'hex'));
  return Buffer.concat([head, dot, Buffer.from(owner, 'hex'), ...ids]);
}

export function decodePlace(row: Uint8Array | undefined): PlaceRow | undefined {
  if (!row) return undefined;
  const idAt = (at: number) => entryId(toHex(row.subarray(at, at + entryBytes)));
  const rung = rungs[row[0] ?? 0] ?? 'recovered';
  const dotEnd = headBytes + (row[3] ?? 0);
  const ownerEnd = dotEnd + ownerBytes;
  const dependsOn = new Set<EntryId>();
  for (let at = ownerEnd + entryBytes; at < row.length; at += entryBytes) dependsOn.add(idAt(at));
  return {
    rung,
    kind: row[1] === 1 ? 'folder' : 'file',
    parentless: row[2] === 1,
    dot: dotOfBytes(row.subarray(headBytes, dotEnd)),
    owner: userId(toHex(row.subarray(dotEnd, ownerEnd))),
    parent: rung === 'parent' || rung === 'fallback' ? idAt(ownerEnd) : null,
    dependsOn,
  };
}
