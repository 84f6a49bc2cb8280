/**
 * node test/sim/run.ts [--seed N] [--runs R] [--steps S] [--jobs J] [--trace]
 *
 * Runs the simulator for seeds N, N + 1, … in J processes (by default one for each core). Prints each seed that broke
 * a promise, and exits with 1 if there was one.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Simulation } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string', default: '1' },
    steps: { type: 'string', default: '60' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    trace: { type: 'boolean', default: false },
  },
});
const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const [runs, jobs] = [Number(values.runs), Number(values.jobs)];

/** @returns how many seeds failed */
async function runHere(): Promise<number> {
  let failed = 0;
  for (let seed = first; seed < first + runs; seed++) {
    const outcome = await new Simulation(seed).run(Number(values.steps));
    if (values.trace) for (const line of outcome.trace) console.log(line);
    const hours = (outcome.virtualMs / 3_600_000).toFixed(1);
    console.log(
      `seed ${seed}: ${outcome.saved} versions kept over ${hours} h, ${outcome.violations.length} violations`,
    );
    for (const violation of outcome.violations) console.log(`  ${violation}`);
    if (outcome.violations.length > 0) failed += 1;
  }
  return failed;
}

/** Each process takes its share of the seeds. */
async function runBeside(): Promise<number> {
  const shares = Array.from({ length: jobs }, (_, job) => {
    const from = first + Math.floor((runs * job) / jobs);
    const to = first + Math.floor((runs * (job + 1)) / jobs);
    const words = [
      '--seed',
      String(from),
      '--runs',
      String(to - from),
      '--steps',
      values.steps,
      '--jobs',
      '1',
    ];
    return new Promise<number>((resolve) =>
      fork(import.meta.filename, words).once('exit', (code) => resolve(code ?? 1)),
    );
  });
  return (await Promise.all(shares)).filter((code) => code !== 0).length;
}

const failed = jobs > 1 && runs >= 2 * jobs && !values.trace ? await runBeside() : await runHere();
if (failed > 0) {
  console.error('Some seeds failed; run one again with --seed N --trace');
  process.exitCode = 1;
}
