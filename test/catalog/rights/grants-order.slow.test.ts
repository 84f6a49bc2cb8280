/** What a grant allows follows from the set of records, whatever their order: random sharing, random orders. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LocalCatalog } from '../../../src/catalog/index.ts';
import { parseRecord } from '../../../src/catalog/records/record-format.ts';
import type { SigningKey } from '../../../src/crypto/index.ts';
import type { Draft } from '../../../src/model/contracts/catalog.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { entryId, userId } from '../../../src/model/ids.ts';
import { type CatalogRecord, hlcTicksPerMs } from '../../../src/model/records.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { Forger } from '../forger.ts';
import { bob, newEntryOf, newVersionOf, nonceOf, viaOf } from '../sharing.ts';
import { carry, collect, entryOf, grantOf, keyOf, viewOf, World } from '../world.ts';

const owner = keyOf('dave');
const ownerId = userId(owner.principal);
/** Holds a link, is no user. */
const link = keyOf('link');
const devices = 3;

const kinds = [
  'create',
  'create',
  'create',
  'move',
  'move',
  'version',
  'facts',
  'use',
  'own move',
  'own delete',
  'grant',
  'grant',
  'lock bob',
  'lock owner',
  'storage only',
  'remove',
  'backdate',
  'backdate',
  'meet',
  'meet',
] as const;

interface Action {
  what: (typeof kinds)[number];
  on: number;
  by: 'bob' | 'link';
  pick: number;
  to: number;
  flag: boolean;
  ms: number;
}

const actions = fc.array(
  fc.record<Action>({
    what: fc.constantFrom(...kinds),
    on: fc.integer({ min: 0, max: devices - 1 }),
    by: fc.constantFrom('bob', 'bob', 'link'),
    pick: fc.nat({ max: 1000 }),
    to: fc.nat({ max: 1000 }),
    flag: fc.boolean(),
    ms: fc.integer({ min: 1, max: 50 }),
  }),
  { minLength: 15, maxLength: 45, size: 'max' },
);

/** A drive of folders 51 (shared), 52 and 53 (in it), 54 (beside it); grants 1 (bob) and 2 (a link, of 52). */
class Play {
  readonly world = new World();
  catalogs: LocalCatalog[] = [];
  readonly forged: CatalogRecord[] = [];
  readonly #forger = new Forger(this.world);
  #made = 0;

  async start(): Promise<void> {
    const { world } = this;
    const first = await world.founded();
    await world.admit(first, 1, 2, 3);
    await first.author([world.userDraft(bob), world.userDraft(owner)], world.admin);
    const folder = (number: number, parent: number) =>
      world.entryDraft(number, { owner: ownerId, parent: entryOf(parent), fallback: null });
    await first.author(
      [
        world.rootDraft(50, ownerId),
        folder(51, 50),
        folder(52, 51),
        folder(53, 52),
        folder(54, 50),
        this.#grantDraft(1, {}),
        this.#grantDraft(2, {}),
      ],
      owner,
    );
    this.catalogs = [first, await world.catalog(1), await world.catalog(2)];
    for (const catalog of this.catalogs.slice(1)) await carry(first, catalog);
  }

