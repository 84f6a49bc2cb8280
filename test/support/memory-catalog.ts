/**
 * A catalog in memory for tests of other rooms: the same rules for merging, places and versions (the
 * catalog room's pure parts), but no signatures checked, no rights, nothing durable.
 */
import { currentOf, historyOf } from '../../src/catalog/conflicts.ts';
import { compareOrder, headsOf } from '../../src/catalog/merge.ts';
import { parseRecord, writeRecord } from '../../src/catalog/record-format.ts';
import { compareRoots, type Location, type Place, placeOf } from '../../src/catalog/tree.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { Catalog, CatalogChange } from '../../src/model/contracts/catalog.ts';
import { type DeviceId, type EntryId, entryId, type NetworkId, versionId } from '../../src/model/ids.ts';
import {
  type CatalogRecord,
  hlcTicksPerMs,
  type TableName,
  type Tables,
  type VersionVector,
} from '../../src/model/records.ts';

type Changed = (changes: readonly CatalogChange[]) => void;

export interface MemoryCatalog extends Catalog {
  /** Everything that was written here or accepted. */
  readonly records: readonly CatalogRecord[];
}

export function createMemoryCatalog(options: {
  networkId: NetworkId;
  self: DeviceId;
  clock: Clock;
}): MemoryCatalog {
  const { networkId, self, clock } = options;
  const log: CatalogRecord[] = [];
  const registers = new Map<string, CatalogRecord[]>();
  const listeners = new Set<Changed>();
  let lastHlc = 0;
  let seq = 0;
  const idsOf = new Map<string, Set<string>>();
  const versionsOf = new Map<string, Set<string>>();
  const roots = new Map<string, EntryId | undefined>();
  /** Places found since the last change of an entry. */
  let settled = new Map<EntryId, Place>();

  const registerOf = (table: string, id: string) => registers.get(`${table} ${id}`) ?? [];

  function keep(record: CatalogRecord): boolean {
    const register = registerOf(record.table, record.id);
    if (register.some((other) => other.revision === record.revision)) return false;
    registers.set(`${record.table} ${record.id}`, [...register, record]);
    log.push(record);
    lastHlc = Math.max(lastHlc, record.hlc);
    const { table, id, body } = record;
    idsOf.set(table, (idsOf.get(table) ?? new Set()).add(id));
    if (table === 'version' && body) {
      const { entry } = body as Tables['version'];
      versionsOf.set(entry, (versionsOf.get(entry) ?? new Set()).add(id));
    }
    if (table === 'entry') {
      settled = new Map();
      if (!body || (body as Tables['entry']).parent === null) roots.clear();
    }
    return true;
  }

  function heads<Name extends TableName>(table: Name, id: string): CatalogRecord<Tables[Name]>[] {
    return headsOf(registerOf(table, id)) as CatalogRecord<Tables[Name]>[];
  }

  function get<Name extends TableName>(table: Name, id: string): CatalogRecord<Tables[Name]> | undefined {
    const [winner] = heads(table, id);
    return winner?.body ? winner : undefined;
  }

  function all<Name extends TableName>(table: Name): CatalogRecord<Tables[Name]>[] {
    return [...(idsOf.get(table) ?? [])]
      .sort()
      .map((id) => get(table, id))
      .filter((record) => record !== undefined);
  }

  function location(id: EntryId): Location | undefined {
    const record = get('entry', id);
    if (!record?.body) return undefined;
    const { owner, kind, parent, fallback, createdAt } = record.body;
    const { hlc, device, revision } = record;
    return { id, owner, kind, parent, fallback: fallback?.parent ?? null, createdAt, hlc, device, revision };
  }

  function rootOf(owner: string): EntryId | undefined {
    if (!roots.has(owner)) {
      const found = all('entry')
        .filter(({ body }) => body?.parent === null && body.owner === owner)
        .map(({ id }) => location(entryId(id)))
        .filter((candidate) => candidate !== undefined);
      roots.set(owner, found.sort(compareRoots)[0]?.id);
    }
    return roots.get(owner);
  }

  function parentOf(id: EntryId): EntryId | null {
    const place = placeOf(id, { find: location, rootOf }, settled);
    if (place?.rung !== 'recovered') return place?.parent ?? null;
    return rootOf(get('entry', id)?.body?.owner ?? '') ?? null;
  }

  /** The register's records, with the body that a tombstone took away. */
  function links(entry: EntryId) {
    return [...(versionsOf.get(entry) ?? [])].flatMap((id) => {
      const [winner] = heads('version', id);
      if (!winner) return [];
      const written = registerOf('version', id).find(({ body }) => body !== null) as
        | CatalogRecord<Tables['version']>
        | undefined;
      const replaces = (winner.body ?? written?.body)?.replaces ?? [];
      const { hlc, device, revision } = written ?? winner;
      return [{ id: versionId(id), replaces, live: winner.body !== null, hlc, device, revision }];
    });
  }

  const recordsOf = (found: readonly { id: string }[]) =>
    found.map(({ id }) => get('version', id)).filter((record) => record !== undefined);

  function tell(changes: CatalogChange[]): void {
    if (changes.length > 0) for (const listener of [...listeners]) listener(changes);
  }

  const unused = (): never => {
    throw new Error('the memory catalog does not do this');
  };

  return {
    networkId,
    self,
    records: log,
    start: async () => undefined,
    stop: async () => undefined,
    async author(drafts, signer) {
      const records = drafts.map(({ table, id, body, base }) => {
        lastHlc = Math.max(clock.wallMs() * hlcTicksPerMs, lastHlc + 1);
        seq += 1;
        const fields = {
          ...{ table, id, body, device: self, seq, hlc: lastHlc, principal: signer.principal },
          base: base ?? headsOf(registerOf(table, id)).map(({ revision }) => revision),
        };
        return writeRecord(networkId, fields, signer);
      });
      // As durable as memory can be: nobody sees it in the same turn.
      await Promise.resolve();
      for (const record of records) keep(record);
      tell(records.map((record) => ({ record, local: true })));
      return records;
    },
    get,
    heads,
    async *list(table, { after } = {}) {
      for (const record of all(table)) if (after === undefined || record.id > after) yield record;
    },
    async *children(parent) {
      for (const record of all('entry')) if (parentOf(entryId(record.id)) === parent) yield record;
    },
    placeOf(id) {
      const parent = parentOf(id);
      const body = get('entry', id)?.body;
      if (!parent || !body) return null;
      const usesFallback = body.parent !== parent && body.fallback;
      return { parent, wrappedKey: usesFallback ? usesFallback.wrappedKey : body.wrappedKey };
    },
    versions: async (entry) => recordsOf(historyOf(links(entry))),
    currentVersions: async (entry) => recordsOf(currentOf(links(entry))),
    async accept(records) {
      const fresh = records.map((bytes) => parseRecord(bytes).record).filter(keep);
      tell(fresh.map((record) => ({ record, local: false })));
      return { accepted: fresh.length, known: records.length - fresh.length, pending: 0, refused: [] };
    },
    vector: () => {
      const vector: VersionVector = {};
      for (const { device, seq: reached } of log) vector[device] = Math.max(vector[device] ?? 0, reached);
      return vector;
    },
    async missing(device, sinceSeq) {
      const records = log
        .filter((record) => record.device === device && record.seq > sinceSeq)
        .sort((left, right) => left.seq - right.seq || compareOrder(left, right));
      return {
        records: records.map(({ bytes }) => bytes),
        reachesSeq: records.at(-1)?.seq ?? sinceSeq,
        complete: true,
      };
    },
    digest: unused,
    certificatesOf: unused,
    verifyMember: unused,
    peerHas: () => undefined,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
