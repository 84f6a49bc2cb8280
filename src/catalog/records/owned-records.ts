/** Records that belong to a user: their tables, their owners, and who else may write them. */
import type { PrincipalId } from '../../model/ids.ts';
import type {
  CatalogRecord,
  EntryBody,
  FactsBody,
  GrantBody,
  UseBody,
  VersionBody,
  Via,
} from '../../model/records.ts';
import { isBody } from './record-bodies.ts';

/** Tables of which one register belongs to one user. */
export type OwnedTable = SharedTable | 'grant';
/** Those of them that a grant lets others write to. */
export type SharedTable = 'entry' | 'version' | 'facts';

type SharedBody = EntryBody | VersionBody | FactsBody;
type OwnedRecord = CatalogRecord & { readonly body: SharedBody | GrantBody };

/** Written by somebody other than the owner, who must show the right to it. */
export type GrantedRecord = CatalogRecord & {
  readonly table: SharedTable;
  readonly body: SharedBody & { readonly via: Via };
};
export type EntryRecord = CatalogRecord<EntryBody> & { readonly table: 'entry'; readonly body: EntryBody };
export type GrantRecord = CatalogRecord & { readonly table: 'grant'; readonly body: GrantBody };
export type UseRecord = CatalogRecord & { readonly table: 'use'; readonly body: UseBody };

export function isSharedTable(table: string): table is SharedTable {
  return table === 'entry' || table === 'version' || table === 'facts';
}

export function isOwnedTable(table: string): table is OwnedTable {
  return isSharedTable(table) || table === 'grant';
}

export function isOwnedRecord(record: CatalogRecord): record is OwnedRecord {
  return isOwnedTable(record.table) && isBody(record.table, record.id, record.body);
}

/** Was it written by somebody other than the owner, naming a grant? */
export function isGrantedRecord(record: CatalogRecord): record is GrantedRecord {
  if (!isSharedTable(record.table) || !isBody(record.table, record.id, record.body)) return false;
  return record.body.owner !== record.principal && record.body.via !== undefined;
}

export function isEntryRecord(record: CatalogRecord): record is EntryRecord {
  return record.table === 'entry' && isBody('entry', record.id, record.body);
}

export function isGrantRecord(record: CatalogRecord): record is GrantRecord {
  return record.table === 'grant' && isBody('grant', record.id, record.body);
}

export function isUseRecord(record: CatalogRecord): record is UseRecord {
  return record.table === 'use' && isBody('use', record.id, record.body);
}

/** The owner of a record; the signer, where it belongs to nobody or only deletes. */
export function ownerOf(record: CatalogRecord): PrincipalId {
  return isOwnedRecord(record) ? record.body.owner : record.principal;
}

/** Does it end a grant? */
export function isRevocation(record: CatalogRecord): boolean {
  if (record.table !== 'grant') return false;
  return record.body === null || (isGrantRecord(record) && record.body.revoked);
}
