/** All benches, one after the other, each in a process of its own. `--short` for a quick look. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const short = process.argv.includes('--short');
const folder = new URL('.', import.meta.url);

for (const name of readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts'))
  .sort()) {
  console.log(`\n== ${name.replace('.bench.ts', '')}`);
  const flags = short ? ['--mib', '128', '--rounds', '1', '--small', '300', '--churn-minutes', '1'] : [];
  const { status } = spawnSync(process.execPath, [new URL(name, folder).pathname, ...flags], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
