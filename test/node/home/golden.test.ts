import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createOutbox, type LocalCatalog, readGenesis } from '../../../src/catalog/index.ts';
import { isGenuine, readHead } from '../../../src/catalog/records/log-head.ts';
import { isBody, isTable } from '../../../src/catalog/records/record-bodies.ts';
import { parseRecord, writeRecord } from '../../../src/catalog/records/record-format.ts';
import { openChunk, openManifest, sealChunk } from '../../../src/crypto/index.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { chunkId, fromHex, toHex } from '../../../src/model/ids.ts';
import { Home, homeFormat } from '../../../src/node/home/home.ts';
import { carry, entryOf, keyOf, World } from '../../catalog/world.ts';

const golden = new URL('../../vectors/golden', import.meta.url).pathname;
const world = new World();
const { admin } = world;
const signers = new Map(
  [admin, keyOf('member'), keyOf('invite')].map((key) => [key.principal as string, key]),
);
const hexOf = (bytes: Uint8Array) => toHex(bytes);
const bytesOf = async (name: string) => new Uint8Array(await readFile(join(golden, name)));
const jsonOf = async (name: string) => JSON.parse(await readFile(join(golden, name), 'utf8'));

interface Log {
  genesis: string;
  head: string;
  records: string[];
}

async function acceptAll(catalog: LocalCatalog, log: Log): Promise<void> {
  const records = log.records.map(fromHex);
  const head = { device: world.device(0), seq: records.length, signed: fromHex(log.head) };
  const outcome = await catalog.accept(records, { head });
  assert.deepEqual(outcome.refused, []);
}

describe('what an earlier version wrote', () => {
  let log: Log;
  let folder: string;
  before(async () => {
    log = await jsonOf('log.json');
    folder = await mkdtemp(join(tmpdir(), 'peerstor-golden-'));
    await cp(golden, folder, { recursive: true });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('the genesis, a record of each table and the head of the log of an earlier version are read and written the same', async () => {
    const { networkId } = readGenesis(fromHex(log.genesis));
    assert.equal(networkId, world.networkId);
    const tables = new Set<string>();
    for (const bytes of log.records.map(fromHex)) {
      const { record } = parseRecord(bytes);
      const { table, id, device, seq, hlc, base, principal, body } = record;
      if (isTable(table) && body !== null) assert.ok(isBody(table, id, body), `${table} is whole`);
      tables.add(table);
      const signer = signers.get(principal);
      assert.ok(signer);
      const again = writeRecord(networkId, { table, id, device, seq, hlc, base, principal, body }, signer);
      assert.equal(hexOf(again.bytes), hexOf(bytes));
    }
    const known = [
      'bundle',
      'device',
      'entry',
      'facts',
      'grant',
      'invite',
      'secret',
      'use',
      'user',
      'version',
    ];
    assert.deepEqual([...tables].sort(), [...known, 'later'].sort());
    const head = readHead(world.device(0), fromHex(log.head));
    assert.equal(head.seq, log.records.length);
    assert.ok(await isGenuine(networkId, head));
  });

  it('records of an earlier version enter a catalog of today', async () => {
    const catalog = await world.catalog(1);
    await acceptAll(catalog, log);
    assert.equal(catalog.vector()[world.device(0)], log.records.length);
    assert.equal(catalog.get('version', `e${'1'.padStart(31, '0')}`)?.body?.plainBytes, 22);
    assert.equal(catalog.get('user', admin.principal)?.body?.role, 'admin');
    await catalog.stop();
  });

  it('records with an unknown table and an unknown field pass unchanged through three devices', async () => {
    const catalogs = await Promise.all([1, 2, 3].map((index) => world.catalog(index)));
    const [first, second, third] = catalogs;
    assert.ok(first && second && third);
    await acceptAll(first, log);
    await carry(first, second);
    await carry(second, third);
    const { records } = await third.missing(world.device(0), 0);
    assert.deepEqual(records.map(hexOf), log.records);
    const body: unknown = third.get('entry', entryOf(1))?.body;
    assert.equal((body as { colour?: string }).colour, 'red');
    assert.deepEqual(await third.digest('later'), await first.digest('later'));
    for (const catalog of catalogs) await catalog.stop();
  });

  it('an outbox of an earlier version is read', async () => {
    const outbox = createOutbox(join(folder, 'outbox.log'));
    await outbox.open();
    const records: string[] = [];
    for await (const bytes of outbox.records()) records.push(hexOf(bytes));
    assert.deepEqual(records, log.records);
    assert.deepEqual([outbox.device, outbox.lastSeq], [world.device(0), records.length]);
    await outbox.close();
    assert.deepEqual(await readFile(join(folder, 'outbox.log')), await readFile(join(golden, 'outbox.log')));
  });

  it('chunks and manifests of an earlier version are read', async () => {
    const { chunk, leaf, index, inline, ...rest } = await jsonOf('content.json');
    const [dedupeSecret, entryKey, payload] = ['dedupeSecret', 'entryKey', 'payload'].map((name) =>
      fromHex(rest[name]),
    );
    assert.ok(dedupeSecret && entryKey && payload);
    const sealed = await sealChunk(dedupeSecret, payload);
    assert.equal(hexOf(sealed.bytes), hexOf(await bytesOf(chunk)));
    assert.equal(hexOf(await openChunk(sealed.key, await bytesOf(chunk))), hexOf(payload));
    const [whole, part, small] = await Promise.all(
      [index, leaf, inline].map(async (name) => openManifest(entryKey, await bytesOf(name))),
    );
    assert.ok(whole?.kind === 'index' && part?.kind === 'leaf' && small?.kind === 'inline');
    assert.deepEqual([whole.references[0]?.id, whole.sizes], [chunkId(leaf), [22]]);
    assert.deepEqual(part.references, [{ id: chunkId(chunk), size: sealed.bytes.length }]);
    assert.deepEqual(
      part.slots.map(({ key, size }) => [hexOf(key), size]),
      [[hexOf(sealed.key), 22]],
    );
    assert.equal(Buffer.from(small.content).toString(), 'Small.');
  });

  it('a home of an earlier version is read and written the same', async () => {
    const home = await Home.open(folder);
    assert.equal(home.identity.principal, world.device(0));
    const [membership, settings] = [await home.membership(), await home.settings()];
    assert.ok(membership && settings);
    assert.deepEqual([membership.networkId, membership.epoch], [world.networkId, 2]);
    assert.equal(membership.replaced.length, 1);
    assert.equal(settings.class, 'sleeper');
    await home.saveMembership(membership);
    await home.saveSettings(settings);
    for (const name of ['network.key', 'config.json'])
      assert.equal(
        await readFile(join(folder, name), 'utf8'),
        await readFile(join(golden, name), 'utf8'),
        name,
      );
  });

  it('a home of a newer version is refused with a sentence', async () => {
    const newer = { ...(await jsonOf('config.json')), format: homeFormat + 1 };
    await writeFile(join(folder, 'config.json'), JSON.stringify(newer));
    const home = await Home.open(folder);
    await assert.rejects(
      home.settings(),
      (error) => isPeerstorError(error, 'home-newer') && /Update peerstor/.test(error.message),
    );
  });
});
