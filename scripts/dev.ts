/**
 * npm run dev [-- --home DIR] [--port N]
 *
 * One device from the sources, which starts again when a file below src changes, and the page with reload at
 * http://localhost:5173, which sends its requests to that device. Ctrl+C ends both.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';

const root = new URL('..', import.meta.url).pathname;
const { values } = parseArgs({
  options: {
    home: { type: 'string', default: '/tmp/peerstor-dev' },
    port: { type: 'string', default: '8090' },
  },
});

const words = [
  '--watch-preserve-output',
  '--watch-path=src',
  'src/cli/main.ts',
  '--home',
  values.home,
  'start',
];
const options = ['--port', values.port, '--host', '127.0.0.1', '--no-mdns', '--log-level', 'info'];
const device: ChildProcess = spawn(process.execPath, [...words, ...options], { cwd: root, stdio: 'inherit' });

process.env.PEERSTOR_DEV = `http://127.0.0.1:${values.port}`;
const page = await createServer({ configFile: `${root}web/vite.config.ts` });
await page.listen();
page.printUrls();

const end = async (): Promise<void> => {
  device.kill('SIGTERM');
  await Promise.all([once(device, 'exit'), page.close()]);
  process.exit(0);
};
process.once('SIGINT', () => void end());
process.once('SIGTERM', () => void end());
