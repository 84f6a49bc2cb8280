/** `stop`: ends the process that answers as the device of this home, and nothing else. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CommandLine } from './command-line.ts';

const server = `
  const { createServer } = require('node:http');
  createServer((request, response) => response.end(JSON.stringify({ ok: true, deviceId: 'mine' })))
    .listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;

describe('stop', () => {
  let home = '';
  let child: ChildProcess;
  let port = 0;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'peerstor-stop-'));
    child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'pipe', 'inherit'] });
    assert.ok(child.stdout);
    port = Number(await once(child.stdout, 'data'));
  });
  afterEach(async () => {
    child.kill('SIGKILL');
    await rm(home, { recursive: true });
  });
  const leave = (facts: object) =>
    writeFile(
      join(home, 'run.json'),
      JSON.stringify({ pid: child.pid, deviceId: 'mine', url: `http://127.0.0.1:${port}`, ...facts }),
    );

  it('the device of the home is told to end, and the command waits until it has', async () => {
    await leave({});
    const ended = once(child, 'exit');
    const ran = await CommandLine.runAlone(['--home', home, 'stop']);
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.out, /has stopped\.\n$/);
    assert.deepEqual(await ended, [null, 'SIGTERM']);
  });

  it('a process that is not the device of the home is not touched', async () => {
    await leave({ deviceId: 'another' });
    const ran = await CommandLine.runAlone(['--home', home, 'stop']);
    assert.equal(ran.code, 1);
    assert.match(ran.err, /Another device answers at http:\S+; nothing was stopped/);
    assert.equal(child.exitCode, null);
  });

  it('a home in which nothing runs says so, and a device elsewhere is not stopped', async () => {
    const ran = await CommandLine.runAlone(['--home', home, 'stop']);
    assert.match(ran.err, /No device is running in/);
    const far = await CommandLine.runAlone(['--home', home, '--url', 'http://nas:8080', 'stop']);
    assert.deepEqual([far.code, /use --home, not --url/.test(far.err)], [2, true]);
  });
});
