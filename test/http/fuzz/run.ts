/**
 * A fuzz run in a process of its own, where no test runner follows each promise: `node test/http/fuzz/run.ts COUNT SEED`.
 * Prints how much of the heap was used after each device.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fuzzDoors } from './doors.ts';

const [count = 1000, seed = 1] = process.argv.slice(2).map(Number);
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
Error.stackTraceLimit = 0;
const heaps: number[] = [];
await fuzzDoors(count, seed, () => {
  collect();
  heaps.push(process.memoryUsage().heapUsed);
});
console.log(JSON.stringify(heaps));
