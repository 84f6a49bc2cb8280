/** The door of the running device, for `cli`. */
export { type DeviceConfig, homeFolder, readConfig, type StartOptions } from './config.ts';
export { type ReadyFacts, type RunningDevice, startDevice } from './create-device.ts';
export { type RunFacts, readRunFacts } from './home.ts';
