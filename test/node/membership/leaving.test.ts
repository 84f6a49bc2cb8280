import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, describe, it } from 'node:test';
import type { OrderedStore } from '../../../src/model/contracts/ordered-store.ts';
import { networkId } from '../../../src/model/ids.ts';
import { Home, type StoredMembership } from '../../../src/node/home/home.ts';
import { finishLeaving } from '../../../src/node/membership/leaving.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';

const folders: string[] = [];
const membership: StoredMembership = {
  networkId: networkId('ab'.repeat(32)),
  networkSecret: new Uint8Array(32).fill(2),
  epoch: 3,
  replaced: [{ epoch: 2, secret: new Uint8Array(32).fill(1), untilMs: 99 }],
  genesis: new Uint8Array([1, 2]),
  certificates: [new Uint8Array([3])],
  introductions: { aa: ['/ip4/127.0.0.1/tcp/1'] },
};

describe('a home', () => {
  after(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  it('a home keeps the network with all its secrets, and reads the older form with one secret', async () => {
    const home = await newHome();
    await home.saveMembership(membership);
    assert.deepEqual(await home.membership(), membership);
    const path = home.file('network.key');
    const { epoch, replaced, ...older } = JSON.parse(await readFile(path, 'utf8'));
    assert.deepEqual([epoch, replaced.length], [3, 1]);
    await writeFile(path, JSON.stringify(older));
    assert.deepEqual(await home.membership(), { ...membership, epoch: 0, replaced: [] });
  });

  it('a home leaves a network: keys, catalog and sessions go, copies and notes stay', async () => {
    const { home, index, key } = await homeInNetwork();
    const aside = [
      ...(await setAside(home, ['db/catalog', 'db/index', 'outbox.log'], 'aside')),
      ...(await setAside(home, ['network.key', 'db/catalog', 'identity.key'], 'rolled-back')),
    ];
    await writeFile(home.file('my.aside-notes'), '');
    await home.markLeft();
    assert.ok(!(await readFile(home.file('network.key'), 'utf8')).includes('networkSecret'));
    assert.equal(await home.membership(), undefined, 'the secret is gone at once');
    assert.equal(await home.isLeaving(), true);
    await finishLeaving(home, index);
    for (const name of ['network.key', 'credentials.json', 'outbox.log', 'db/catalog', ...aside])
      assert.ok(!existsSync(home.file(name)), name);
    assert.ok(existsSync(home.file('my.aside-notes')), 'not a name of ours');
    assert.equal(await home.isLeaving(), false);
    assert.ok(existsSync(home.file('volume', 'segments', 'aa')));
    assert.deepEqual(await keysOf(index), ['audit/1', 'chunks/1', 'pairing/tries']);
    assert.notEqual(home.identity.principal, key);
    assert.equal((await Home.open(home.folder)).identity.principal, home.identity.principal);
  });

  it('a home completes its leaving after a crash at any step', async () => {
    for (let cut = 0; cut < 8; cut += 1) {
      const { home, index } = await homeInNetwork();
      await home.markLeft();
      await finishLeaving(breaking(home, cut), index).catch((error: Error) =>
        assert.match(error.message, /cut/),
      );
      const again = await Home.open(home.folder);
      if (await again.isLeaving()) await finishLeaving(again, index);
      assert.ok(!existsSync(home.file('network.key')), `cut at ${cut}`);
      assert.ok(!existsSync(home.file('db/catalog')), `cut at ${cut}`);
      assert.deepEqual(await keysOf(index), ['audit/1', 'chunks/1', 'pairing/tries']);
    }
  });
});

async function newHome(): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'peerstor-leaving-'));
  folders.push(folder);
  return Home.open(folder);
}

async function homeInNetwork() {
  const home = await newHome();
  await home.saveMembership(membership);
  await mkdir(home.file('db', 'catalog'), { recursive: true });
  await mkdir(home.file('volume', 'segments', 'aa'), { recursive: true });
  for (const name of ['credentials.json', 'outbox.log', 'db/catalog/000.ldb'])
    await writeFile(home.file(name), 'secret');
  const index = new MemoryOrderedStore();
  const keys = ['sessions/s1', 'replication/c1', 'addresses/1', 'audit/1', 'chunks/1', 'pairing/tries'];
  await index.batch(keys.map((key) => ({ key, value: new Uint8Array([1]) })));
  return { home, index, key: home.identity.principal };
}

/** Leaves others of these names in the place of what is put aside. @returns where that is now, in the home */
async function setAside(home: Home, names: string[], why: 'aside' | 'rolled-back'): Promise<string[]> {
  for (const name of names) await mkdir(home.file(name), { recursive: true }).catch(() => undefined);
  const paths = await home.setAside(names, why);
  assert.equal(paths.length, names.length);
  await home.saveMembership(membership);
  return paths.map((path) => relative(home.folder, path));
}

async function keysOf(index: OrderedStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of index.range({ gte: '', lt: '\xff' })) keys.push(key);
  return keys;
}

/** A home whose process is gone at its `cut`-th step. */
function breaking(home: Home, cut: number): Home {
  let steps = 0;
  const step = () => {
    if (steps === cut) throw new Error('cut');
    steps += 1;
  };
  const broken: Pick<Home, 'erase' | 'renewIdentity'> = {
    erase: async (names) => {
      for (const name of names) {
        step();
        await home.erase([name]);
      }
    },
    renewIdentity: async () => {
      step();
      await home.renewIdentity();
    },
  };
  return Object.setPrototypeOf(broken, home);
}
