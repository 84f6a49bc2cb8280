/** Sees all disks at once and reports broken promises. */
import { sha256 } from '../../src/crypto/index.ts';
import type { SafetyView } from '../../src/model/api.ts';
import type { Catalog } from '../../src/model/contracts/catalog.ts';
import type { ChunkId, VersionId } from '../../src/model/ids.ts';
import { toHex } from '../../src/model/ids.ts';
import { collect, viewOf } from '../catalog/world.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import type { SimDevice } from './sim-device.ts';

/** A version that a device acknowledged. */
export interface Saved {
  version: VersionId;
  /** Its manifest and all chunks that the manifest references. */
  chunks: ChunkId[];
  manifest: ChunkId;
}

export class Observer {
  readonly violations: string[] = [];
  readonly #devices: readonly SimDevice[];
  readonly #clock: ManualClock;
  readonly #saved = new Map<VersionId, Saved>();
  readonly #needs = new Map<ChunkId, ChunkId[]>();
  readonly copiesWanted: number;

  constructor(parts: { devices: readonly SimDevice[]; clock: ManualClock; copiesWanted: number }) {
    this.#devices = parts.devices;
    this.#clock = parts.clock;
    this.copiesWanted = parts.copiesWanted;
  }

  get saved(): readonly Saved[] {
    return [...this.#saved.values()];
  }

  broken(sentence: string): void {
    this.violations.push(`at ${Math.round(this.#clock.monotonicMs())} ms: ${sentence}`);
  }

  /** Notes the chunks of an upload before it is answered. */
  planned(saved: Saved): void {
    this.#needs.set(saved.manifest, saved.chunks);
  }

  /** Checks an answered upload: the disks must now have what the answer says (I1, I2). */
  acknowledged(saved: Saved, safety: SafetyView): void {
    this.#saved.set(saved.version, saved);
    const promised = safety.level === 'full' ? this.copiesWanted : safety.level === 'safe' ? 2 : 1;
    for (const id of saved.chunks) {
      const copies = this.copies(id).length;
      if (copies < promised) this.broken(`"${safety.level}" was said with ${copies} copies of ${id}`);
    }
  }

  /** Notes that somebody is about to delete a version, so that its end is no loss. */
  deleting(version: VersionId): void {
    this.#saved.delete(version);
  }

  /** Checks a visible version: its manifest and chunks must be on some disk (I1). */
  seen(manifest: ChunkId): void {
    for (const id of this.#needs.get(manifest) ?? [manifest]) {
      if (this.copies(id).length === 0) this.broken(`a version is visible whose chunk ${id} is nowhere`);
    }
  }

  /** Devices, on or off, with sound bytes of the chunk. */
  copies(id: ChunkId): SimDevice[] {
    return this.#devices.filter(({ disk }) => {
      const bytes = disk.chunks.get(id);
      return bytes !== undefined && toHex(sha256(bytes)) === id;
    });
  }

  /** Does a device hold a chunk that no other disk has? A rotten copy does not count. */
  isMissed(device: SimDevice): boolean {
    return [...device.disk.chunks.keys()].some((id) => {
      const sound = this.copies(id).filter((holder) => holder !== device).length;
      const shown = this.#devices.filter((one) => one !== device && one.disk.chunks.has(id)).length;
      return sound === 0 || (sound < shown && sound < 2);
    });
  }

  /** When everything is on and connected and time has passed, all devices must agree with each other and with the truth. */
  async healed(): Promise<void> {
    await this.#everythingReads();
    await this.#catalogsAgree();
    await this.#clock.pass(90_000);
    // News of chunks that were trimmed just now are still on their way to the other devices.
    if (this.#inventoryFaults().length > 0) await this.#clock.pass(1000);
    for (const fault of [...this.#inventoryFaults(), ...this.#copyFaults()]) this.broken(fault);
    await this.#healthIsTrue();
    await this.#garbageGoes();
    await this.#everythingReads();
  }

  /** After the grace and the time in the trash, no disk may have chunks that no version needs. */
  async #garbageGoes(): Promise<void> {
    await this.#clock.pass(290_000);
    let faults: string[] = [];
    // A rotten chunk that was healed in the meantime became garbage then: it needs another grace and time in the trash.
    for (const waitMs of [80_000, 150_000, 150_000]) {
      // An index that crashed lost its notes about garbage: much of it then waits for an admin.
      for (const { running } of this.#devices) running?.replication.confirmGarbage();
      await this.#clock.pass(waitMs);
      faults = await this.#garbageFaults();
      if (faults.length === 0) return;
    }
    for (const fault of faults) this.broken(fault);
  }

  async #garbageFaults(): Promise<string[]> {
    const needed = new Set<ChunkId>();
    for (const { running } of this.#devices) {
      for (const { body } of running ? await collect(running.catalog.list('version')) : []) {
        for (const id of body ? (this.#needs.get(body.manifest) ?? [body.manifest]) : []) needed.add(id);
      }
    }
    const faults: string[] = [];
    for (const { id: device, disk, running } of this.#devices) {
      // Chunks that were trashed while the clock was ahead stay in the trash until that time.
      const trash = [...disk.trash].filter(([, { deletedAtMs }]) => deletedAtMs <= this.#clock.elapsedMs());
      const kept = [...disk.chunks.keys(), ...trash.map(([id]) => id)].filter((id) => !needed.has(id));
      if (!running || kept.length === 0) continue;
      const report = JSON.stringify(await this.#clock.until(running.replication.garbageReport()));
      faults.push(`${device} keeps ${kept.length} chunks that no version needs: ${report}`);
    }
    return faults;
  }

  async #everythingReads(): Promise<void> {
    for (const { id: device, running } of this.#devices) {
      for (const { version, chunks } of this.#saved.values()) {
        for (const id of chunks) {
          const read = running?.replication.read(id) ?? Promise.reject(new Error('the device is off'));
          const sound = await this.#clock.until(read).then(
            (bytes) => toHex(sha256(bytes)) === id,
            () => false,
          );
          if (!sound) this.broken(`version ${version} cannot be read on ${device}: chunk ${id}`);
        }
      }
    }
  }

  /** Does every device have and know everything? After that, only waiting is left. */
  isSettled(): boolean {
    if (this.#devices.some(({ running }) => !running) || this.#standingFaults().length > 0) return false;
    return this.#copyFaults().length === 0 && this.#inventoryFaults().length === 0;
  }

  #standingFaults(): string[] {
    const catalogs = this.#devices.flatMap(({ running }) => running?.catalog ?? []);
    const [first] = catalogs;
    return catalogs.flatMap((one) => [
      ...(one.overtaken ? [`${one.self} is still overtaken`] : []),
      ...(one.isCaughtUp() ? [] : [`${one.self} does not know that it has caught up`]),
      ...(first && !sameVector(first, one) ? [`vectors differ: ${first.self} and ${one.self}`] : []),
    ]);
  }

  async #catalogsAgree(): Promise<void> {
    for (const fault of this.#standingFaults()) this.broken(fault);
    const [first, ...others] = this.#devices.flatMap(({ running }) => running?.catalog ?? []);
    if (!first) return;
    const view = JSON.stringify(await viewOf(first));
    for (const other of others) {
      const same = sameVector(first, other);
      for (const table of ['user', 'device', 'entry', 'version', 'facts', 'grant', 'use']) {
        const equal = Buffer.compare(await first.digest(table), await other.digest(table)) === 0;
        if (same && !equal) this.broken(`equal vectors, but other records of "${table}" on ${other.self}`);
      }
      if (JSON.stringify(await viewOf(other)) !== view) this.broken(`${other.self} shows another drive`);
    }
    for (const { version } of this.#saved.values()) {
      if (!first.get('version', version)) this.broken(`version ${version} is in no catalog`);
    }
  }

  /** Wrong entries in the devices' inventories. */
  #inventoryFaults(): string[] {
    const faults: string[] = [];
    const all = new Set(this.#devices.flatMap(({ disk }) => [...disk.chunks.keys()]));
    for (const { id: device, running } of this.#devices) {
      for (const id of all) {
        const truth = this.#devices.filter(({ disk }) => disk.chunks.has(id)).map((one) => one.id);
        const known = running?.replication.holders(id) ?? [];
        if (truth.sort().join() !== [...known].sort().join()) {
          faults.push(
            `${device} thinks that ${known.length} devices have ${id}, and ${truth.length} have it`,
          );
        }
      }
    }
    return faults;
  }

  #copyFaults(): string[] {
    const faults: string[] = [];
    const wanted = Math.min(this.copiesWanted, this.#devices.length);
    for (const { version, chunks } of this.#saved.values()) {
      for (const id of chunks) {
        const copies = this.copies(id).length;
        if (copies < wanted) faults.push(`version ${version} has ${copies} copies of ${id}`);
      }
    }
    return faults;
  }

  async #healthIsTrue(): Promise<void> {
    for (const { id: device, running } of this.#devices) {
      if (!running) continue;
      const needed = new Set<ChunkId>();
      for (const { body } of await collect(running.catalog.list('version'))) {
        if (!body) continue;
        const chunks = this.#needs.get(body.manifest) ?? [];
        for (const id of chunks) needed.add(id);
        const copies = Math.min(...chunks.map((id) => this.#present(id)));
        const said = running.replication.safetyOf(body.manifest).copies;
        if (said !== copies)
          this.broken(`${device} says ${said} copies of ${body.manifest}, there are ${copies}`);
      }
      const health = await this.#clock.until(running.replication.health());
      const byCopies: Record<string, number> = {};
      for (const id of needed) byCopies[this.#present(id)] = (byCopies[this.#present(id)] ?? 0) + 1;
      const [said, true_] = [health.byCopies, byCopies].map((counts) => JSON.stringify(counts));
      if (said !== true_) this.broken(`${device} counts ${said}, the truth is ${true_}`);
    }
  }

  /** Copies as an inventory can know them: only reading reveals rot. */
  #present(id: ChunkId): number {
    return this.#devices.filter(({ disk }) => disk.chunks.has(id)).length;
  }
}

function sameVector(left: Catalog, right: Catalog): boolean {
  const [one, other] = [left, right].map((catalog) =>
    JSON.stringify(Object.entries(catalog.vector()).sort()),
  );
  return one === other;
}
