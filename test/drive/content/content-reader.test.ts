import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Manifest, openManifest, sealManifest } from '../../../src/crypto/index.ts';
import { readContent } from '../../../src/drive/content/content-reader.ts';
import { openManifestTree } from '../../../src/drive/content/manifest-tree.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import type { ChunkId } from '../../../src/model/ids.ts';
import { readAheadBytes } from '../../../src/model/limits.ts';
import { keptBuffers } from '../../../src/model/memory.ts';
import { randomContent } from '../../chunking/random-content.ts';
import { entryKey, MemoryChunkNetwork, readAll, write } from './world.ts';

const MiB = 1024 * 1024;

/** A network with one file in it, and the ids of its chunks in order. */
async function withFile(size: number) {
  const network = new MemoryChunkNetwork();
  const content = randomContent(size, 7);
  const written = await write(content, network);
  const manifest = openManifest(entryKey, network.chunks.get(written.manifest) ?? content);
  assert.ok(manifest.kind === 'leaf');
  const ids = manifest.references.map(({ id }) => id);
  network.calls.length = 0;
  return { network, content, written, ids };
}

/** Turns one byte over in the copy of this device; the good bytes stay at another one. */
function spoil(network: MemoryChunkNetwork, id: ChunkId, at: number): void {
  const good = network.chunks.get(id) ?? new Uint8Array(0);
  const bad = good.slice();
  bad[at] = (bad[at] ?? 0) ^ 0x40;
  network.chunks.set(id, bad);
  network.elsewhere.set(id, good);
}

test('a damaged local chunk is reported and read from another device', async () => {
  for (const [at, lendsBuffers] of [
    ...[0, 1, 5000, -1].map((one) => [one, false] as const),
    ...[0, 1, 5000, -1].map((one) => [one, true] as const),
  ]) {
    const { network, content, written, ids } = await withFile(3 * MiB);
    network.lendsBuffers = lendsBuffers;
    const id = ids[2];
    assert.ok(id);
    spoil(network, id, at === -1 ? (network.chunks.get(id)?.length ?? 0) - 1 : at);
    assert.ok((await readAll(network, written)).equals(content), `byte ${at}`);
    assert.deepEqual(
      network.calls.filter((call) => call.startsWith('reportCorruptLocal')),
      [`reportCorruptLocal ${id}`],
    );
  }
});

test('chunks are opened in the buffers that they were read into, and who gives those back gets them again', async () => {
  const { network, content, written } = await withFile(4 * MiB);
  network.lendsBuffers = true;
  const buffers = new Set<ArrayBufferLike>();
  const found: Buffer[] = [];
  for await (const piece of readContent({ manifest: written.manifest, entryKey, network })) {
    assert.ok(keptBuffers.isLent(piece));
    buffers.add(piece.buffer);
    found.push(Buffer.from(piece));
    keptBuffers.give(piece);
    assert.ok(!keptBuffers.isLent(piece));
  }
  assert.ok(Buffer.concat(found).equals(content));
  assert.ok(buffers.size < found.length, `${buffers.size} buffers for ${found.length} pieces`);
});

test('content that was compressed is given out in memory of its own', async () => {
  const network = new MemoryChunkNetwork();
  const content = Buffer.alloc(3 * MiB, 'the same words again and again ');
  const written = await write(content, network);
  network.lendsBuffers = true;
  const found: Uint8Array[] = [];
  for await (const piece of readContent({ manifest: written.manifest, entryKey, network })) {
    assert.ok(!keptBuffers.isLent(piece));
    found.push(piece);
  }
  assert.ok(Buffer.concat(found).equals(content));
});

test('a chunk that is damaged everywhere ends the stream with an error, after the good bytes', async () => {
  const { network, content, written, ids } = await withFile(4 * MiB);
  const id = ids[3];
  assert.ok(id);
  spoil(network, id, 100);
  network.elsewhere.clear();
  const found: Uint8Array[] = [];
  await assert.rejects(
    async () => {
      for await (const piece of readContent({ manifest: written.manifest, entryKey, network })) {
        found.push(piece);
      }
    },
    { code: 'chunk-missing' },
  );
  const bytes = Buffer.concat(found);
  assert.equal(found.length, 3);
  assert.ok(bytes.equals(content.subarray(0, bytes.length)));
});

