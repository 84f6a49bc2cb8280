import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { PeerstorError } from '../../../src/model/errors.ts';
import { chunksInFlightMax, uploadChunksInFlight } from '../../../src/model/limits.ts';
import { randomContent } from '../../chunking/random-content.ts';
import { inPieces, MemoryChunkNetwork, write } from './world.ts';

const MiB = 1024 * 1024;

/** Content that says whether it was closed. */
class Source {
  closed = false;
  taken = 0;
  readonly #content: Uint8Array;
  readonly #afterwards: () => Promise<void>;

  constructor(content: Uint8Array, afterwards: () => Promise<void> = async () => undefined) {
    this.#content = content;
    this.#afterwards = afterwards;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of inPieces(this.#content)) {
        this.taken += piece.length;
        yield piece;
      }
      await this.#afterwards();
    } finally {
      this.closed = true;
    }
  }
}

test('only so many chunks are under way at once, and the stream waits for them', async () => {
  const network = new MemoryChunkNetwork();
  const content = new Source(randomContent(24 * MiB, 1));
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  network.beforePut = () => gate;
  const writing = write(content, network);
  while (network.putsUnderWay < uploadChunksInFlight) await turn();
  for (let i = 0; i < 200; i += 1) await turn();
  assert.equal(network.putsUnderWay, uploadChunksInFlight);
  assert.ok(content.taken < 16 * MiB, `took ${content.taken} bytes while nothing became durable`);
  release();
  await writing;
  assert.equal(network.putsUnderWayMax, uploadChunksInFlight);
});

test('uploads at once share what may be under way; each has at least two chunks, and all of it when the others ended', async () => {
  const network = new MemoryChunkNetwork();
  let open = gated(network);
  const uploads = Array.from({ length: 16 }, (_, at) =>
    write(new Source(randomContent(4 * MiB, 100 + at)), network),
  );
  while (network.putsUnderWay < chunksInFlightMax) await turn();
  for (let i = 0; i < 200; i += 1) await turn();
  // The first ones began when fewer shared.
  assert.ok(network.putsUnderWay < 16 * 4, `${network.putsUnderWay} chunks of 16 uploads are under way`);
  open();
  await Promise.all(uploads);
  open = gated(network);
  const last = write(new Source(randomContent(16 * MiB, 99)), network);
  while (network.putsUnderWay < uploadChunksInFlight) await turn();
  open();
  await last;
});

/** Puts wait. @returns lets them go on */
function gated(network: MemoryChunkNetwork): () => void {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  network.beforePut = () => gate;
  return open;
}

test('a put that fails ends the upload with its error, after the others have ended', async () => {
  const network = new MemoryChunkNetwork();
  network.beforePut = async (number) => {
    await turn();
    if (number === 3) throw new PeerstorError('disk-full', 'The disk is full. Make room.');
    for (let i = 0; i < 20; i += 1) await turn();
  };
  const content = new Source(randomContent(40 * MiB, 1));
  await assert.rejects(write(content, network), { code: 'disk-full' });
  assert.equal(network.putsUnderWay, 0);
  assert.equal(network.manifests, 0);
  assert.ok(content.taken < 30 * MiB);
  await turn();
  assert.ok(content.closed);
});

test('a put that fails is told at once, though the client sends nothing more', async () => {
  const network = new MemoryChunkNetwork();
  network.beforePut = () => {
    throw new PeerstorError('disk-full', 'The disk is full. Make room.');
  };
  const silent = new Source(randomContent(2 * MiB, 1), () => new Promise<never>(() => undefined));
  await assert.rejects(write(silent, network), { code: 'disk-full' });
});

test('a manifest that cannot be put ends the upload with its error', async () => {
  for (const size of [100, 5000]) {
    const network = new MemoryChunkNetwork();
    const last = size === 100 ? 1 : 2;
    network.beforePut = (number) => {
      if (number === last) throw new PeerstorError('storage-failed', 'The disk does not answer.');
    };
    await assert.rejects(write(randomContent(size, 1), network), { code: 'storage-failed' });
    assert.equal(network.putsUnderWay, 0);
  }
});

test('content that breaks midway rejects with its own error and leaves no manifest', async () => {
  const network = new MemoryChunkNetwork();
  const broken = new Source(randomContent(5 * MiB, 1), async () => {
    throw new Error('socket hang up');
  });
  await assert.rejects(write(broken, network), /socket hang up/);
  // The content broke before the first chunk was sealed, so none needed to be put.
  assert.equal(network.puts, 0);
});

test('an abort ends the upload at once, though the client sends nothing more', async () => {
  const network = new MemoryChunkNetwork();
  const abort = new AbortController();
  const reason = new PeerstorError('aborted', 'The client went away.');
  const silent = new Source(randomContent(5 * MiB, 1), async () => {
    abort.abort(reason);
    await new Promise<never>(() => undefined);
  });
  await assert.rejects(write(silent, network, { signal: abort.signal }), (error) => error === reason);
  assert.equal(network.putsUnderWay, 0);
  assert.equal(network.manifests, 0);
});

test('an abort while the disk is busy waits for the puts that are under way and starts none', async () => {
  const network = new MemoryChunkNetwork();
  const abort = new AbortController();
  network.beforePut = async (number) => {
    if (number === 2) abort.abort(new PeerstorError('aborted', 'The client went away.'));
    for (let i = 0; i < 50; i += 1) await turn();
  };
  const content = new Source(randomContent(20 * MiB, 1));
  await assert.rejects(write(content, network, { signal: abort.signal }), { code: 'aborted' });
  assert.equal(network.putsUnderWay, 0);
  for (let i = 0; i < 20; i += 1) await turn();
  assert.equal(network.puts, 2);
  assert.ok(content.closed);
});

test('an abort during the last put leaves no manifest', async () => {
  const network = new MemoryChunkNetwork();
  const abort = new AbortController();
  network.beforePut = () => abort.abort(new PeerstorError('aborted', 'The client went away.'));
  await assert.rejects(write(randomContent(5000, 1), network, { signal: abort.signal }), { code: 'aborted' });
  assert.equal(network.puts, 1);
  for (const content of [randomContent(100, 1), new Uint8Array(0)]) {
    const late = new AbortController();
    const ending = new Source(content, async () =>
      late.abort(new PeerstorError('aborted', 'The client went away.')),
    );
    await assert.rejects(write(ending, network, { signal: late.signal }), { code: 'aborted' });
  }
  assert.equal(network.manifests, 0);
});

test('a signal that was aborted before stores nothing', async () => {
  const network = new MemoryChunkNetwork();
  const signal = AbortSignal.abort(new PeerstorError('aborted', 'Too late.'));
  await assert.rejects(write(randomContent(5 * MiB, 1), network, { signal }), { code: 'aborted' });
  assert.equal(network.puts, 0);
});
