/** How busy the machine is. Rates need two looks: the last one is kept while somebody goes on looking. */
import { cpus, freemem, totalmem, uptime } from 'node:os';
import type { Clock } from '../../model/clock.ts';
import type { SystemView } from '../../model/contracts/health.ts';
import {
  type CpuTimes,
  type NetworkCounts,
  readCpuTimes,
  readDisks,
  readNetworkCounts,
  readTemperature,
} from './readings.ts';

/** An older look says nothing about now. */
const lookFreshMs = 10_000;
/** Between two looks, where there is no fresh one: shorter ones are mostly noise. */
const lookApartMs = 250;

interface Look {
  atMs: number;
  cpu: CpuTimes;
  network: NetworkCounts | null;
}

export class Machine {
  readonly #clock: Clock;
  readonly #version: string;
  readonly #folders: () => readonly string[];
  #last: Look | undefined;

  /**
   * @param folders the home and the volumes: their disks are shown
   * @param version of this program
   */
  constructor(clock: Clock, folders: () => readonly string[], version: string) {
    this.#clock = clock;
    this.#version = version;
    this.#folders = folders;
  }

  async view(): Promise<Omit<SystemView, 'transfers'>> {
    const before = await this.#earlierLook();
    const now = await this.#look();
    this.#last = now;
    const seconds = Math.max(1, now.atMs - before.atMs) / 1000;
    const cores = cpus();
    const rate = (of: keyof NetworkCounts) =>
      now.network && before.network
        ? Math.max(0, Math.round((now.network[of] - before.network[of]) / seconds))
        : null;
    return {
      cpu: {
        cores: cores.length,
        model: cores[0]?.model.trim() ?? '',
        percent: busyPercent(before.cpu, now.cpu),
      },
      memory: {
        totalBytes: totalmem(),
        usedBytes: totalmem() - freemem(),
        processBytes: process.memoryUsage.rss(),
      },
      disks: await readDisks(this.#folders()),
      network: {
        receivedBytesPerSecond: rate('receivedBytes'),
        sentBytesPerSecond: rate('sentBytes'),
      },
      temperature: await readTemperature(),
      uptimeSeconds: Math.floor(uptime()),
      version: this.#version,
    };
  }

  /** One that is fresh, yet so long ago that a rate since then means something. */
  async #earlierLook(): Promise<Look> {
    const last = this.#last;
    const ageMs = last === undefined ? Number.POSITIVE_INFINITY : this.#clock.monotonicMs() - last.atMs;
    if (last !== undefined && ageMs >= lookApartMs && ageMs <= lookFreshMs) return last;
    const first = await this.#look();
    await new Promise<void>((resolve) => this.#clock.after(lookApartMs, resolve));
    return first;
  }

  async #look(): Promise<Look> {
    return { atMs: this.#clock.monotonicMs(), cpu: readCpuTimes(), network: await readNetworkCounts() };
  }
}

/** Of all cores together, 0 to 100. */
export function busyPercent(before: CpuTimes, now: CpuTimes): number {
  const allMs = now.allMs - before.allMs;
  if (allMs <= 0) return 0;
  return Math.min(100, Math.max(0, Math.round(((now.busyMs - before.busyMs) / allMs) * 1000) / 10));
}
