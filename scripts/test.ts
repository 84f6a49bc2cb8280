/**
 * node scripts/test.ts fast | usual | long [--seed N] [FILE…]
 *
 * Runs one set of tests (what each holds: test/README.md). One more file runs at once than there are cores, since
 * many wait for devices and browsers, but at most four. `npm run test:fast`, `npm test` and `npm run test:long`
 * call it. Files that are named are run instead of the set.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { filesOf, setNames } from '../test/support/test-sets.ts';

const fileTimeoutMs = 15 * 60_000;
const atOnceMax = 4;
const slowestShown = 12;

const root = new URL('..', import.meta.url).pathname;
const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' } },
  allowPositionals: true,
});
const [name = 'usual', ...named] = positionals;
const set = setNames.find((each) => each === name);
if (set === undefined) throw new Error(`There is no set of tests "${name}": use ${setNames.join(', ')}.`);

const all = globSync('test/**/*.test.ts', { cwd: root });
const files = named.length > 0 ? named : filesOf(set, all);
// `npm test` repeats what a change is likely to break; the long run looks where nobody has looked yet.
const seed =
  values.seed ??
  process.env.PEERSTOR_TEST_SEED ??
  (set === 'long' ? Math.floor(Math.random() * 2 ** 31) : '');
if (seed !== '') process.env.PEERSTOR_TEST_SEED = String(seed);
// Compiled code is kept, so that it is compiled once and not in every process of the run.
process.env.NODE_COMPILE_CACHE ??= `${root}node_modules/.cache/node-compile`;
process.chdir(root);

const startedMs = performance.now();
const failed: string[] = [];
const took: { file: string; ms: number }[] = [];
const stream = run({
  files: files.map((path) => `${root}${path}`),
  concurrency: Math.min(atOnceMax, availableParallelism() + 1),
  execArgv: [`--import=${root}test/support/untracked-promises.ts`],
  timeout: fileTimeoutMs,
  // A test that failed may have left something running that would keep its process for ever.
  forceExit: true,
});
const below = (file: string | undefined) => file?.replace(root, '') ?? '';
stream.on('test:fail', ({ name: title, nesting, file }) => {
  if (nesting === 0) failed.push(`${below(file)}: ${title}`);
});
stream.on('test:summary', ({ file, duration_ms: ms }) => {
  if (file) took.push({ file: below(file), ms });
});
const printed = stream.compose(spec);
printed.pipe(process.stdout);
await finished(printed);

for (const { file, ms } of took.sort((one, other) => other.ms - one.ms).slice(0, slowestShown)) {
  console.log(`${(ms / 1000).toFixed(1).padStart(6)} s  ${file}`);
}
const seconds = Math.round((performance.now() - startedMs) / 1000);
console.log(
  `${files.length} files (${set}) in ${seconds} s${seed === '' ? '' : `, PEERSTOR_TEST_SEED=${seed}`}`,
);
for (const line of failed) console.log(`failed: ${line}`);
if (failed.length > 0) process.exitCode = 1;
