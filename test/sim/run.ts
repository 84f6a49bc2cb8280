/**
 * node test/sim/run.ts [--seed N] [--runs R] [--steps S] [--trace]
 *
 * Runs the simulator for seeds N, N + 1, …; prints each seed that broke a promise, and ends with 1 then.
 */
import { parseArgs } from 'node:util';
import { Simulation } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string', default: '1' },
    steps: { type: 'string', default: '60' },
    trace: { type: 'boolean', default: false },
  },
});
const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
let failed = 0;
for (let seed = first; seed < first + Number(values.runs); seed++) {
  const outcome = await new Simulation(seed).run(Number(values.steps));
  if (values.trace) for (const line of outcome.trace) console.log(line);
  const hours = (outcome.virtualMs / 3_600_000).toFixed(1);
  console.log(
    `seed ${seed}: ${outcome.saved} versions kept over ${hours} h, ${outcome.violations.length} violations`,
  );
  for (const violation of outcome.violations) console.log(`  ${violation}`);
  if (outcome.violations.length > 0) failed += 1;
}
if (failed > 0) {
  console.error(`${failed} of ${values.runs} seeds failed; run one again with --seed N --trace`);
  process.exitCode = 1;
}
