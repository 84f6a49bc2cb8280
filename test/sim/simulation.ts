/**
 * A whole network from one seed: devices that crash, are restored, join and leave; disks that fill up and
 * rot; wrong clocks; broken links; and people who save, move and delete. The same seed gives exactly the same run.
 */
import { randomBytes, sealManifest, sha256 } from '../../src/crypto/index.ts';
import type { Random } from '../../src/model/clock.ts';
import type { Draft } from '../../src/model/contracts/catalog.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { type ChunkId, chunkId, toHex, type VersionId } from '../../src/model/ids.ts';
import { defaultTunables, type Tunables } from '../../src/model/limits.ts';
import { versionOf, World } from '../catalog/world.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { seedNode } from './deterministic-node.ts';
import { type Deed, Grantees } from './grantees.ts';
import { Nemeses } from './nemeses.ts';
import { Observer, type Saved } from './observer.ts';
import { type Running, SimDevice } from './sim-device.ts';
import { TreeEdits } from './tree-edits.ts';

const entryKey = new Uint8Array(32).fill(1);
const chunkPool = 40;
/** Errors with which a device may refuse an allowed change. */
const cannotWrite: readonly string[] = ['clock-wrong', 'conflict', 'not-a-member'];

const tunables: Tunables = {
  ...defaultTunables,
  heartbeatMs: 2500,
  repairOneCopyMs: 30_000,
  repairTwoCopiesMs: 60_000,
  safeWaitMs: 500,
  inventoryDigestMs: 100_000,
  catalogDigestMs: 150_000,
  peerSuspectMs: 3000,
  peerDropMs: 6000,
  transferStallMs: 1500,
  // Longer than any fault lasts: chunks of an acknowledged file are never garbage for so long.
  garbageGraceMs: 200_000,
  garbageTrashMs: 30_000,
  garbageEveryMs: 30_000,
  trimAfterMs: 120_000,
};

export interface SimulationOutcome {
  seed: number;
  violations: string[];
  /** A log of events, for comparing two runs. */
  trace: string[];
  saved: number;
  /** Numbers of records written by grants: those that count, and those that do not. */
  byGrants: { kept: number; held: number };
  virtualMs: number;
}

