/** Views of grants: by entry, by grantee, and how often they were used. */
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import { type EntryId, type GrantId, grantId, type PrincipalId, type UserId } from '../../model/ids.ts';
import type { CatalogRecord, TableName, Tables } from '../../model/records.ts';
import {
  type Bounds,
  grantsForGrantee,
  grantsOfEntry,
  idAtEnd,
  idOfRegisterKey,
  usesOfGrant,
} from '../records/store-layout.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import type { Views } from './views.ts';

type RecordOf<Name extends TableName> = CatalogRecord<Tables[Name]>;

export class GrantViews
  implements Pick<CatalogReader, 'grantsOf' | 'grantsFor' | 'usesOf' | 'versionsOwnedBy'>
{
  readonly #state: CatalogState;
  readonly #views: Views;

  constructor(state: CatalogState, views: Views) {
    this.#state = state;
    this.#views = views;
  }

  async grantsOf(entry: EntryId): Promise<RecordOf<'grant'>[]> {
    const grants = await this.#grantsIn(grantsOfEntry(entry));
    return grants.filter(({ body }) => body?.entry === entry);
  }

  async grantsFor(principal: PrincipalId): Promise<RecordOf<'grant'>[]> {
    const grants = await this.#grantsIn(grantsForGrantee(principal));
    return grants.filter(({ body }) => body?.grantee === principal);
  }

  async usesOf(grant: GrantId): Promise<RecordOf<'use'>[]> {
    const uses: RecordOf<'use'>[] = [];
    for await (const [key] of this.#state.store.range(usesOfGrant(grant))) {
      const use = this.#views.get('use', idOfRegisterKey('use', key));
      if (use) uses.push(use);
    }
    return uses;
  }

  async *versionsOwnedBy(owner: UserId): AsyncIterable<RecordOf<'version'>> {
    for await (const version of this.#views.list('version')) if (version.body?.owner === owner) yield version;
  }

  async #grantsIn(rows: Bounds): Promise<RecordOf<'grant'>[]> {
    const grants: RecordOf<'grant'>[] = [];
    for await (const [key] of this.#state.store.range(rows)) {
      const grant = this.#views.get('grant', grantId(idAtEnd(key)));
      if (grant) grants.push(grant);
    }
    return grants;
  }
}