  #grantDraft(number: number, change: { revoked?: boolean; rights?: 'view' | 'upload' | 'edit' }) {
    const toBob = { grantee: bob.principal, kind: 'user' } as const;
    const toLink = { grantee: link.principal, kind: 'link' } as const;
    const whom = number === 1 ? toBob : toLink;
    return this.world.grantDraft(number, 50 + number, { owner: ownerId, ...whom, ...change });
  }

  async act(action: Action): Promise<void> {
    const { world } = this;
    await world.clock.pass(action.ms);
    const catalog = this.catalogs[action.on];
    if (!catalog) return;
    if (action.what === 'meet') {
      const other = this.catalogs[action.pick % devices];
      if (other && other !== catalog) await carry(other, catalog);
      return;
    }
    if (action.what === 'backdate') return this.#backdate(action, catalog);
    const [draft, signer] = await this.#draftOf(action, catalog);
    try {
      if (draft) await catalog.author([draft], signer);
    } catch (error) {
      assert.ok(isPeerstorError(error), String(error));
    }
  }

  async #draftOf(action: Action, catalog: LocalCatalog): Promise<[Draft | undefined, SigningKey]> {
    const { world } = this;
    const { what, pick, to, flag, by } = action;
    const entries = (await collect(catalog.list('entry'))).filter(({ body }) => body?.owner === ownerId);
    const at = <Item>(list: readonly Item[], index: number) => list[index % Math.max(1, list.length)];
    const [entry, target] = [at(entries, pick), at(entries, to)];
    const signer = by === 'bob' ? bob : link;
    const grant = grantOf(by === 'bob' ? 1 : 2);
    const device = (pick % (devices - 1)) + 1;
    if (!entry?.body || !target) return [undefined, signer];
    const { via: _, ...body } = entry.body;
    const moved = { ...body, parent: entryId(target.id) };
    this.#made += 1;
    const made = this.#made;
    const fresh = viaOf({ grant, nonce: nonceOf(made) });
    const version = world.versionDraft(made, 0, [], ownerId).body;
    switch (what) {
      case 'create': {
        const parts = { owner: ownerId, parent: entryId(target.id), fallback: null, via: fresh };
        const kind = flag ? 'folder' : 'file';
        return [{ ...world.entryDraft(made, { ...parts, kind }), id: newEntryOf(made, signer) }, signer];
      }
      case 'move':
        return [{ table: 'entry', id: entry.id, body: { ...moved, via: viaOf({ grant }) } }, signer];
      case 'version': {
        const id = newVersionOf(made, signer);
        const content = version && { ...version, entry: entryId(entry.id), via: fresh };
        return [{ table: 'version', id, body: content }, signer];
      }
      case 'facts': {
        const facts = { owner: ownerId, sealed: Uint8Array.of(made % 256), via: viaOf({ grant }) };
        return [{ table: 'facts', id: entry.id, body: facts }, signer];
      }
      case 'use':
        return [world.useDraft(2, action.on, pick % 5), link];
      case 'own move':
        return [{ table: 'entry', id: entry.id, body: moved }, owner];
      case 'own delete':
        return [{ table: 'entry', id: entry.id, body: null }, owner];
      case 'grant': {
        const rights = at(['edit', 'upload', 'view'] as const, to) ?? 'edit';
        return [this.#grantDraft(pick % 2 === 0 ? 1 : 2, { revoked: flag, rights }), owner];
      }
      case 'lock bob':
        return [world.userDraft(bob, { disabled: flag }), world.admin];
      case 'lock owner':
        return [world.userDraft(owner, { disabled: flag }), world.admin];
      case 'storage only':
        return [world.deviceDraft(device, { storageOnly: flag }), world.admin];
      default:
        return [world.deviceDraft(device, { state: 'removed', lastSeq: to % 12 }), world.admin];
    }
  }

  /** Something like what a grantee has written, said to be of another time, on a device that lies. */
  async #backdate({ pick, to, flag }: Action, catalog: LocalCatalog): Promise<void> {
    const { world } = this;
    const hlc = (world.clock.wallMs() - (to % 400)) * hlcTicksPerMs + (pick % 200);
    if (pick % 3 === 0) {
      const base = this.forged.filter(({ table }) => flag && table === 'use').slice(-1);
      this.forged.push(this.#forger.write(3, world.useDraft(2, 3, to % 5), link, { hlc, base }));
      return;
    }
    const earlier = (await this.#written(catalog)).filter(({ body, base }) => {
      return typeof body === 'object' && body !== null && 'via' in body && (flag || base.length > 0);
    });
    const model = earlier[pick % Math.max(1, earlier.length)];
    const signer = [bob, link].find(({ principal }) => principal === model?.principal);
    if (!model || !signer) return;
    const { table, id, body, base } = model;
    // Only what has a base may be written again under its id: new things have ids of their own.
    const draft = { table, id, body } as Draft;
    const replaced = base.length > 0 ? [model] : [];
    this.forged.push(this.#forger.write(3, draft, signer, { hlc, base: replaced }));
  }

  async #written(catalog: LocalCatalog): Promise<CatalogRecord[]> {
    const pages = await Promise.all([0, 1, 2].map((index) => catalog.missing(world(this).device(index), 0)));
    return pages.flatMap(({ records }) => records.map((bytes) => parseRecord(bytes).record));
  }

  async all(): Promise<CatalogRecord[]> {
    const own = await Promise.all(
      this.catalogs.map((catalog, index) => catalog.missing(this.world.device(index), 0)),
    );
    return [
      ...own.flatMap(({ records }) => records.map((bytes) => parseRecord(bytes).record)),
      ...this.forged,
    ];
  }
}