export class Simulation {
  readonly #random: Random;
  readonly #clock = new ManualClock();
  readonly #world = new World(this.#clock);
  readonly #network: MemoryNetwork;
  readonly #devices: SimDevice[];
  readonly #observer: Observer;
  readonly #nemeses: Nemeses;
  readonly #edits: TreeEdits;
  readonly #grantees: Grantees;
  readonly #trace: string[] = [];
  readonly #seed: number;
  #files = 0;
  #uploads = 0;
  #wasFull = false;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
    seedFromHere(seededRandom(seed + 1));
    const [random, clock] = [this.#random, this.#clock];
    this.#network = new MemoryNetwork({ clock, random, tunables, latencyMaxMs: 50 });
    const parts = { world: this.#world, clock, network: this.#network, random, tunables };
    const count = 3 + this.#pick(3);
    this.#devices = Array.from({ length: count }, (_, index) => {
      return new SimDevice(index, parts);
    });
    this.#observer = new Observer({ devices: this.#devices, clock, copiesWanted: tunables.copiesWanted });
    this.#edits = new TreeEdits(this.#world, random);
    this.#grantees = new Grantees(this.#world, random);
    this.#nemeses = new Nemeses({
      devices: this.#devices,
      device: parts,
      world: this.#world,
      clock,
      random,
      observer: this.#observer,
      boot: (device) => clock.until(this.#boot(device)),
      note: (what) => this.#note(what),
    });
  }

  async run(steps = 60): Promise<SimulationOutcome> {
    await this.#found();
    for (let step = 0; step < steps; step++) {
      await this.#step();
      await this.#clock.pass(this.#random.next() * 2000);
    }
    await this.#heal();
    await this.#observer.healed();
    for (const { running } of this.#devices) {
      for (const fault of running ? this.#grantees.faults(running.catalog) : []) this.#observer.broken(fault);
    }
    return {
      seed: this.#seed,
      byGrants: this.#grantees.counts,
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
      ...this.#grantees.founding(),
    ];
    this.#grantees.written(await catalog.author(founding, world.admin));
    await world.admit(catalog, ...others.map((_, index) => index + 1));
    for (const device of others) await this.#clock.until(this.#boot(device));
    await this.#clock.pass(5000);
  }

  async #step(): Promise<void> {
    const device = this.#devices[this.#pick(this.#devices.length)];
    if (!device) return;
    const roll = this.#random.next();
    await this.#nemeses.renew(device);
    for (const one of this.#devices) if (this.#nemeses.isToldWrong(one)) this.#mustRefuse(one);
    if (roll < 0.3) this.#save(device);
    else if (roll < 0.34) this.#delete(device);
    else if (roll < 0.41) this.#edit(device);
    else if (roll < 0.5) await this.#share(device);
    else if (roll < 0.56) await this.#crash(device);
    else if (roll < 0.68) await this.#bootSome();
    else if (roll < 0.73) this.#partition();
    else if (roll < 0.8) this.#network.heal();
    else if (roll < 0.82) this.#network.setNotifyLoss(this.#random.next() * 0.5);
    else if (roll < 0.84) {
      device.full = !device.full;
      this.#wasFull = true;
    } else if (roll < 0.87) this.#rot(device);
    else await this.#befall(device, roll);
  }

  async #befall(device: SimDevice, roll: number): Promise<void> {
    if (roll < 0.9) this.#nemeses.skew(device);
    else if (roll < 0.94) await this.#nemeses.restore(device);
    else if (roll < 0.96) await this.#nemeses.damage(device);
    else if (roll < 0.98) await this.#nemeses.join(device);
    else if (this.#uploads === 0) await this.#nemeses.remove(device);
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

  /** Uploads a file of several chunks, some of which other files share, while other events go on. */
  #save(device: SimDevice): void {
    if (!device.running) return;
    if (!this.#nemeses.mayWrite(device)) return;
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
    const deed = this.#saving(number, manifest.id);
    const saved: Saved = { version: deed.version, manifest: manifest.id, chunks: ids };
    this.#observer.planned(saved);
    this.#upload(device.running, deed, [...unique, manifest], saved).catch((error: unknown) => {
      this.#note(`file ${number} failed: ${String(error)}`);
      if (!isPeerstorError(error, 'disk-full'))
        this.#observer.broken(`an upload failed with ${String(error)}`);
    });
  }

  /** Mostly a file of the owner, sometimes one of a grantee. */
  #saving(number: number, manifest: ChunkId): Deed & { version: VersionId } {
    if (this.#random.next() < 0.25) return this.#grantees.saving(number, manifest);
    const { id, table, body } = this.#world.versionDraft(number, number);
    const drafts: Draft[] = [
      this.#world.entryDraft(number, { kind: 'file' }),
      { id, table, body: body && { ...body, manifest } },
    ];
    return {
      what: `file ${number}`,
      version: versionOf(number),
      drafts,
      signer: this.#world.admin,
      mustBeTaken: () => true,
      done: () => this.#edits.saved(number),
    };
  }

  async #upload(
    { catalog, replication, process }: Running,
    deed: Deed,
    chunks: readonly { id: ChunkId; bytes: Uint8Array }[],
    saved: Saved,
  ): Promise<void> {
    const upload = replication.beginUpload();
    this.#uploads += 1;
    try {
      for (const { id, bytes } of chunks) await upload.put(id, bytes);
      const safety = await upload.settle('safe', tunables.safeWaitMs);
      // The clock of the device may have been set wrong in the meantime.
      if (!process.alive || !this.#mayWriteOn(catalog) || !(await this.#do(catalog, deed))) return;
      this.#note(`${deed.what} is ${safety.level} on ${catalog.self}`);
      this.#observer.acknowledged(saved, safety);
    } finally {
      this.#uploads -= 1;
      upload.close();
    }
  }

  /** The grantees of a shared folder, and its owner. */
  async #share(device: SimDevice): Promise<void> {
    const catalog = device.running?.catalog;
    if (!catalog || !this.#nemeses.mayWrite(device)) return;
    await this.#clock.until(this.#do(catalog, this.#grantees.next(catalog, ++this.#files)));
  }

  /** @returns whether it was written */
  async #do(
    catalog: Running['catalog'],
    { what, drafts, signer, mustBeTaken, done }: Deed,
  ): Promise<boolean> {
    if (drafts.length === 0) return false;
    const must = mustBeTaken(catalog);
    try {
      done(await catalog.author(drafts, signer));
      this.#note(`${what} on ${catalog.self}`);
      return true;
    } catch (error) {
      this.#note(`${what} failed: ${String(error)}`);
      const code = isPeerstorError(error) ? error.code : 'internal';
      const mayFail = must ? cannotWrite : [...cannotWrite, 'forbidden'];
      if (!mayFail.includes(code))
        this.#observer.broken(`${what} was refused on ${catalog.self}: ${String(error)}`);
      return false;
    }
  }

  #delete(device: SimDevice): void {
    const { saved } = this.#observer;
    const victim = saved[this.#pick(saved.length)];
    const catalog = device.running?.catalog;
    if (!victim || !this.#nemeses.mayWrite(device) || !catalog?.get('version', victim.version)) return;
    this.#observer.deleting(victim.version);
    this.#note(`delete ${victim.version}`);
    this.#forget(catalog, victim.version);
  }

  #forget(catalog: Running['catalog'], version: VersionId): void {
    catalog
      .author([{ table: 'version', id: version, body: null }], this.#world.admin)
      .then((records) => this.#grantees.written(records))
      .catch((error: unknown) => {
        this.#note(`deleting failed: ${String(error)}`);
      });
  }

  /** Folders, moves, renames. */
  #edit(device: SimDevice): void {
    const catalog = device.running?.catalog;
    if (!catalog || !this.#nemeses.mayWrite(device)) return;
    const { what, drafts } = this.#edits.next(++this.#files);
    if (drafts.length === 0) return;
    this.#note(what);
    catalog
      .author(drafts, this.#world.admin)
      .catch((error: unknown) => this.#note(`${what} failed: ${String(error)}`));
  }

  /** A device that knows that its clock is wrong writes nothing and says why. */
  #mustRefuse(device: SimDevice): void {
    this.#note(`${device.id} must refuse`);
    const { aheadMs } = device;
    // The clock was set right before the answer: the device may write, or it waits until it is a member again.
    const isStillWrong = () => device.aheadMs === aheadMs;
    device.running?.catalog.author([this.#world.entryDraft(0)], this.#world.admin).then(
      () => {
        if (isStillWrong()) this.#observer.broken(`${device.id} wrote with a wrong clock`);
      },
      (error: unknown) => {
        const isRefused = isPeerstorError(error, 'clock-wrong') || isPeerstorError(error, 'conflict');
        if (!isRefused && isStillWrong())
          this.#observer.broken(`a wrong clock was refused with ${String(error)}`);
      },
    );
  }

  #mayWriteOn({ self }: Running['catalog']): boolean {
    return this.#devices.some((device) => device.id === self && this.#nemeses.mayWrite(device));
  }

  /** Flips one bit of a chunk that is sound on two other disks. */
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
      device.aheadMs = 0;
      if (!device.running) await this.#clock.until(this.#boot(device));
    }
    // Longer than any rest or retry, and than the time for which others believe that a device is full.
    const roundsMax = (this.#wasFull ? 13 : 5) * 12;
    for (let round = 1; round <= roundsMax; round++) {
      await this.#clock.pass(5000);
      for (const device of this.#devices) await this.#nemeses.renew(device);
      if (round >= 8 && round % 4 === 0 && this.#observer.isSettled()) break;
    }
    for (const version of this.#grantees.heldVersions) this.#observer.deleting(version);
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

/** Small random bytes come from a pool: what an earlier run left in it is used up, so that all are from this seed. */
function seedFromHere(random: Random): void {
  let isFresh = false;
  const bytes = (length: number) => {
    isFresh = true;
    return random.bytes(length);
  };
  seedNode({ bytes, next: () => random.next() });
  while (!isFresh) randomBytes(1);
}
