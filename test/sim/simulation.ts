/**
 * A whole network from one seed: devices that crash, disks that fill up and rot, links that break, and
 * people who save and delete. The same seed gives the same run, to the last message.
 */
import { sealManifest, sha256 } from '../../src/crypto/index.ts';
import type { Random } from '../../src/model/clock.ts';
import type { Draft } from '../../src/model/contracts/catalog.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { type ChunkId, chunkId, toHex, type VersionId } from '../../src/model/ids.ts';
import { defaultTunables, type Tunables } from '../../src/model/limits.ts';
import { versionOf, World } from '../catalog/world.ts';
import { MemoryNetwork } from '../support/memory-network.ts';
import { seedNode } from './deterministic-node.ts';
import { Observer, type Saved } from './observer.ts';
import { seededRandom } from './seeded-random.ts';
import { type Running, SimDevice } from './sim-device.ts';
import { VirtualClock } from './virtual-clock.ts';

const entryKey = new Uint8Array(32).fill(1);
const chunkPool = 40;

const tunables: Tunables = {
  ...defaultTunables,
  safeWaitMs: 500,
  inventoryDigestMs: 60_000,
  catalogDigestMs: 120_000,
  peerSuspectMs: 3000,
  peerDropMs: 6000,
  transferStallMs: 1500,
};

export interface SimulationOutcome {
  seed: number;
  violations: string[];
  /** What happened, for comparing two runs. */
  trace: string[];
  saved: number;
  virtualMs: number;
}

export class Simulation {
  readonly #random: Random;
  readonly #clock = new VirtualClock();
  readonly #world = new World(this.#clock);
  readonly #network: MemoryNetwork;
  readonly #devices: SimDevice[];
  readonly #observer: Observer;
  readonly #trace: string[] = [];
  readonly #seed: number;
  #files = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
    seedNode(seededRandom(seed + 1));
    const [random, clock] = [this.#random, this.#clock];
    this.#network = new MemoryNetwork({ clock, random, tunables, latencyMaxMs: 50 });
    const parts = { genesis: this.#world.genesis, clock, network: this.#network, random, tunables };
    const count = 2 + this.#pick(4);
    this.#devices = Array.from({ length: count }, (_, index) => {
      return new SimDevice({ ...parts, id: this.#world.device(index) });
    });
    this.#observer = new Observer({ devices: this.#devices, clock, copiesWanted: tunables.copiesWanted });
  }

  async run(steps = 60): Promise<SimulationOutcome> {
    await this.#found();
    for (let step = 0; step < steps; step++) {
      await this.#step();
      await this.#clock.advance(this.#random.next() * 2000);
    }
    await this.#heal();
    await this.#observer.healed();
    return {
      seed: this.#seed,
      violations: this.#observer.violations,
      trace: this.#trace,
      saved: this.#observer.saved.length,
      virtualMs: this.#clock.monotonicMs(),
    };
  }

  /** The first device makes the network and lets the others in. */
  async #found(): Promise<void> {
    const [first, ...others] = this.#devices;
    if (!first) return;
    const { catalog } = await this.#clock.until(this.#boot(first));
    const world = this.#world;
    const founding = [
      world.userDraft(world.admin, { role: 'admin' }),
      world.deviceDraft(0),
      world.rootDraft(),
    ];
    await catalog.author(founding, world.admin);
    await world.admit(catalog, ...others.map((_, index) => index + 1));
    for (const device of others) await this.#clock.until(this.#boot(device));
    await this.#clock.advance(5000);
  }

