/** Random histories of one drive, as several devices might write it that know little of each other. */
import fc from 'fast-check';
import { headsOf } from '../../src/catalog/records/merge.ts';
import { writeRecord } from '../../src/catalog/records/record-format.ts';
import { compareRoots, type Location, type Locations } from '../../src/catalog/tree/tree.ts';
import { type EntryId, entryId, type Revision } from '../../src/model/ids.ts';
import {
  type CatalogRecord,
  type EntryBody,
  hlcTicksPerMs,
  type RecordFields,
  type VersionBody,
} from '../../src/model/records.ts';
import { entryOf, type World } from './world.ts';

export interface Step {
  what: 'entry' | 'entry gone' | 'version' | 'version gone';
  id: number;
  device: number;
  ticks: number;
  parent: number | null;
  fallback: number | null;
  kind: 'file' | 'folder';
  /** Which of the earlier records of the register it replaces, by position. */
  base: boolean[];
}

/** Few, so that they meet in cycles. */
export const ids = 5;

export const steps = fc.array(
  fc.record<Step>({
    what: fc.constantFrom(
      'entry',
      'entry',
      'entry',
      'entry',
      'entry',
      'entry gone',
      'version',
      'version gone',
    ),
    id: fc.integer({ min: 0, max: ids - 1 }),
    device: fc.integer({ min: 0, max: 2 }),
    ticks: fc.integer({ min: 1, max: 30 }),
    parent: fc.option(fc.integer({ min: 0, max: ids }), { freq: 20 }),
    fallback: fc.option(fc.integer({ min: 0, max: ids }), { freq: 6 }),
    kind: fc.constantFrom('folder', 'folder', 'folder', 'folder', 'folder', 'file'),
    base: fc.array(fc.boolean(), { maxLength: 4 }),
  }),
  { minLength: 8, maxLength: 30, size: 'max' },
);

/** Signs a history. Clocks are near now, and as the steps say: often behind what they replace. */
export function written(world: World, history: readonly Step[]): CatalogRecord[] {
  const records: CatalogRecord[] = [];
  const seqs = [100, 100, 100];
  for (const step of history) {
    const { what, id, device, ticks } = step;
    const draft = draftOf(world, step);
    if (what === 'version gone' && !records.some((one) => one.id === draft.id)) continue;
    const earlier = records.filter((one) => one.table === draft.table && one.id === draft.id);
    // A version is written once.
    if (what === 'version' && earlier.length > 0) continue;
    const base: Revision[] = earlier
      .filter((_, index) => step.base[index % 4] ?? false)
      .map((one) => one.revision);
    const seq = (seqs[device] ?? 0) + 1;
    seqs[device] = seq;
    const hlc = (world.clock.wallMs() + 1000) * hlcTicksPerMs + ticks * 3 + (id % 3);
    const fields: RecordFields = {
      table: draft.table,
      id: draft.id,
      device: world.device(device),
      seq,
      hlc,
      base,
      principal: world.admin.principal,
      body: draft.body,
    };
    records.push(writeRecord(world.networkId, fields, world.admin));
  }
  return records;
}

function draftOf(world: World, { what, id, parent, fallback, kind }: Step) {
  if (what === 'version') return world.versionDraft(id, id % ids);
  if (what === 'version gone') return { ...world.versionDraft(id, id % ids), body: null };
  if (what === 'entry gone') return { ...world.entryDraft(id), body: null };
  return world.entryDraft(id, {
    kind,
    parent: parent === null ? null : entryOf(parent),
    fallback: fallback === null ? null : { parent: entryOf(fallback), wrappedKey: Uint8Array.of(2) },
  });
}

type Written<Body> = CatalogRecord<Body> & { body: Body };

/** The record that each entry is seen by, found anew from all records of the history that arrived. */
export function seenEntries(records: readonly CatalogRecord[]): Map<EntryId, Written<EntryBody>> {
  const registers = Map.groupBy(records, ({ table, id }) => `${table} ${id}`);
  const seen = new Map<EntryId, Written<EntryBody>>();
  const liveVersions = new Set<string>();
  for (const [, register] of registers) {
    const version = winnerOf<VersionBody>(register, 'version');
    if (version?.body) liveVersions.add(version.body.entry);
  }
  for (const [, register] of registers) {
    const winner = winnerOf<EntryBody>(register, 'entry');
    if (!winner) continue;
    const lastLive = winnerOf<EntryBody>(
      register.filter(({ body }) => body !== null),
      'entry',
    );
    const shown = winner.body === null && liveVersions.has(winner.id) ? lastLive : winner;
    if (shown && shown.body !== null) seen.set(entryId(shown.id), { ...shown, body: shown.body });
  }
  return seen;
}

/** A register that only a tombstone is known of has no winner. */
function winnerOf<Body>(register: readonly CatalogRecord[], table: string): CatalogRecord<Body> | undefined {
  const [first] = register;
  if (first?.table !== table || register.every(({ body }) => body === null)) return undefined;
  return headsOf(register)[0] as CatalogRecord<Body> | undefined;
}

export function locationsOf(entries: ReadonlyMap<EntryId, Written<EntryBody>>): Locations {
  const find = (id: EntryId): Location | undefined => {
    const record = entries.get(id);
    if (!record) return undefined;
    const { owner, kind, parent, fallback, createdAt } = record.body;
    const { hlc, device, revision } = record;
    return { id, owner, kind, parent, fallback: fallback?.parent ?? null, createdAt, hlc, device, revision };
  };
  return {
    find,
    rootOf: (owner) =>
      [...entries.keys()]
        .flatMap((id) => find(id) ?? [])
        .filter((one) => one.parent === null && one.owner === owner)
        .sort(compareRoots)[0]?.id,
  };
}