test('whole bytes that do not open with the key are not blamed on this copy', async () => {
  const { network, content, ids } = await withFile(300_000);
  const other = new MemoryChunkNetwork();
  const written = await write(content, other);
  const manifest = openManifest(entryKey, other.chunks.get(written.manifest) ?? content);
  const [id] = ids;
  assert.ok(id && manifest.kind === 'leaf' && manifest.slots[0]);
  const tree = await openManifestTree({
    manifest: written.manifest,
    entryKey,
    network: other,
    signal: new AbortController().signal,
  });
  assert.ok(tree.kind === 'leaf' && tree.slots[0]);
  tree.slots[0].key = new Uint8Array(32);
  await assert.rejects(readContent({ manifest: tree, entryKey, network }).next(), { code: 'chunk-corrupt' });
  assert.ok(!network.calls.includes(`reportCorruptLocal ${id}`));
  assert.ok(network.chunks.has(id));
});

test('chunks are read ahead up to the bound and given out in order', async () => {
  const { network, content, written, ids } = await withFile(24 * MiB);
  // The later a chunk, the sooner it answers.
  network.beforeRead = async (id) => {
    for (let i = ids.indexOf(id) % 8; i < 8; i += 1) await turn();
  };
  assert.ok((await readAll(network, written)).equals(content));
  assert.ok(network.readsUnderWayMax > 4, `only ${network.readsUnderWayMax} reads at once`);
  assert.ok(network.readsUnderWayMax <= readAheadBytes / (256 * 1024));
  assert.equal(network.calls.length, ids.length + 1);
});

test('a reader that takes only the first piece causes few reads', async () => {
  const { network, written } = await withFile(24 * MiB);
  for await (const piece of readContent({ manifest: written.manifest, entryKey, network })) {
    assert.ok(piece.length > 0);
    break;
  }
  await turn();
  assert.ok(network.calls.length <= 5, `${network.calls.length} calls`);
});

test('an abort cancels all reads and rejects with its reason, though they do not answer', async () => {
  const { network, written, ids } = await withFile(8 * MiB);
  network.beforeRead = (id) => (ids.indexOf(id) > 2 ? new Promise<never>(() => undefined) : turn());
  const abort = new AbortController();
  const reason = new PeerstorError('aborted', 'The client went away.');
  let pieces = 0;
  await assert.rejects(
    async () => {
      const options = { manifest: written.manifest, entryKey, network, signal: abort.signal };
      for await (const piece of readContent(options)) {
        assert.ok(piece.length > 0);
        pieces += 1;
        if (pieces === 3) setImmediate(() => abort.abort(reason));
      }
    },
    (error) => error === reason,
  );
  assert.equal(pieces, 3);
  assert.ok(network.readsAborted >= 2 && network.readsAborted === network.readsUnderWay);
});

test('leaving the loop cancels the reads that are under way', async () => {
  const { network, written, ids } = await withFile(8 * MiB);
  network.beforeRead = (id) => (ids.indexOf(id) > 2 ? new Promise<never>(() => undefined) : turn());
  let pieces = 0;
  for await (const piece of readContent({ manifest: written.manifest, entryKey, network })) {
    assert.ok(piece.length > 0);
    pieces += 1;
    if (pieces === 3) break;
  }
  assert.ok(network.readsUnderWay > 0);
  assert.equal(network.readsAborted, network.readsUnderWay);
});

