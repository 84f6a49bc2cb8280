/** What every Catalog promises. Run on memory and on LevelDB (test/catalog/catalog.test.ts). */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { LocalCatalog, Outbox } from '../../src/catalog/index.ts';
import { writeRecord } from '../../src/catalog/records/record-format.ts';
import type { CatalogChange, CatalogMark } from '../../src/model/contracts/catalog.ts';
import type { OrderedStore } from '../../src/model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { entryId } from '../../src/model/ids.ts';
import { catalogPageBytesMax, catalogPageRecordsMax, frameBytesMax } from '../../src/model/limits.ts';
import { carry, collect, entryOf, headOf, keyOf, versionOf, viewOf, World } from '../catalog/world.ts';

export interface CatalogPlace {
  /** Opens (again) what the catalog of one device is kept in. */
  open(): Promise<{ store: OrderedStore; outbox: Outbox }>;
  /** Closes it and removes its files. */
  remove(): Promise<void>;
}

export function catalogContract(name: string, makePlace: () => Promise<CatalogPlace>): void {
  describe(`catalog contract: ${name}`, () => {
    const world = new World();
    let places: CatalogPlace[];
    let running: LocalCatalog[];

    beforeEach(() => {
      places = [];
      running = [];
    });
    afterEach(async () => {
      for (const catalog of running) await catalog.stop();
      for (const place of places) await place.remove();
    });

    async function open(index: number, place: CatalogPlace): Promise<LocalCatalog> {
      const catalog = await world.catalog(index, await place.open());
      running.push(catalog);
      return catalog;
    }

    async function newPlace(): Promise<CatalogPlace> {
      const place = await makePlace();
      places.push(place);
      return place;
    }

    /** The founding device's catalog, and those of further devices with the same records. */
    async function network(count = 1): Promise<LocalCatalog[]> {
      const first = await open(0, await newPlace());
      await first.author(
        [world.userDraft(world.admin, { role: 'admin' }), world.deviceDraft(0), world.rootDraft()],
        world.admin,
      );
      const catalogs = [first];
      for (let index = 1; index < count; index += 1) {
        await world.admit(first, index);
        catalogs.push(await open(index, await newPlace()));
      }
      for (const catalog of catalogs.slice(1)) await carry(first, catalog);
      return catalogs;
    }

    async function pair(): Promise<[LocalCatalog, LocalCatalog]> {
      const [a, b] = await network(2);
      assert.ok(a && b);
      return [a, b];
    }

    async function single(): Promise<LocalCatalog> {
      const [only] = await network();
      assert.ok(only);
      return only;
    }

    it('answers with what was written', async () => {
      const a = await single();
      const [record] = await a.author([world.entryDraft(1)], world.admin);
      assert.equal(a.get('entry', entryOf(1))?.revision, record?.revision);
      assert.equal(a.get('entry', entryOf(1))?.body?.kind, 'folder');
      assert.equal(a.get('entry', entryOf(2)), undefined);
      assert.equal(a.get('user', world.adminId)?.body?.role, 'admin');
      assert.equal(a.get('genesis', 'genesis')?.body?.admin, world.adminId);
      assert.equal(record?.seq, 4);
      assert.deepEqual(a.vector(), { [world.device(0)]: 4 });
    });

    it('replaces what it knows, unless it is told what to replace', async () => {
      const a = await single();
      const [first] = await a.author([world.entryDraft(1, { keyVersion: 1 })], world.admin);
      const [second] = await a.author([world.entryDraft(1, { keyVersion: 2 })], world.admin);
      assert.deepEqual(second?.base, [first?.revision]);
      assert.equal(a.heads('entry', entryOf(1)).length, 1);
      const stale = { ...world.entryDraft(1, { keyVersion: 3 }), base: first ? [first.revision] : [] };
      const [third] = await a.author([stale], world.admin);
      assert.deepEqual(
        a.heads('entry', entryOf(1)).map(({ revision }) => revision),
        [third?.revision, second?.revision],
      );
    });

    it('forgets what is deleted, and remembers that it was', async () => {
      const a = await single();
      await a.author([world.entryDraft(1), world.versionDraft(1, 1)], world.admin);
      const gone = [
        { ...world.versionDraft(1, 1), body: null },
        { ...world.entryDraft(1), body: null },
      ];
      await a.author(gone, world.admin);
      assert.equal(a.get('entry', entryOf(1)), undefined);
      assert.equal(a.heads('entry', entryOf(1))[0]?.body, null);
      assert.deepEqual(await collect(a.children(entryOf(0))), []);
      assert.deepEqual(await a.versions(entryOf(1)), []);
      assert.equal(a.lastLive('version', versionOf(1))?.body?.sealedBytes, 1);
    });

    it('lists live registers in id order, from where one likes', async () => {
      const a = await single();
      await a.author(
        [3, 1, 2].map((number) => world.entryDraft(number)),
        world.admin,
      );
      await a.author([{ ...world.entryDraft(2), body: null }], world.admin);
      const ids = async (after?: string) =>
        (await collect(a.list('entry', after === undefined ? {} : { after }))).map(({ id }) => id);
      assert.deepEqual(await ids(), [0, 1, 3].map(entryOf));
      assert.deepEqual(await ids(entryOf(0)), [1, 3].map(entryOf));
      assert.deepEqual(await ids(entryOf(3)), []);
    });

    it('lists a folder by where entries really are', async () => {
      const [a, b] = await pair();
      await a.author([world.entryDraft(1), world.entryDraft(2)], world.admin);
      await carry(a, b);
      await a.author([world.entryDraft(1, { parent: entryOf(2) })], world.admin);
      await world.clock.pass(10);
      await b.author([world.entryDraft(2, { parent: entryOf(1) })], world.admin);
      await carry(a, b);
      await carry(b, a);
      for (const catalog of [a, b]) {
        assert.deepEqual(
          (await collect(catalog.children(entryOf(0)))).map(({ id }) => id),
          [entryOf(1)],
        );
        assert.deepEqual(
          (await collect(catalog.children(entryOf(1)))).map(({ id }) => id),
          [entryOf(2)],
        );
        assert.deepEqual(catalog.placeOf(entryOf(1)), { parent: entryOf(0), wrappedKey: Uint8Array.of(2) });
        assert.deepEqual(catalog.placeOf(entryOf(2)), { parent: entryOf(1), wrappedKey: Uint8Array.of(1) });
        assert.equal(catalog.placeOf(entryOf(0)), null);
      }
    });

    it('shows both of two concurrent versions, the winner first, and one again when that is settled', async () => {
      const [a, b] = await pair();
      await a.author([world.entryDraft(1, { kind: 'file' }), world.versionDraft(1, 1)], world.admin);
      await carry(a, b);
      await a.author([world.versionDraft(2, 1, [1])], world.admin);
      await world.clock.pass(10);
      await b.author([world.versionDraft(3, 1, [1])], world.admin);
      assert.deepEqual([a.mayConflict(entryOf(1)), b.mayConflict(entryOf(1))], [false, false]);
      await carry(b, a);
      assert(a.mayConflict(entryOf(1)));
      const ids = (records: readonly { id: string }[]) => records.map(({ id }) => id);
      assert.deepEqual(ids(await a.currentVersions(entryOf(1))), [3, 2].map(versionOf));
      assert.deepEqual(ids(await a.versions(entryOf(1))), [3, 2, 1].map(versionOf));
      await a.author([world.versionDraft(4, 1, [2, 3])], world.admin);
      assert.deepEqual(ids(await a.currentVersions(entryOf(1))), [versionOf(4)]);
      await a.author([{ ...world.versionDraft(4, 1), body: null }], world.admin);
      assert.deepEqual(ids(await a.currentVersions(entryOf(1))), [versionOf(3)]);
    });

    it('writes nothing of a call that it refuses, and all of the calls beside it', async () => {
      const a = await single();
      const member = keyOf('member');
      const outcomes = await Promise.allSettled([
        a.author([world.entryDraft(1), world.entryDraft(2)], world.admin),
        a.author([world.entryDraft(3), world.userDraft(member), world.entryDraft(4)], member),
        a.author([world.entryDraft(5)], world.admin),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      assert.deepEqual(
        (await collect(a.children(entryOf(0)))).map(({ id }) => id),
        [1, 2, 5].map(entryOf),
      );
      assert.deepEqual(a.vector(), { [world.device(0)]: 6 });
    });

    it('refuses to write for a stranger, for another owner, and what is no whole record', async () => {
      const a = await single();
      const member = keyOf('member');
      const refused = (code: 'forbidden' | 'bad-record' | 'conflict', work: Promise<unknown>) =>
        assert.rejects(work, (error) => isPeerstorError(error, code));
      await refused('forbidden', a.author([world.entryDraft(1)], member));
      await a.author([world.userDraft(member)], world.admin);
      await refused('forbidden', a.author([world.entryDraft(1)], member));
      await refused('forbidden', a.author([world.userDraft(keyOf('other'))], member));
      await refused('forbidden', a.author([{ ...world.entryDraft(0), body: null }], member));
      await refused('bad-record', a.author([{ ...world.entryDraft(1), id: 'x' }], world.admin));
      await refused('bad-record', a.author([world.entryDraft(1, { createdAt: -1 })], world.admin));
      await refused(
        'bad-record',
        a.author([world.entryDraft(1, { name: new Uint8Array(70_000) })], world.admin),
      );
      await a.author([world.versionDraft(1, 0)], world.admin);
      await refused('conflict', a.author([world.versionDraft(1, 0)], world.admin));
    });

    it('has everything again after a restart', async () => {
      const place = await newPlace();
      const a = await open(0, place);
      await a.author(
        [world.userDraft(world.admin, { role: 'admin' }), world.deviceDraft(0), world.rootDraft()],
        world.admin,
      );
      await a.author([world.entryDraft(1), world.versionDraft(1, 1)], world.admin);
      const before = [await viewOf(a), a.vector(), await a.digests()];
      await a.stop();
      const again = await open(0, place);
      assert.deepEqual([await viewOf(again), again.vector(), await again.digests()], before);
      const [record] = await again.author([world.entryDraft(2)], world.admin);
      assert.equal(record?.seq, 6);
    });

    it('takes what another has, once, and has the same view and digests then', async () => {
      const [a, b] = await pair();
      await a.author([world.entryDraft(1), world.entryDraft(2, { parent: entryOf(1) })], world.admin);
      const since = b.vector()[world.device(0)] ?? 0;
      const page = await a.missing(world.device(0), since);
      assert.equal(page.records.length, 2);
      const head = headOf(world.device(0), page);
      const outcome = await b.accept(page.records, { head });
      assert.deepEqual(outcome, { accepted: 2, known: 0, pending: 0, refused: [] });
      assert.deepEqual(await b.accept(page.records), { accepted: 0, known: 2, pending: 0, refused: [] });
      assert.deepEqual(await viewOf(b), await viewOf(a));
      assert.deepEqual(b.vector(), a.vector());
      assert.deepEqual(await b.digest('entry'), await a.digest('entry'));
      assert.notDeepEqual(await b.digest('entry'), await b.digest('version'));
    });

    it('keeps, forwards and counts what it does not know, and applies none of it', async () => {
      const [a, b] = await pair();
      const fields = {
        table: 'later',
        id: 'x',
        device: world.device(2),
        seq: 1,
        hlc: 1,
        base: [],
      };
      const principal = world.admin.principal;
      const later = writeRecord(world.networkId, { ...fields, principal, body: { new: true } }, world.admin);
      const head = { device: world.device(2), seq: 1, signed: world.head(2, later) };
      assert.equal((await a.accept([later.bytes], { head })).pending, 1);
      await carry(a, b);
      const page = await b.missing(world.device(2), 0);
      assert.deepEqual(
        page.records.map((bytes) => Buffer.from(bytes)),
        [Buffer.from(later.bytes)],
      );
      assert.deepEqual(await b.digest('later'), await a.digest('later'));
      assert.notDeepEqual(await b.digest('later'), await b.digest('nothing'));
    });

    it('counts in its digests what is there, and that something was deleted', async () => {
      const a = await single();
      const before = await a.digest('entry');
      await a.author([world.entryDraft(1)], world.admin);
      const there = await a.digest('entry');
      assert.notDeepEqual(there, before);
      await a.author([{ ...world.entryDraft(1), body: null }], world.admin);
      assert.notDeepEqual(await a.digest('entry'), before);
      assert.notDeepEqual(await a.digest('entry'), there);
    });

    it('advances its vector over a gap only when it is told that there is nothing', async () => {
      const [a, b] = await pair();
      const device = world.device(0);
      const known = b.vector()[device] ?? 0;
      const records = await a.author(
        [1, 2, 3].map((number) => world.entryDraft(number)),
        world.admin,
      );
      const last = records[2];
      assert.ok(last);
      await b.accept([last.bytes]);
      assert.deepEqual(await b.accept([last.bytes]), { accepted: 0, known: 1, pending: 0, refused: [] });
      assert.equal(b.vector()[device], known);
      assert.equal((await b.missing(device, known)).records.length, 0);
      const page = await b.missing(device, known - 1);
      assert.deepEqual([page.records.length, page.reachesSeq, page.complete], [1, known, true]);
      await b.accept([], { head: { device, seq: known + 2 } });
      assert.equal(b.vector()[device], known, 'nobody but the device can say how far its log reaches');
      await b.accept([], { head: { device, seq: known + 2, signed: world.head(1, last) } });
      assert.equal(b.vector()[device], known, 'nor can another device');
      await b.accept([], { head: { device, seq: known + 2, signed: world.head(0, last) } });
      assert.equal(b.vector()[device], known + 3);
      await b.accept([], { head: { device, seq: known + 1000 } });
      assert.equal(b.vector()[device], known + 3);
    });

    it('keeps back a record whose author is not known, and applies it when that is', async () => {
      const a = await single();
      const b = await open(1, await newPlace());
      await world.admit(a, 1);
      await carry(a, b);
      const member = keyOf('member');
      const c = await open(2, await newPlace());
      await b.author([world.userDraft(member)], world.admin);
      await b.author([world.rootDraft(7, world.adminId), world.entryDraft(8, { kind: 'file' })], world.admin);
      const page = await b.missing(world.device(1), 0);
      const early = await c.accept(page.records, { head: headOf(world.device(1), page) });
      assert.deepEqual(early, { accepted: 0, known: 0, pending: 3, refused: [] });
      assert.equal(c.get('entry', entryOf(8)), undefined);
      assert.equal((await c.missing(world.device(1), 0)).records.length, 3);
      await carry(a, c);
      await carry(b, a);
      assert.deepEqual(await viewOf(c), await viewOf(a));
      assert.equal(c.get('user', member.principal)?.body?.role, 'member');
    });

    it('tells what changed since a mark, but not where a record counts later than it came', async () => {
      const idsSince = async (catalog: LocalCatalog, mark: CatalogMark) => {
        const since = catalog.changedSince(mark);
        return since && (await collect(since)).map(({ id }) => id);
      };
      const [a, b] = await pair();
      const c = await open(2, await newPlace());
      const [start, empty] = [a.mark(), c.mark()];
      assert.deepEqual(await idsSince(a, start), []);
      await b.author([world.entryDraft(5), world.versionDraft(6, 5)], world.admin);
      await a.author([world.entryDraft(7)], world.admin);
      await carry(b, a);
      const since = (await idsSince(a, start)) ?? [];
      assert.deepEqual(since.sort(), [entryOf(5), entryOf(7), versionOf(6)].sort());
      assert.equal(a.changedSince(empty), undefined, 'a mark of another database');
      // To the third device these records come before the member who wrote them is known.
      const page = await b.missing(world.device(1), 0);
      await c.accept(page.records, { head: headOf(world.device(1), page) });
      const held = c.mark();
      assert.deepEqual(await idsSince(c, held), []);
      await carry(a, c);
      assert.ok(c.get('entry', entryOf(5)));
      assert.equal(c.changedSince(held), undefined);
      assert.ok(c.changedSince(c.mark()));
    });

    it('refuses forged records by name, and can go on past them', async () => {
      const [a, b] = await pair();
      const device = world.device(0);
      const [record] = await a.author([world.entryDraft(1)], world.admin);
      assert.ok(record);
      const forged = new Uint8Array(record.bytes);
      forged[10] = (forged[10] ?? 0) ^ 1;
      const outcome = await b.accept([forged, new Uint8Array(3)], {
        head: { device, seq: record.seq, signed: world.head(0, record) },
      });
      assert.equal(outcome.refused.length, 2);
      assert.ok(outcome.refused.some((sentence) => sentence.includes('signature')));
      assert.equal(b.get('entry', entryOf(1)), undefined);
      assert.equal(b.vector()[device], record.seq);
    });

    it('cuts what is missing into pages that fit a frame, and says where each reaches', async () => {
      const [a, b] = await pair();
      const device = world.device(0);
      const name = new Uint8Array(20_000);
      for (let from = 1; from < 90; from += 30) {
        await a.author(
          Array.from({ length: 30 }, (_, index) => world.entryDraft(from + index, { name })),
          world.admin,
        );
      }
      const start = b.vector()[device] ?? 0;
      const page = await a.missing(device, start);
      assert.equal(page.complete, false);
      assert.equal(page.reachesSeq, start + page.records.length);
      const size = page.records.reduce((sum, { length }) => sum + length, 0);
      assert.ok(
        size <= catalogPageBytesMax &&
          size + 10_000 < frameBytesMax &&
          page.records.length <= catalogPageRecordsMax,
      );
      await carry(a, b);
      assert.deepEqual(b.vector(), a.vector());
      assert.equal((await collect(b.children(entryOf(0)))).length, 90);
    });

    it('proves to strangers who is a member', async () => {
      const [a] = await network(2);
      assert.ok(a);
      const stranger = await open(5, await newPlace());
      const certificates = a.certificatesOf(world.device(1));
      assert.equal(stranger.verifyMember(world.device(1), []), undefined);
      assert.equal(stranger.verifyMember(world.device(1), certificates)?.name, 'device 1');
      assert.equal(stranger.verifyMember(world.device(2), certificates), undefined);
      assert.deepEqual(stranger.vector(), {});
      assert.equal(a.verifyMember(world.device(1), [])?.name, 'device 1');
      const other = new World();
      const foreign = await (await other.founded()).author([other.deviceDraft(4)], other.admin);
      void foreign;
      assert.deepEqual(a.certificatesOf(world.device(3)), []);
    });

    it('tells its listeners when a batch is durable, and who wrote it', async () => {
      const [a, b] = await pair();
      const heard: CatalogChange[][] = [];
      const stop = b.onChange((changes) => {
        for (const { record } of changes) assert.ok(b.get('entry', entryId(record.id)));
        heard.push([...changes]);
      });
      await a.author([world.entryDraft(1), world.entryDraft(2)], world.admin);
      await carry(a, b);
      await b.author([world.entryDraft(1, { parent: entryOf(2) })], world.admin);
      stop();
      await b.author([world.entryDraft(3)], world.admin);
      assert.deepEqual(
        heard.map((changes) => changes.map(({ record, local }) => [record.id, local])),
        [
          [
            [entryOf(1), false],
            [entryOf(2), false],
          ],
          [[entryOf(1), true]],
        ],
      );
    });
  });
}
