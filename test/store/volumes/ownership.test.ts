/** A volume touches nothing that peerstor did not make, and nothing that another device or process uses. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { deviceId } from '../../../src/model/ids.ts';
import { nodeFiles } from '../../../src/store/files/disk-files.ts';
import { thisProcess } from '../../../src/store/files/process-identity.ts';
import { testChunk } from '../chunks.ts';
import { DiskWorld, testDevice } from '../disk-world.ts';
import { diskError, faultyFiles } from '../faulty-files.ts';

const otherDevice = deviceId('e'.repeat(64));

describe('a folder that somebody lends', () => {
  let world: DiskWorld;
  beforeEach(async () => {
    world = await DiskWorld.make();
  });
  afterEach(() => world.remove());

  const chunk = testChunk('a');
  const path = (...names: string[]) => join(world.volume(), ...names);
  const marker = async () => JSON.parse(await readFile(path('.peerstor-volume'), 'utf8'));

  async function makeFile(file: string, text = 'mine'): Promise<void> {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, text);
  }

  it('keeps every file of its owner, whatever its folders are called', async () => {
    const files = ['tmp/thesis.doc', 'blobs/aa/bb/x', 'trash/letter.txt', 'quarantine/y', 'notes.txt'];
    for (const file of files) await makeFile(path(file), file);
    const store = await world.open();
    await store.put(chunk.id, chunk.bytes);
    await store.delete(chunk.id);
    await store.purgeTrash(0);
    await store.compact();
    await store.rescan();
    await store.stop();
    for (const file of files) assert.equal(await readFile(path(file), 'utf8'), file);
  });

  it('is refused where its owner has a folder of the name that peerstor needs', async () => {
    await makeFile(path('segments', '00000001.segment'));
    await assert.rejects(world.open(), {
      code: 'storage-failed',
      message: /segments was not made by peerstor/,
    });
    assert.deepEqual(await readdir(path('segments')), ['00000001.segment']);
    assert.ok(!existsSync(path('.peerstor-volume')));
  });

  it('is refused where that name is a symbolic link, and nothing behind the link is touched', async () => {
    await mkdir(world.volume());
    await makeFile(join(world.folder, 'documents', 'thesis.doc'));
    await symlink(join(world.folder, 'documents'), path('segments'));
    await assert.rejects(world.open(), { code: 'storage-failed', message: /was not made by peerstor/ });
    assert.deepEqual(await readdir(join(world.folder, 'documents')), ['thesis.doc']);
  });

  it('is not read or written through a link that takes the place of its folder of segments later', async () => {
    const store = await world.open({ segmentBytesMax: 1400 });
    await store.put(chunk.id, chunk.bytes);
    await store.stop();
    const again = await world.open({ segmentBytesMax: 1400 });
    await rename(path('segments'), join(world.folder, 'aside'));
    await symlink(join(world.folder, 'aside'), path('segments'));
    await assert.rejects(again.get(chunk.id));
    const other = testChunk('b');
    await assert.rejects(again.put(other.id, other.bytes));
    assert.deepEqual(
      (await readdir(join(world.folder, 'aside'))).filter((name) => name.endsWith('.segment')),
      ['00000001.segment'],
    );
  });

  it('is refused while another process uses it, and taken when that one ended', async () => {
    const store = await world.open();
    await store.put(chunk.id, chunk.bytes);
    world.loseIndex();
    await assert.rejects(world.open(), {
      code: 'storage-failed',
      message: new RegExp(`is in use by process ${process.pid}`),
    });
    assert.deepEqual(await world.idsOf('held'), [chunk.id]);
    await store.stop();
    assert.ok((await world.open()).has(chunk.id));
  });

  it('is taken from a process of an earlier boot, or whose number another process has now', async () => {
    await (await world.open()).stop();
    const { self } = thisProcess;
    for (const started of ['boot 1', `${self.started}0`]) {
      await writeFile(path('segments', '.lock'), JSON.stringify({ ...self, started, nonce: 'x' }));
      const store = await world.open();
      assert.equal(store.usage().volumes[0]?.state, 'ok');
      await store.stop();
    }
    await writeFile(path('segments', '.lock'), JSON.stringify({ ...self, nonce: 'x' }));
    const refused = await world.open();
    assert.match(
      refused.usage().volumes[0]?.problem ?? '',
      /is in use by process .* delete .*segments.\.lock/,
    );
  });

  it('is taken from a process that was killed', async () => {
    await mkdir(path('segments'), { recursive: true });
    await (await world.open()).stop();
    const lock = { pid: 2 ** 22 + 1, host: 'elsewhere', started: '', nonce: 'x' };
    for (const text of [JSON.stringify(lock), '', '{"pid":']) {
      await writeFile(path('segments', '.lock'), text);
      const store = await world.open();
      assert.equal(store.usage().volumes[0]?.state, 'ok');
      await store.stop();
      assert.ok(!existsSync(path('segments', '.lock')));
    }
  });

  it('is not taken from another device, unless somebody asks for its volume by name', async () => {
    const store = await world.open({ device: otherDevice });
    await store.put(chunk.id, chunk.bytes);
    await store.stop();
    world.loseIndex();
    await assert.rejects(world.open(), {
      code: 'storage-failed',
      message: /is the volume of another device .* peerstor volume add .* --adopt/,
    });
    assert.equal((await marker()).owner, otherDevice);
    const own = await world.open({ volumes: [{ adopt: true }] });
    await own.rescan();
    assert.ok(own.has(chunk.id));
    assert.equal((await marker()).owner, testDevice);
  });

  it('is missed by the device from which it was taken, which deletes nothing on it', async () => {
    const index = world.index;
    const first = await world.open({ device: otherDevice });
    await first.put(chunk.id, chunk.bytes);
    await first.stop();
    world.loseIndex();
    await (await world.open({ volumes: [{ adopt: true }] })).stop();
    world.index = index;
    const late = await world.open({ device: otherDevice });
    assert.equal(late.usage().volumes[0]?.state, 'failed');
    assert.equal(late.has(chunk.id), false);
    await assert.rejects(late.delete(chunk.id), { code: 'volume-missing' });
    assert.deepEqual(await world.idsOf('held'), [chunk.id]);
  });

  it('stays the volume of a device that took a new key', async () => {
    const store = await world.open({ device: otherDevice });
    await store.put(chunk.id, chunk.bytes);
    await store.stop();
    const again = await world.open();
    assert.ok(again.has(chunk.id));
    assert.equal((await marker()).owner, testDevice);
  });

  it('may be lent by any device once its own one lends it no more', async () => {
    const store = await world.open({ device: otherDevice });
    await store.put(chunk.id, chunk.bytes);
    await store.removeVolume(world.volume());
    assert.equal((await marker()).owner, null);
    world.loseIndex();
    const next = await world.open();
    await next.rescan();
    assert.ok(next.has(chunk.id));
  });
});

describe('a volume whose disk takes no writes for a moment', () => {
  let world: DiskWorld;
  let isReadOnly = false;
  beforeEach(async () => {
    world = await DiskWorld.make();
    isReadOnly = false;
  });
  afterEach(() => world.remove());

  const writing = ['write', 'rename', 'unlink', 'makeFolder', 'truncate'];
  const files = faultyFiles((operation) =>
    isReadOnly && writing.includes(operation) ? diskError('EROFS') : undefined,
  );
  const [a, b, c] = [testChunk('a'), testChunk('b'), testChunk('c')];

  async function eventually(done: () => boolean): Promise<void> {
    for (let tries = 0; !done() && tries < 500; tries += 1) {
      await world.clock.pass(5000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.ok(done());
  }

  it('is read from meanwhile, and used again without a restart', async () => {
    const store = await world.open({ files });
    await store.put(a.id, a.bytes);
    isReadOnly = true;
    await assert.rejects(store.put(b.id, b.bytes), { code: 'storage-failed' });
    assert.equal(store.usage().volumes[0]?.state, 'failed');
    await store.get(a.id);
    isReadOnly = false;
    await eventually(() => store.usage().volumes[0]?.state === 'ok');
    assert.equal(await store.put(b.id, b.bytes), 'stored');
    await store.stop();
    world.loseIndex();
    const again = await world.open();
    for (const { id } of [a, b]) await again.get(id);
  });

  it('can be read when the device starts meanwhile, and is used once it takes writes', async () => {
    const before = await world.open({ files });
    await before.put(a.id, a.bytes);
    await before.stop();
    isReadOnly = true;
    const store = await world.open({ files });
    assert.equal(store.usage().volumes[0]?.state, 'failed');
    assert.deepEqual(Buffer.from(await store.get(a.id)), Buffer.from(a.bytes));
    isReadOnly = false;
    await eventually(() => store.usage().volumes[0]?.state === 'ok');
    assert.equal(await store.put(c.id, c.bytes), 'stored');
  });

  it('is used again after it was mounted anew between two looks, though its open files never take a write again', async () => {
    let mount = 1;
    let isAborted = false;
    const mounted = faultyFiles(() => undefined, {
      async open(path, mode) {
        const file = await nodeFiles.open(path, mode);
        const own = mount;
        const write: typeof file.write = async (parts, at) => {
          if (own !== mount || isAborted) throw diskError('EROFS');
          return file.write(parts, at);
        };
        return {
          write,
          read: (parts, at) => file.read(parts, at),
          size: () => file.size(),
          hasName: () => file.hasName(),
          truncate: (bytes) => file.truncate(bytes),
          datasync: () => file.datasync(),
          close: () => file.close(),
        };
      },
    });
    const store = await world.open({ files: mounted });
    await store.put(a.id, a.bytes);
    isAborted = true;
    await assert.rejects(store.put(b.id, b.bytes), { code: 'storage-failed' });
    await rename(world.volume(), world.volume('unmounted'));
    await cp(world.volume('unmounted'), world.volume(), { recursive: true });
    mount = 2;
    isAborted = false;
    await eventually(() => store.usage().volumes[0]?.state === 'ok');
    assert.equal(await store.put(b.id, b.bytes), 'stored');
    await store.get(a.id);
  });

  it('is used again after it was mounted anew, although a sync had failed', async () => {
    let isBroken = false;
    const failing = faultyFiles((operation, path) =>
      isBroken && operation === 'datasync' && path.endsWith('.segment') ? diskError('EIO') : undefined,
    );
    const store = await world.open({ files: failing });
    await store.put(a.id, a.bytes);
    isBroken = true;
    await assert.rejects(store.put(b.id, b.bytes), { code: 'storage-failed' });
    await rename(world.volume(), world.volume('unmounted'));
    await eventually(() => store.usage().volumes[0]?.state === 'missing');
    isBroken = false;
    await rename(world.volume('unmounted'), world.volume());
    await eventually(() => store.usage().volumes[0]?.state === 'ok');
    assert.equal(await store.put(b.id, b.bytes), 'stored');
    await store.get(a.id);
  });
});
