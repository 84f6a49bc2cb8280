/**
 * Computes which records of grantees count, with knowledge of every record that was ever written: the grant was in
 * force at the record's time, and all records that its steps name count.
 */
import { headsOf } from '../../src/catalog/records/merge.ts';
import type { Catalog } from '../../src/model/contracts/catalog.ts';
import type { EntryId, PrincipalId, Revision } from '../../src/model/ids.ts';
import {
  type CatalogRecord,
  type GrantBody,
  type Hlc,
  hlcTicksPerMs,
  type VersionBody,
  type Via,
} from '../../src/model/records.ts';

/** Tables whose records by grantees are checked at the end. */
const tables = ['entry', 'version', 'facts'] as const;

export class GrantTruth {
  readonly #owner: PrincipalId;
  readonly #grants: CatalogRecord<GrantBody>[] = [];
  readonly #records = new Map<Revision, CatalogRecord>();
  readonly #verdicts = new Map<Revision, boolean>();

  constructor(owner: PrincipalId) {
    this.#owner = owner;
  }

  written(records: readonly CatalogRecord[]): void {
    this.#verdicts.clear();
    for (const record of records) {
      if (record.table === 'grant') this.#grants.push(record as CatalogRecord<GrantBody>);
      this.#records.set(record.revision, record);
    }
  }

  kept(): CatalogRecord[] {
    return this.#granted().filter((record) => this.#counts(record));
  }

  held(): CatalogRecord[] {
    return this.#granted().filter((record) => !this.#counts(record));
  }

  /** A sentence for each record that should count in the catalog but does not, or the other way round. */
  faults(catalog: Catalog): string[] {
    const counting = [...this.#records.values()].filter((record) => this.#counts(record));
    const replaced = new Set(counting.flatMap(({ base }) => base));
    const isHead = ({ table, id, revision }: CatalogRecord) =>
      tables.some(
        (name) => name === table && catalog.heads(name, id).some((one) => one.revision === revision),
      );
    const lost = this.kept().filter((record) => !replaced.has(record.revision) && !isHead(record));
    return [
      ...lost.map((record) => `${catalog.self} lost ${nameOf(record)}, written under a live grant`),
      ...this.held()
        .filter(isHead)
        .map((record) => `on ${catalog.self} ${nameOf(record)} counts, which no grant allowed`),
    ];
  }

  #granted(): CatalogRecord[] {
    return [...this.#records.values()].filter(({ table, principal }) => {
      return principal !== this.#owner && tables.some((name) => name === table);
    });
  }

  #counts(record: CatalogRecord): boolean {
    if (record.principal === this.#owner) return true;
    const known = this.#verdicts.get(record.revision);
    if (known !== undefined) return known;
    const via = viaOf(record);
    const steps = Object.values(via?.steps ?? {}).map((revision) => this.#records.get(revision));
    const shown = steps.every((step) => step !== undefined && this.#counts(step));
    const verdict = via !== undefined && shown && this.#isGranted(record, via);
    this.#verdicts.set(record.revision, verdict);
    return verdict;
  }

  #isGranted(record: CatalogRecord, via: Via): boolean {
    const grant = this.#grantAt(via.grant, record.hlc);
    if (!grant || grant.rights === 'view') return false;
    if (grant.rights === 'edit') return true;
    if (record.table === 'entry') return record.base.length === 0;
    return record.table === 'version' && this.#isOwnCreation(record, via);
  }

  #isOwnCreation({ principal, body }: CatalogRecord, { grant, steps }: Via): boolean {
    const named = steps[(body as VersionBody).entry as EntryId];
    const step = named && this.#records.get(named);
    if (!step || step.principal !== principal || step.base.length > 0) return false;
    return viaOf(step)?.grant === grant;
  }

  /** Among concurrent records, one that revokes the grant beats the newest. */
  #grantAt(grant: string, hlc: Hlc): GrantBody | undefined {
    const heads = headsOf(this.#grants.filter((record) => record.id === grant && record.hlc < hlc));
    const body = (heads.find((head) => head.body?.revoked) ?? heads[0])?.body;
    if (!body || body.revoked) return undefined;
    return body.expiresAt === null || body.expiresAt >= Math.floor(hlc / hlcTicksPerMs) ? body : undefined;
  }
}

function viaOf({ body }: CatalogRecord): Via | undefined {
  return typeof body === 'object' && body !== null && 'via' in body ? (body.via as Via) : undefined;
}

function nameOf({ table, id, device, seq }: CatalogRecord): string {
  return `${table} ${id} (${device.slice(0, 8)} ${seq})`;
}