  async #step(): Promise<void> {
    const device = this.#devices[this.#pick(this.#devices.length)];
    if (!device) return;
    const roll = this.#random.next();
    if (roll < 0.5) this.#save(device);
    else if (roll < 0.56) this.#delete(device);
    else if (roll < 0.64) await this.#crash(device);
    else if (roll < 0.76) await this.#bootSome();
    else if (roll < 0.81) this.#partition();
    else if (roll < 0.88) this.#network.heal();
    else if (roll < 0.92) this.#network.setNotifyLoss(this.#random.next() * 0.5);
    else if (roll < 0.95) device.full = !device.full;
    else this.#rot(device);
  }

  async #boot(device: SimDevice): Promise<Running> {
    this.#note(`boot ${device.id}`);
    const running = await device.boot();
    running.catalog.onChange((changes) => {
      for (const { record } of changes) {
        if (record.table !== 'version') continue;
        const now = running.catalog.get('version', record.id);
        if (now?.body) this.#observer.seen(now.body.manifest);
      }
    });
    return running;
  }

  async #bootSome(): Promise<void> {
    const off = this.#devices.filter(({ running }) => !running);
    const device = off[this.#pick(off.length)];
    if (device) await this.#clock.until(this.#boot(device));
  }

  async #crash(device: SimDevice): Promise<void> {
    if (!device.running) return;
    this.#note(`crash ${device.id}`);
    await device.crash();
  }

  #partition(): void {
    const groups: [SimDevice[], SimDevice[]] = [[], []];
    for (const device of this.#devices) groups[this.#pick(2)]?.push(device);
    this.#note(`partition ${groups.map((group) => group.length).join(' ')}`);
    this.#network.partition(groups.map((group) => group.map(({ id }) => id)));
  }

  /** A file of some chunks, some of which others have too; it goes on while other things happen. */
  #save(device: SimDevice): void {
    if (!device.running) return;
    const number = ++this.#files;
    const chunks = Array.from({ length: this.#pick(4) }, () => this.#chunk(this.#pick(chunkPool)));
    const unique = [...new Map(chunks.map((chunk) => [chunk.id, chunk])).values()];
    const manifest = sealManifest(
      entryKey,
      unique.length === 0
        ? { kind: 'inline', content: new Uint8Array(this.#pick(100)) }
        : {
            kind: 'leaf',
            references: unique.map(({ id, bytes }) => ({ id, size: bytes.length })),
            slots: unique.map(({ bytes }) => ({ key: new Uint8Array(32), size: bytes.length })),
            cutter: 'sim',
          },
    );
    const ids = [...unique.map(({ id }) => id), manifest.id];
    const saved: Saved = { version: versionOf(number), manifest: manifest.id, chunks: ids };
    this.#observer.planned(saved);
    this.#upload(device.running, number, [...unique, manifest], saved).catch((error: unknown) => {
      const expected = isPeerstorError(error, 'disk-full') || isPeerstorError(error, 'clock-wrong');
      this.#note(`file ${number} failed: ${String(error)}`);
      if (!expected) this.#observer.broken(`an upload failed with ${String(error)}`);
    });
  }

  async #upload(
    { catalog, replication, process }: Running,
    number: number,
    chunks: readonly { id: ChunkId; bytes: Uint8Array }[],
    saved: Saved,
  ): Promise<void> {
    const upload = replication.beginUpload();
    try {
      for (const { id, bytes } of chunks) await upload.put(id, bytes);
      const safety = await upload.settle('safe', tunables.safeWaitMs);
      const entry = this.#world.entryDraft(number, { kind: 'file' });
      const version = this.#world.versionDraft(number, number);
      const drafts: Draft[] = [
        entry,
        { ...version, body: version.body && { ...version.body, manifest: saved.manifest } },
      ];
      if (!process.alive) return;
      await catalog.author(drafts, this.#world.admin);
      this.#note(`file ${number} is ${safety.level} on ${catalog.self}`);
      this.#observer.acknowledged(saved, safety);
    } finally {
      upload.close();
    }
  }

  #delete(device: SimDevice): void {
    const { saved } = this.#observer;
    const victim = saved[this.#pick(saved.length)];
    const catalog = device.running?.catalog;
    if (!victim || !catalog?.get('version', victim.version)) return;
    this.#observer.deleting(victim.version);
    this.#note(`delete ${victim.version}`);
    this.#forget(catalog, victim.version);
  }

  #forget(catalog: Running['catalog'], version: VersionId): void {
    catalog
      .author([{ table: 'version', id: version, body: null }], this.#world.admin)
      .catch((error: unknown) => {
        this.#note(`deleting failed: ${String(error)}`);
      });
  }

  /** One bit of a chunk that is sound on two other disks. */
  #rot(device: SimDevice): void {
    const ids = [...device.disk.chunks.keys()].sort();
    const id = ids[this.#pick(ids.length)];
    const bytes = id && device.disk.chunks.get(id);
    if (!bytes || this.#observer.copies(id).length < 3) return;
    this.#note(`rot ${id} on ${device.id}`);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
  }

  async #heal(): Promise<void> {
    this.#note('heal');
    this.#network.heal();
    this.#network.setNotifyLoss(0);
    for (const device of this.#devices) {
      device.full = false;
      if (!device.running) await this.#clock.until(this.#boot(device));
    }
    // Longer than any rest, any full device's pause and any retry.
    await this.#clock.advance(12 * 60_000);
  }

  #chunk(number: number): { id: ChunkId; bytes: Uint8Array } {
    const bytes = new Uint8Array(100 + number).fill(number);
    return { id: chunkId(toHex(sha256(bytes))), bytes };
  }

  #pick(count: number): number {
    return Math.floor(this.#random.next() * count);
  }

  #note(what: string): void {
    this.#trace.push(`${this.#clock.monotonicMs().toFixed(3)} ${what}`);
  }
}
