/**
 * node test/chaos/run.ts [--seed N] [--runs R] [--devices D] [--minutes M]
 *
 * Runs schedules for seeds N, N + 1, … on one cluster. Prints broken promises, and exits with 1 if there were any.
 */
import { parseArgs } from 'node:util';
import { runMany } from './many.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string', default: '30' },
    devices: { type: 'string', default: '5' },
    minutes: { type: 'string', default: '600' },
  },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const outcomes = await runMany({
  seeds: Array.from({ length: Number(values.runs) }, (_, n) => seed + n),
  devices: Number(values.devices),
  minutes: Number(values.minutes),
  say: (line) => console.log(line),
});
const failed = outcomes.filter(({ broken }) => broken.length > 0);
console.log(`${outcomes.length} schedules, ${failed.length} with broken promises`);
if (failed.length > 0) process.exitCode = 1;
