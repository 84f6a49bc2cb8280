/** Faults of a simulation besides crashes and partitions. */
import type { Random } from '../../src/model/clock.ts';
import type { Draft } from '../../src/model/contracts/catalog.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import type { World } from '../catalog/world.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import type { Observer } from './observer.ts';
import { SimDevice, type SimDeviceParts } from './sim-device.ts';

const devicesMax = 7;
const yearMs = 365 * 24 * 3_600_000;
/** Peers exchange their clocks every 15 s, and may be cut off some seconds before a device notices. */
const toldAfterMs = 22_000;

export interface NemesisParts {
  devices: SimDevice[];
  device: SimDeviceParts;
  world: World;
  clock: ManualClock;
  random: Random;
  observer: Observer;
  boot(device: SimDevice): Promise<unknown>;
  note(what: string): void;
}

export class Nemeses {
  readonly #parts: NemesisParts;
  #nextIndex: number;

  constructor(parts: NemesisParts) {
    this.#parts = parts;
    this.#nextIndex = parts.devices.length;
  }

  /** Sets a clock wrong by years, or right again. Only one clock at a time, because two wrong ones could agree. */
  skew(device: SimDevice): void {
    const { clock, note, devices, random } = this.#parts;
    const wrong = devices.find(({ aheadMs }) => aheadMs !== 0);
    if (wrong && wrong !== device) return;
    device.aheadMs = wrong ? 0 : Math.round((random.next() * 2 - 1) * 10 * yearMs);
    device.aheadSinceMs = clock.monotonicMs();
    note(`${device.id} is ${device.aheadMs} ms ahead`);
  }

  /** Is the clock of the device wrong, and have two others told it so? */
  isToldWrong({ aheadMs, aheadSinceMs, running }: SimDevice): boolean {
    const sinceMs = this.#parts.clock.monotonicMs() - toldAfterMs;
    const told = running?.transport.peers().filter(({ connectedAtMs }) => connectedAtMs < sinceMs) ?? [];
    return aheadMs !== 0 && aheadSinceMs < sinceMs && told.length >= 2;
  }

  /** A device alone cannot know that its clock is ahead: records that it writes then become due years later. */
  mayWrite({ aheadMs, running }: SimDevice): boolean {
    return aheadMs === 0 && running !== undefined;
  }

  /** Copies a home, or restores the copy, if that loses nothing that only this device has. */
  async restore(device: SimDevice): Promise<void> {
    const { note } = this.#parts;
    if (!device.running) return;
    if (!device.disk.hasCopy) return device.disk.copyHome();
    if (!(await this.#twinOf(device))) return;
    await device.crash();
    note(`restore ${device.id} from a copy`);
    device.disk.restoreHome();
  }

  /** Deletes rows of a catalog. */
  async damage(device: SimDevice): Promise<void> {
    if (!device.running || !(await this.#twinOf(device))) return;
    await device.crash();
    this.#parts.note(`damage ${device.id}`);
    await device.disk.catalog.lose(this.#parts.random);
  }

  async join(by: SimDevice): Promise<void> {
    const { devices, world, note } = this.#parts;
    const { running } = by;
    if (devices.length >= devicesMax || !running || !this.mayWrite(by)) return;
    const index = this.#nextIndex++;
    note(`join ${index} by ${by.id}`);
    const admitted = await this.#author(by, [world.deviceDraft(index)]);
    if (!admitted) return;
    const device = new SimDevice(index, this.#parts.device);
    devices.push(device);
    await this.#parts.boot(device);
  }

  /** Removes only a device that nobody needs: another device has its records, and others have its chunks. */
  async remove(victim: SimDevice): Promise<void> {
    const { devices, world, note, observer } = this.#parts;
    if (devices.length <= 3 || observer.isMissed(victim)) return;
    const by = await this.#twinOf(victim);
    if (!by || !this.mayWrite(by)) return;
    const lastSeq = by.running?.catalog.vector()[victim.id] ?? 0;
    await victim.crash();
    note(`remove ${victim.id} by ${by.id}`);
    const removal = world.deviceDraft(victim.index, { state: 'removed', lastSeq });
    if (await this.#author(by, [removal])) devices.splice(devices.indexOf(victim), 1);
  }

  /** A device whose home was rolled back hands over its records, and is let in again with another key. */
  async renew(device: SimDevice): Promise<void> {
    const { world, clock, devices, note } = this.#parts;
    const { running } = device;
    if (!running?.catalog.overtaken || device.aheadMs !== 0) return;
    for (const { device: id } of running.transport.peers()) {
      const peer = devices.find((one) => one.id === id);
      if (!peer?.running || peer.running.catalog.overtaken || !this.mayWrite(peer)) continue;
      const handed = await clock.until(this.#handOver(running, id));
      if (!handed || !device.running || !peer.running) continue;
      const lastSeq = peer.running.catalog.vector()[device.id] ?? 0;
      // Removing the old key cuts off its log: only a device that has the whole log may say where.
      const isWhole = (one: SimDevice) =>
        one.running && (one.running.catalog.vector()[device.id] ?? 0) <= lastSeq;
      if (!devices.every(isWhole)) continue;
      const old = world.deviceDraft(device.index, { state: 'removed', lastSeq });
      const index = this.#nextIndex++;
      if (!(await this.#author(peer, [world.deviceDraft(index), old]))) return;
      await device.crash();
      note(`${device.id} takes key ${index}`);
      device.disk.clearHome();
      device.index = index;
      await this.#parts.boot(device);
      return;
    }
  }

  async #handOver({ sync }: NonNullable<SimDevice['running']>, peer: SimDevice['id']): Promise<boolean> {
    try {
      await sync.compare(peer);
      return await sync.agrees(peer);
    } catch {
      return false;
    }
  }

  async #author(by: SimDevice, drafts: readonly Draft<'device'>[]): Promise<boolean> {
    const { world, clock, note } = this.#parts;
    const written = by.running?.catalog.author(drafts, world.admin);
    if (!written) return false;
    try {
      await clock.until(written);
      return true;
    } catch (error) {
      if (!isPeerstorError(error)) throw error;
      note(`${by.id} could not write: ${error.message}`);
      return false;
    }
  }

  /** Another device that has all records of this one. */
  async #twinOf(device: SimDevice): Promise<SimDevice | undefined> {
    const mine = await this.#state(device);
    for (const other of this.#parts.devices) {
      if (other === device || !other.running || other.running.catalog.overtaken) continue;
      if (mine !== undefined && (await this.#state(other)) === mine) return other;
    }
    return undefined;
  }

  async #state({ running }: SimDevice): Promise<string | undefined> {
    if (!running || running.catalog.overtaken) return undefined;
    const { vector, tables } = await running.catalog.digests();
    const digests = [...tables].map(([table, digest]) => [table, Buffer.from(digest).toString('hex')]);
    return JSON.stringify([[...vector].sort(), digests]);
  }
}
