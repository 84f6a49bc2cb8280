/** The door of the running device, for `cli`. */

import type { RunningDevice } from './create-device.ts';
import type { DeviceConfig } from './home/config.ts';

export type { ReadyFacts, RunningDevice } from './create-device.ts';
export { type DeviceConfig, homeFolder, parseSize, readConfig, type StartOptions } from './home/config.ts';
export { type RunFacts, readRunFacts } from './home/home.ts';
export { boundHeap } from './process/heap-bounds.ts';

/** Loads what a device is made of only now: the other commands start in a fifth of the time without it. */
export async function startDevice(config: DeviceConfig): Promise<RunningDevice> {
  const { startDevice: start } = await import('./create-device.ts');
  return start(config);
}
