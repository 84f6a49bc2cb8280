/** The public interface of the node room, for `cli`. */

import type { DeviceConfig } from './home/config.ts';
import type { RunningDevice } from './running-device.ts';

export { createSha256 } from '../crypto/index.ts';
export { makeFolders } from '../store/index.ts';
export { type DeviceConfig, homeFolder, parseSize, readConfig, type StartOptions } from './home/config.ts';
export { type RunFacts, readRunFacts } from './home/home.ts';
export { isOnBattery, readPowerSupplies } from './process/battery.ts';
export { boundHeap } from './process/heap-bounds.ts';
export type { ReadyFacts, RunningDevice } from './running-device.ts';

/** Loads the device's code only now: the other commands start five times faster without it. */
export async function startDevice(config: DeviceConfig): Promise<RunningDevice> {
  const { startDevice: start } = await import('./create-device.ts');
  return start(config);
}
