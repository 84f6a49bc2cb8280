/** Starts an installed peerstor and asks whether it is alive. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** @param words the command line up to `start` */
export async function assertStarts(words: readonly string[]): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'peerstor-installed-'));
  const options = [
    'start',
    '--home',
    home,
    '--port',
    '0',
    '--host',
    '127.0.0.1',
    '--p2p-port',
    '0',
    '--no-mdns',
    '--json',
  ];
  const [program = '', ...rest] = words;
  const child = spawn(program, [...rest, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (piece) => {
    said += piece;
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    let port = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line);
      if (event.event !== 'ready') continue;
      ({ port } = event);
      break;
    }
    assert.ok(port > 0, said);
    const alive = await (await fetch(`http://127.0.0.1:${port}/healthz`)).json();
    assert.equal(Object(alive).ok, true);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    assert.match(await page.text(), /<div id="app"/);
  } finally {
    child.kill('SIGTERM');
    await ended;
    await rm(home, { recursive: true, force: true });
  }
}