const world = (play: Play): World => play.world;

interface Outcome {
  view: unknown;
  tables: unknown;
  held: string[];
}

async function outcomeOf(catalog: LocalCatalog, store: MemoryOrderedStore): Promise<Outcome> {
  const held: string[] = [];
  for await (const [key] of store.range({ gte: 'h', lt: 'i' }))
    held.push(Buffer.from(key, 'latin1').toString('hex'));
  for await (const [key] of store.range({ gte: 'q', lt: 'r' })) assert.fail(`a cause was left: ${key}`);
  return { view: await viewOf(catalog), tables: (await catalog.digests()).tables, held };
}

describe('what a grant allows', () => {
  it('is the same whatever order the records come in, and however often', async () => {
    const seen = { applied: 0, held: 0 };
    await fc.assert(
      fc.asyncProperty(actions, fc.infiniteStream(fc.nat()), async (steps, choices) => {
        const choose = (count: number) => (choices.next().value ?? 0) % count;
        const play = new Play();
        await play.start();
        for (const step of steps) await play.act(step);
        const records = await play.all();
        const outcomes: Outcome[] = [];
        for (const delivery of ['at once', 'random', 'random']) {
          const store = new MemoryOrderedStore();
          const catalog = await play.world.catalog(8, { store });
          const waiting = records.map(({ bytes }) => bytes);
          if (delivery === 'at once') await catalog.accept(waiting);
          while (delivery === 'random' && waiting.length > 0) {
            const batch: Uint8Array[] = [];
            for (let size = 1 + choose(6); size > 0 && waiting.length > 0; size -= 1) {
              const index = choose(waiting.length);
              batch.push(...(choose(5) === 0 ? waiting.slice(index, index + 1) : waiting.splice(index, 1)));
            }
            await catalog.accept(batch);
          }
          outcomes.push(await outcomeOf(catalog, store));
          const byGrant = records.filter(({ principal }) =>
            [bob, link].some((one) => one.principal === principal),
          );
          for (const { table, id, revision } of byGrant) {
            const counts = catalog.heads(table as 'entry', id).some((head) => head.revision === revision);
            seen[counts ? 'applied' : 'held'] += 1;
          }
          await catalog.stop();
        }
        const [first, ...others] = outcomes;
        for (const other of others) assert.deepEqual(other, first);
        // Those who wrote it see the same when they have met.
        for (const from of play.catalogs)
          for (const to of play.catalogs) if (from !== to) await carry(from, to);
        for (const catalog of play.catalogs) {
          if (play.forged.length > 0) await catalog.accept(play.forged.map(({ bytes }) => bytes));
        }
        for (const catalog of play.catalogs) {
          assert.deepEqual(await viewOf(catalog), first?.view);
          await catalog.stop();
        }
      }),
      { numRuns: 40, interruptAfterTimeLimit: 30_000 },
    );
    assert.ok(seen.applied > 20 && seen.held > 20, `both happen: ${JSON.stringify(seen)}`);
  });
});
