/** npm run check: lint, types and the fast tests. Lint and types run side by side; all of it even if one fails. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const root = new URL('..', import.meta.url).pathname;

async function succeeds(...words: string[]): Promise<boolean> {
  const child = spawn('npm', ['run', '--silent', ...words], { cwd: root, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code === 0;
}

const startedMs = performance.now();
const outcomes = await Promise.all([succeeds('lint'), succeeds('types')]);
outcomes.push(await succeeds('test:fast'));
const names = ['lint', 'types', 'test:fast'].filter((_, index) => !outcomes[index]);
const seconds = Math.round((performance.now() - startedMs) / 1000);
console.log(
  names.length === 0 ? `all good after ${seconds} s` : `failed after ${seconds} s: ${names.join(', ')}`,
);
if (names.length > 0) process.exitCode = 1;
