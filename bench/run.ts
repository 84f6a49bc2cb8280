/**
 * All benches, one after the other, each in a process of its own.
 *
 *   npm run bench [-- --short] [-- --only peers,million …]
 *
 * `--short` for a quick look. `--only` takes names of bench files, or of parts of `replication.bench.ts`; what
 * else is given goes to each of them.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const folder = new URL('.', import.meta.url);
/** Need other programs, or minutes of preparation: only when asked for by name. */
const onlyByName = ['peers', 'doors', 'million', 'scan', 'delta', 'page'];
const files = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''))
  .sort();

const given = process.argv.slice(2).filter((word) => word !== '--short');
const short = process.argv.includes('--short');
const at = given.indexOf('--only');
const wanted = at < 0 ? undefined : (given[at + 1] ?? '').split(',');
const rest = at < 0 ? given : given.toSpliced(at, 2);
const flags = [
  ...(short ? ['--mib', '128', '--rounds', '1', '--small', '300', '--churn-minutes', '1'] : []),
  ...rest,
];

if (wanted === undefined) {
  for (const name of files.filter((file) => !onlyByName.includes(file))) run(name, flags);
} else {
  const parts = wanted.filter((name) => !files.includes(name));
  for (const name of wanted.filter((name) => files.includes(name))) run(name, flags);
  if (parts.length > 0) run('replication', ['--only', parts.join(','), ...flags]);
}

function run(name: string, words: string[]): void {
  console.log(`\n== ${name}`);
  const file = new URL(`${name}.bench.ts`, folder).pathname;
  const { status } = spawnSync(process.execPath, [file, ...words], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
