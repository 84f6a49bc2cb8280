import type { CatalogRecord } from '../../model/records.ts';

/** A record that is not a tombstone. */
export type Live<Body> = CatalogRecord<Body> & { readonly body: Body };

export function isLive<Body>(record: CatalogRecord<Body> | undefined): record is Live<Body> {
  return record !== undefined && record.body !== null;
}
