/** Fills in the proof of a draft's right: the steps from its entry up to the granted entry. */
import type { Signer } from '../../model/contracts/catalog.ts';
import { type EntryId, entryId, type Revision } from '../../model/ids.ts';
import type { EntryBody, FactsBody, GrantBody, VersionBody, Via } from '../../model/records.ts';
import { isSharedTable, type SharedTable } from '../records/owned-records.ts';
import { grantStepsMax, isBody } from '../records/record-bodies.ts';
import { dotOfHeld, type Held, headsIn, lastLiveOf } from '../records/register-row.ts';
import type { Change } from '../state/change.ts';

type SharedBody = EntryBody | VersionBody | FactsBody;

/**
 * @param base the revisions that the record will replace
 * @returns the body with all steps that the catalog knows, where the caller named none or wrong ones;
 * the same body if the signer is the owner, or names no grant
 */
export function withSteps<Body>(
  change: Change,
  draft: { table: string; id: string; body: Body },
  signer: Signer,
  base: readonly Revision[],
): Body {
  const { table, id, body } = draft;
  if (!isSharedTable(table) || !isBody(table, id, body)) return body;
  const { owner, via } = body;
  if (owner === signer.principal || !via) return body;
  const steps = stepsOf(change, { table, id, body, via, signer, base });
  return { ...body, via: { ...via, steps } };
}

interface Way {
  readonly table: SharedTable;
  readonly id: string;
  readonly body: SharedBody;
  readonly via: Via;
  readonly signer: Signer;
  readonly base: readonly Revision[];
}

function stepsOf(change: Change, way: Way): Via['steps'] {
  const steps: Via['steps'] = { ...way.via.steps };
  const grant = grantOf(change, way.via);
  if (!grant) return steps;
  if (way.table === 'entry' && way.base.length > 0) nameReplaced(change, way, steps);
  if (way.table === 'version' && grant.rights === 'upload') nameOwnCreation(change, way, steps);
  for (const start of startsOf(way)) climb(change, start, grant.entry, steps);
  return steps;
}

function grantOf(change: Change, { grant }: Via): GrantBody | undefined {
  const [winner] = headsIn(change.register('grant', grant));
  const body = winner && change.find(dotOfHeld(winner))?.body;
  return isBody('grant', grant, body) ? body : undefined;
}

/** The entry from which the steps start. */
function startsOf({ table, id, body, base }: Way): EntryId[] {
  if (table === 'version' && isBody('version', id, body)) return [body.entry];
  if (table !== 'entry' || !isBody('entry', id, body)) return [entryId(id)];
  const { parent, fallback } = body;
  const places = [parent, fallback?.parent].flatMap((one) => one ?? []);
  return base.length > 0 ? [entryId(id), ...places] : places;
}

/** An existing entry must be named by a revision that this record replaces. */
function nameReplaced(change: Change, { id, base }: Way, steps: Via['steps']): void {
  const named = steps[entryId(id)];
  if (named !== undefined && base.includes(named)) return;
  const register = change.register('entry', id);
  const replaced = register.find(({ revision, tombstone }) => !tombstone && base.includes(revision));
  if (replaced) steps[entryId(id)] = replaced.revision;
}

/** Somebody who may only add must name the record by which they added the entry. */
function nameOwnCreation(change: Change, { id, body, signer }: Way, steps: Via['steps']): void {
  if (!isBody('version', id, body)) return;
  const isOwn = (held: Held) => held.byGrantee && held.base.length === 0;
  const created = change
    .register('entry', body.entry)
    .find((held) => isOwn(held) && change.find(dotOfHeld(held))?.principal === signer.principal);
  if (created) steps[body.entry] = created.revision;
}

function climb(change: Change, start: EntryId, top: EntryId, steps: Via['steps']): void {
  const passed = new Set<EntryId>();
  for (let at = start; at !== top && !passed.has(at) && passed.size < grantStepsMax; ) {
    passed.add(at);
    const register = change.register('entry', at);
    const named = steps[at] ?? lastLiveOf(register)?.revision;
    const held = register.find(({ revision }) => revision === named);
    const body = held && change.find(dotOfHeld(held))?.body;
    if (!held || !isBody('entry', at, body) || body.parent === null) return;
    steps[at] = held.revision;
    at = body.parent;
  }
}
