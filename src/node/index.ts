/** The public interface of the node room, for `cli`. */

import type { RunningDevice } from './create-device.ts';
import type { DeviceConfig } from './home/config.ts';

export type { ReadyFacts, RunningDevice } from './create-device.ts';
export { type DeviceConfig, homeFolder, parseSize, readConfig, type StartOptions } from './home/config.ts';
export { type RunFacts, readRunFacts } from './home/home.ts';
export { boundHeap } from './process/heap-bounds.ts';

/** Loads the device's code only now: the other commands start five times faster without it. */
export async function startDevice(config: DeviceConfig): Promise<RunningDevice> {
  const { startDevice: start } = await import('./create-device.ts');
  return start(config);
}
