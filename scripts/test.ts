/**
 * node scripts/test.ts fast | usual | long [--seed N] [FILE…]
 *
 * Runs one set of tests (what each holds: test/README.md). `npm run test:fast`, `npm test` and `npm run test:long`
 * call it. Files that are named are run instead of the set, each in a process of its own.
 *
 * Light files share processes (`test/support/test-groups.ts`). What took longest in the last run starts first. One
 * more process runs at once than there are cores, since many wait for devices and browsers, but at most four.
 */
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { fileAt, jobsOf, startFileOf, type TestJob } from '../test/support/test-groups.ts';
import { filesOf, setNames } from '../test/support/test-sets.ts';

const jobTimeoutMs = 15 * 60_000;
const atOnceMax = 4;
const slowestShown = 12;

const root = new URL('..', import.meta.url).pathname;
const cache = `${root}node_modules/.cache/peerstor-tests`;
const groupFolder = `${cache}/groups`;
const timesPath = `${cache}/times.json`;
const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' } },
  allowPositionals: true,
});
const [name = 'usual', ...named] = positionals;
const set = setNames.find((each) => each === name);
if (set === undefined) throw new Error(`There is no set of tests "${name}": use ${setNames.join(', ')}.`);

// `npm test` repeats what a change is likely to break; the long run looks where nobody has looked yet.
const seed =
  values.seed ??
  process.env.PEERSTOR_TEST_SEED ??
  (set === 'long' ? Math.floor(Math.random() * 2 ** 31) : '');
if (seed !== '') process.env.PEERSTOR_TEST_SEED = String(seed);
// Compiled code is kept, so that it is compiled once and not in every process of every run.
process.env.NODE_COMPILE_CACHE ??= `${root}node_modules/.cache/node-compile`;
process.chdir(root);

const files = named.length > 0 ? named : filesOf(set, globSync('test/**/*.test.ts', { cwd: root }));
const times = readTimes();
const jobs = named.length > 0 ? named.map((file) => ({ name: file, files: [file] })) : jobsOf(files);
// The sort is stable: what nobody has timed yet starts first, in the order of `filesOf`.
const rank = ({ name: job }: TestJob) => times[job] ?? Number.MAX_VALUE;
jobs.sort((one, other) => rank(other) - rank(one));
const jobAt = new Map(jobs.map((job) => [startFileOf(job, root, groupFolder), job]));

const startedMs = performance.now();
const failed: string[] = [];
const took = new Map<string, number>();
const stream = run({
  files: [...jobAt.keys()],
  concurrency: Math.min(atOnceMax, availableParallelism() + 1),
  execArgv: [`--import=${root}test/support/untracked-promises.ts`],
  timeout: jobTimeoutMs,
  // A test that failed may have left something running that would keep its process for ever.
  forceExit: true,
});
const below = (file: string) => file.replace(root, '');
stream.on('test:fail', ({ name: title, nesting, file = '' }) => {
  if (nesting > 0) return;
  const job = jobAt.get(title);
  failed.push(job ? fileAt(job, groupFolder) : `${below(file)}: ${title}`);
});
stream.on('test:complete', ({ name: title, nesting, file = '', details: { duration_ms: ms } }) => {
  if (nesting > 0) return;
  const job = jobAt.get(title);
  if (job) times[job.name] = Math.round(ms);
  else took.set(below(file), (took.get(below(file)) ?? 0) + ms);
});
const printed = stream.compose(spec);
printed.pipe(process.stdout);
await finished(printed);

const slowest = [...took].sort(([, one], [, other]) => other - one).slice(0, slowestShown);
for (const [file, ms] of slowest) console.log(`${(ms / 1000).toFixed(1).padStart(6)} s  ${file}`);
const seconds = Math.round((performance.now() - startedMs) / 1000);
console.log(
  `${files.length} files (${set}) in ${seconds} s${seed === '' ? '' : `, PEERSTOR_TEST_SEED=${seed}`}`,
);
for (const line of failed) console.log(`failed: ${line}`);
if (failed.length > 0) process.exitCode = 1;
if (named.length === 0) writeTimes(times);

/** Milliseconds that each job took in the last run on this machine. */
function readTimes(): Record<string, number> {
  return existsSync(timesPath) ? JSON.parse(readFileSync(timesPath, 'utf8')) : {};
}

function writeTimes(all: Record<string, number>): void {
  mkdirSync(cache, { recursive: true });
  writeFileSync(`${timesPath}.new`, JSON.stringify(all, undefined, 1));
  renameSync(`${timesPath}.new`, timesPath);
}