test('a read that fails after the reader left disturbs nobody', async () => {
  const { network, written, ids } = await withFile(8 * MiB);
  network.beforeRead = async (id) => {
    for (let i = 0; i < 10 * ids.indexOf(id); i += 1) await turn();
    if (ids.indexOf(id) > 2) throw new PeerstorError('chunk-missing', 'The device was switched off.');
  };
  let pieces = 0;
  for await (const piece of readContent({ manifest: written.manifest, entryKey, network })) {
    assert.ok(piece.length > 0);
    pieces += 1;
    if (pieces < 3) continue;
    assert.ok(network.readsUnderWay > 0);
    // What was read ahead fails now, before anybody waits for it.
    for (let i = 0; i < 100; i += 1) await turn();
    break;
  }
  assert.equal(network.readsUnderWay, 0);
});

test('a damaged manifest is not taken for a wrong key', async () => {
  const { network, written } = await withFile(300_000);
  const bytes = network.chunks.get(written.manifest);
  assert.ok(bytes);
  for (let at = 0; at < bytes.length; at += 9) {
    spoil(network, written.manifest, at);
    await assert.rejects(readAll(network, written), { code: 'chunk-corrupt' });
    network.chunks.set(written.manifest, bytes);
  }
});

test('what fails before the first byte has a code', async () => {
  const { network, written } = await withFile(300_000);
  const read = (range: { start: number; end: number }, key = entryKey) =>
    readContent({ manifest: written.manifest, entryKey: key, network, range }).next();
  for (const [start, end] of [
    [0, 300_001],
    [-1, 5],
    [5, 4],
    [0.5, 2],
  ] as const) {
    await assert.rejects(read({ start, end }), { code: 'bad-range' });
  }
  await assert.rejects(read({ start: 0, end: 1 }, new Uint8Array(32)), { code: 'forbidden' });
  network.chunks.delete(written.manifest);
  await assert.rejects(read({ start: 0, end: 1 }), { code: 'chunk-missing' });
});

test('manifests that contradict what is under them are refused', async () => {
  const { network, ids } = await withFile(2 * MiB);
  const written = [...network.chunks].find(([, bytes]) => bytes[0] === 2);
  assert.ok(written);
  const leaf = openManifest(entryKey, written[1]);
  assert.ok(leaf.kind === 'leaf' && leaf.slots[0] && ids.length > 1);
  const reads = async (manifest: Manifest) => {
    const { id, bytes } = sealManifest(entryKey, manifest);
    network.chunks.set(id, bytes);
    for await (const piece of readContent({ manifest: id, entryKey, network })) assert.ok(piece.length > 0);
  };
  const size = leaf.slots.reduce((sum, slot) => sum + slot.size, 0);
  const references = [{ id: written[0], size: written[1].length }];
  const index: Manifest = { kind: 'index', cutter: leaf.cutter, references, sizes: [size] };
  await reads(index);
  await assert.rejects(reads({ ...index, sizes: [size - 1] }), { code: 'chunk-corrupt' });
  const nested = sealManifest(entryKey, index);
  network.chunks.set(nested.id, nested.bytes);
  await assert.rejects(reads({ ...index, references: [{ id: nested.id, size: nested.bytes.length }] }), {
    code: 'chunk-corrupt',
  });
  for (const difference of [1, -1]) {
    const slots = leaf.slots.map((slot, at) => (at === 0 ? { ...slot, size: slot.size + difference } : slot));
    await assert.rejects(reads({ ...leaf, slots }), { code: 'chunk-corrupt' });
  }
  assert.ok(!network.calls.some((call) => call.startsWith('reportCorruptLocal')));
});

test('an opened manifest serves several ranges with one read of it', async () => {
  const { network, content, written } = await withFile(3 * MiB);
  const { signal } = new AbortController();
  const tree = await openManifestTree({ manifest: written.manifest, entryKey, network, signal });
  assert.equal(tree.size, content.length);
  for (const start of [0, 1_000_000, 2_999_000]) {
    const range = { start, end: start + 100 };
    for await (const piece of readContent({ manifest: tree, entryKey, network, range })) {
      assert.deepEqual(new Uint8Array(piece), content.subarray(range.start, range.end));
    }
  }
  assert.equal(network.calls.filter((call) => call.endsWith(written.manifest)).length, 1);
});
