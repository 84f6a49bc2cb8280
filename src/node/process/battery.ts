/** Whether this machine runs on battery, where the system reports it: deferrable work then waits. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../model/clock.ts';

const lookEveryMs = 60_000;
const suppliesFolder = '/sys/class/power_supply';

/** As Linux reports it; a missing field is empty. */
export interface PowerSupply {
  /** `Battery`, `Mains`, `USB`, … */
  type: string;
  /** `Discharging`, … */
  status: string;
  /** `1` where the supply delivers power. */
  online: string;
  /** `Device` for the battery of a mouse or a similar device. */
  scope: string;
}

export function isOnBattery(supplies: readonly PowerSupply[]): boolean {
  const own = supplies.filter(({ scope }) => scope !== 'Device');
  const isFed = own.some(({ type, online }) => type !== 'Battery' && online === '1');
  return !isFed && own.some(({ type, status }) => type === 'Battery' && status === 'Discharging');
}

/** Empty where the system reports nothing. */
export async function readPowerSupplies(folder = suppliesFolder): Promise<PowerSupply[]> {
  const names = await readdir(folder).catch(() => []);
  const field = async (name: string, file: string) =>
    (await readFile(join(folder, name, file), 'utf8').catch(() => '')).trim();
  return Promise.all(
    names.map(async (name) => ({
      type: await field(name, 'type'),
      status: await field(name, 'status'),
      online: await field(name, 'online'),
      scope: await field(name, 'scope'),
    })),
  );
}

export class Battery {
  readonly #clock: Clock;
  readonly #read: () => Promise<PowerSupply[]>;
  #isOn = false;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(clock: Clock, read: () => Promise<PowerSupply[]> = readPowerSupplies) {
    this.#clock = clock;
    this.#read = read;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Checks now, and every minute. */
  async start(): Promise<void> {
    this.#isOn = isOnBattery(await this.#read());
    if (!this.#stopped) this.#timer = this.#clock.after(lookEveryMs, () => void this.start());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}
