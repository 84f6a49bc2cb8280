import { describeThreeDevices } from './three-devices.ts';

const MiB = 1024 * 1024;

describeThreeDevices({ bigBytes: 300 * MiB, wordBytes: 40 * MiB, smallFiles: 2000 });
