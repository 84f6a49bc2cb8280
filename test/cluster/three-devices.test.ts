import { describeThreeDevices } from './three-devices.ts';

const MiB = 1024 * 1024;

describeThreeDevices({ bigBytes: 24 * MiB, wordBytes: 8 * MiB, smallFiles: 100 });
