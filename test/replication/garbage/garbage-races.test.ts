import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sleep } from '../../../src/model/clock.ts';
import { defaultTunables } from '../../../src/model/limits.ts';
import { silentLog } from '../../../src/model/log.ts';
import { createReplication } from '../../../src/replication/index.ts';
import { writePut } from '../../../src/replication/wire.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { MemoryChunkStore } from '../../../src/store/memory-chunk-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryNetwork } from '../../support/memory-network.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { TestVersions } from '../support/cluster.ts';
import { fileOf, type TestFile } from '../support/files.ts';
import { deviceNumber, member } from '../support/fixtures.ts';

const graceMs = 4000;
const trashMs = 4000;
const pool = 16;

/** One device that collects garbage all the time, and somebody who may ask it for what it has. */
async function build(seed: number) {
  const clock = new ManualClock();
  const random = seededRandom(seed);
  const network = new MemoryNetwork({ clock, random });
  const self = deviceNumber(0);
  const store = new MemoryChunkStore({
    clock,
    hashesTo: async (id, bytes) => createHash('sha256').update(bytes).digest('hex') === id,
  });
  const versions = new TestVersions();
  const transport = network.transport(self);
  const replication = createReplication({
    self,
    transport,
    store,
    index: new MemoryOrderedStore(),
    devices: { members: () => [member(0)], onChange: () => () => undefined },
    versions,
    catalog: { isComplete: () => true, isClockRight: () => true, refresh: async () => undefined },
    clock,
    random,
    tunables: {
      ...defaultTunables,
      garbageGraceMs: graceMs,
      garbageTrashMs: trashMs,
      garbageEveryMs: 100,
    },
    log: silentLog,
  });
  const asker = network.transport(deviceNumber(1));
  await clock.until(replication.start());
  await transport.start();
  await asker.start();
  await clock.pass(2000);
  const holds = async (id: string) => {
    const answer = await asker.call(self, 'chunk/have', Buffer.from(id, 'hex'));
    return answer[0] === 1;
  };
  const give = async ({ id, bytes }: TestFile['chunks'][number]) => {
    await asker.call(self, 'chunk/put', writePut(id, bytes), { lane: 'bulk' });
  };
  return { clock, random, replication, store, versions, holds, give };
}

/** Files of one device that come, go and come back in all ways while garbage is being collected. */
class Life {
  readonly live = new Map<number, TestFile>();
  readonly lost: string[] = [];
  swept = 0;
  readonly #world: Awaited<ReturnType<typeof build>>;
  readonly #gone: { file: TestFile; atMs: number }[] = [];
  #files = 0;

  constructor(world: Awaited<ReturnType<typeof build>>) {
    this.#world = world;
    world.store.onChange((change) => {
      if (change.kind === 'lost') this.swept += 1;
    });
  }

  async step(): Promise<void> {
    const { clock } = this.#world;
    const roll = this.#world.random.next();
    const begin = (work: Promise<void>) =>
      work.catch((error: unknown) => this.lost.push(`it failed with ${String(error)}`));
    if (roll < 0.2) void begin(this.#upload());
    else if (roll < 0.6) this.#delete();
    else if (roll < 0.7) this.#return();
    else void begin(this.#uploadElsewhere());
    await clock.pass(this.#world.random.next() * 700);
    await this.#check();
  }

  /** Every live version has all its chunks, now or as soon as they are brought back. */
  async #check(): Promise<void> {
    await this.#world.clock.pass(5);
    for (const { chunks } of this.live.values()) {
      for (const { id } of chunks) {
        if (!this.#world.store.has(id)) this.lost.push(`at ${this.#world.clock.monotonicMs()}: ${id}`);
      }
    }
  }

  #file(): TestFile {
    const { random } = this.#world;
    return fileOf(
      ...Array.from({ length: 1 + Math.floor(random.next() * 3) }, () => Math.floor(random.next() * pool)),
    );
  }

  /** Most of its chunks were here before, some are just about to be swept. */
  async #upload(): Promise<void> {
    const { replication, clock, random } = this.#world;
    const file = this.#file();
    const upload = replication.beginUpload();
    for (const { id, bytes } of file.chunks) {
      await upload.put(id, bytes);
      await sleep(clock, random.next() ** 4 * 2 * graceMs);
    }
    this.#list(file);
    upload.close();
  }

  /** An upload on another device, which only asks whether this one has the chunks. */
  async #uploadElsewhere(): Promise<void> {
    const { clock, random, holds, give } = this.#world;
    const file = this.#file();
    for (const { id } of file.chunks.slice(0, -1)) if (!(await holds(id))) return;
    const manifest = file.chunks.at(-1);
    if (manifest) await give(manifest);
    await sleep(clock, random.next() * (graceMs - 200));
    this.#list(file);
  }

  #list(file: TestFile): void {
    const number = ++this.#files;
    this.live.set(number, file);
    this.#world.versions.add(number, file.manifest);
  }

  #delete(): void {
    const [number, file] = [...this.live][Math.floor(this.#world.random.next() * this.live.size)] ?? [];
    if (number === undefined || !file) return;
    this.live.delete(number);
    this.#gone.push({ file, atMs: this.#world.clock.monotonicMs() });
    this.#world.versions.remove(number);
  }

  /** Somebody who was away refers to what was deleted: within the grace, or while it lies in the trash. */
  #return(): void {
    const nowMs = this.#world.clock.monotonicMs();
    const recent = this.#gone.filter(({ atMs }) => nowMs - atMs < graceMs + trashMs - 200);
    const one = recent[Math.floor(this.#world.random.next() * recent.length)];
    if (one) this.#list(one.file);
  }
}

test('no version lacks a chunk, whatever is uploaded, deleted, asked for and referenced again', async () => {
  let swept = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const world = await build(seed);
    const life = new Life(world);
    for (let step = 0; step < 150; step++) await life.step();
    assert.deepEqual(life.lost, [], `seed ${seed}`);
    swept += life.swept;
    await world.clock.until(world.replication.stop());
  }
  assert.ok(swept > 100, `only ${swept} chunks were swept`);
});
