/**
 * Tracks dependencies among records that a grant allows, as rows of the local database. A record that arrives, or no
 * longer counts, leaves a cause; then the records that name it are examined again (`reexamine.ts`).
 * A cause is written in the same batch as the change behind it, so a crash loses none.
 */
import { grantId, type Revision } from '../../model/ids.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { isGrantedRecord, isGrantRecord, isUseRecord } from '../records/owned-records.ts';
import { isId } from '../records/record-bodies.ts';
import type { Register } from '../records/register-row.ts';
import {
  byGrantKey,
  empty,
  grantCauseKey,
  grantForKey,
  grantOfEntryKey,
  revisionCauseKey,
  shownByKey,
  showsSomeKey,
} from '../records/store-layout.ts';
import { grantIdOfUse } from '../rights/grants.ts';
import type { Change } from '../state/change.ts';

/** Writes the rows for what a record depends on, and those by which grants are found. */
export function noteDependencies(change: Change, record: CatalogRecord): void {
  const { batch } = change;
  if (isGrantRecord(record)) {
    const { entry, grantee } = record.body;
    const id = grantId(record.id);
    batch.put(grantOfEntryKey(entry, id), empty);
    batch.put(grantForKey(grantee, id), empty);
  } else if (isUseRecord(record)) {
    batch.put(byGrantKey(grantIdOfUse(record.id), record.hlc, change.dotOf(record)), empty);
  } else if (isGrantedRecord(record)) {
    const { grant, steps } = record.body.via;
    const dot = change.dotOf(record);
    batch.put(byGrantKey(grant, record.hlc, dot), empty);
    for (const shown of Object.values<Revision>(steps)) {
      batch.put(shownByKey(shown, dot), empty);
      batch.put(showsSomeKey(shown), empty);
    }
  }
}

/**
 * Leaves a cause for what depends on this record, which came, counts now, or counts no more.
 * @param before its register before that change
 */
export function noteCause(change: Change, record: CatalogRecord, before: Register): void {
  const { table, id, hlc } = record;
  if (table === 'grant' && isId(table, id)) {
    leave(change, grantCauseKey(hlc, grantId(id)));
  } else if (table === 'entry') {
    if (knowsGrants(change) && change.batch.get(showsSomeKey(record.revision)))
      leave(change, revisionCauseKey(hlc, record.revision));
  } else if (isUseRecord(record)) {
    const affected = before.filter((held) => held.hlc > hlc || held.base.includes(record.revision));
    if (affected.length === 0) return;
    const after = Math.min(...affected.map((held) => held.hlc)) - 1;
    leave(change, grantCauseKey(after, grantIdOfUse(id)));
  }
}

/** Without any grant, nothing that depends on one counts; records that came before their grant are examined after it. */
function knowsGrants({ state, tables }: Change): boolean {
  return state.tables.has('grant') || tables.has('grant');
}

function leave(change: Change, key: string): void {
  change.batch.put(key, empty);
  change.state.unsettled = true;
}
