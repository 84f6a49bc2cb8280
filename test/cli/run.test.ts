/** Words to commands: which one runs, what a failure prints, whom the session is sent to. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { printTable } from '../../src/cli/terminal/output.ts';
import { withTerminal } from '../../src/cli/terminal/terminal.ts';
import { CommandLine } from './command-line.ts';

const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;

/** A port on loopback where nothing listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('words of a command line', () => {
  let line: CommandLine;
  before(async () => {
    line = await CommandLine.start();
  });
  after(() => line.stop());

  it('a mistyped command is wrong usage, and the nearest one is named', async () => {
    await line.fails(['helth'], 2, /unknown command 'helth' \(Did you mean health\?\)/);
    await line.fails(['stat'], 2, /unknown command 'stat'/);
    await line.fails(['token', 'creat'], 2, /unknown command 'creat' \(Did you mean create\?\)/);
  });

  it('options of start need no command, and their values are not taken for one', async () => {
    await line.fails(['--port', 'x'], 2, /"x" is not a whole number/);
    await line.fails(['--name', 'health', '--port', 'x'], 2, /"x" is not a whole number/);
    await line.fails(['--class', 'often'], 2, /always-on, sleeper/);
  });

  it('an option that means nothing is wrong usage', async () => {
    for (const words of [
      ['--port', '99999'],
      ['--storage', `${line.at('x')}=5Q`],
      ['--host-name', 'a b'],
    ]) {
      await line.fails(['start', ...words], 2, /99999|65535|5Q|name/);
    }
  });

  it('--version alone prints the version, and the help lists the commands', async () => {
    const version = await line.runBare(['--version']);
    assert.match(version.out, /^\d+\.\d+\.\d+\n$/);
    assert.equal((await line.runBare(['version'])).out, version.out);
    const json = JSON.parse((await line.runBare(['version', '--json'])).out);
    assert.deepEqual(json, { version: version.out.trim() });
    const help = await line.runBare(['--help']);
    assert.deepEqual([help.code, help.err], [0, '']);
    assert.match(help.out, /Usage: peerstor[\s\S]*\n {2}put /);
  });

  it('with --json a failure is one JSON value on standard error, and standard output stays empty', async () => {
    for (const [words, code, error] of [
      [['ls', '/none'], 1, 'not-found'],
      [['helth'], 2, 'wrong-usage'],
      [['token'], 2, 'wrong-usage'],
    ] as const) {
      const ran = await line.run(['--json', ...words]);
      assert.deepEqual([ran.code, ran.out], [code, ''], words.join(' '));
      const last = ran.err.trimEnd().split('\n').at(-1) ?? '';
      const said = JSON.parse(last) as { error: { code: string; message: string } };
      assert.equal(said.error.code, error);
      assert.ok(said.error.message.length > 10);
    }
  });

  it('names from outside reach the terminal without control characters and direction marks', async () => {
    line.gateway.drive.addLarge('evil\u001b[31m\u202egpj.exe', 1, Buffer.from('x'));
    const { out } = await line.run(['ls', '/']);
    assert.match(out, /evil\\u\{1b\}\[31m\\u\{202e\}gpj\.exe/);
    const json = await line.run(['--json', 'ls', '/']);
    assert.ok(!json.out.includes('\u001b') && !json.out.includes('\u202e'));
    assert.ok(JSON.parse(json.out).items[0].name.includes('\u001b[31m\u202e'));
    const failed = await line.run(['ls', '/no\u001b[2Jne']);
    assert.match(failed.err, /no\\u\{1b\}\[2Jne/);
    const failedJson = await line.run(['--json', 'ls', '/no\u202ene']);
    assert.ok(!failedJson.err.includes('\u202e') && failedJson.err.includes('\\u202e'));
  });

  it('an address where nothing answers is the reason, also for somebody who never signed in there', async () => {
    const url = `http://127.0.0.1:${await deadPort()}`;
    const ran = await line.runBare(['--home', line.home, '--url', url, 'ls', '/']);
    assert.equal(ran.code, 1);
    assert.match(ran.err, /No device answers at http:\S+ \(.*ECONNREFUSED.*\)/);
    const odd = await line.runBare(['--home', line.home, '--url', 'nas.lan', 'ls', '/']);
    assert.match(odd.err, /"nas\.lan" is no address; write one such as http:/);
  });

  it('a person who is not signed in is told how, at the address that they named', async () => {
    const ran = await line.run(['ls', '/'], { home: join(line.home, 'nobody') });
    assert.equal(ran.code, 1);
    assert.match(
      ran.err,
      /not signed in at http:\S+\. Run "peerstor --url http:\S+ login --user NAME" first/,
    );
  });

  it('the session of one device is never sent to another address', async () => {
    const heard: IncomingHttpHeaders[] = [];
    const other = createServer((request, response) => {
      heard.push(request.headers);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    try {
      // Also not the session of the device of this home.
      const home = join(line.home, 'local');
      await mkdir(home, { recursive: true });
      await writeFile(join(home, 'credentials.json'), JSON.stringify({ username: 'anna', secret: 'local' }));
      for (const at of [line.home, home]) {
        const ran = await line.runBare(['--home', at, '--url', url, 'ls', '/']);
        assert.match(ran.err, /You are not signed in at/);
      }
    } finally {
      other.close();
    }
    assert.ok(heard.length > 0);
    for (const headers of heard) {
      assert.deepEqual(
        [headers.authorization, headers.cookie, headers['x-peerstor']],
        [undefined, undefined, undefined],
      );
    }
  });

  it('credentials are kept in a file that only their owner reads, and go with logout', async () => {
    const home = join(line.home, 'fresh');
    const words = ['login', '--user', 'anna', '--password-stdin'];
    assert.equal((await line.run(words, { home, stdin: 'correct horse' })).code, 0);
    const file = join(home, 'credentials.json');
    if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.match(await readFile(file, 'utf8'), /anna/);
    assert.equal((await line.run(['logout'], { home })).code, 0);
    await assert.rejects(readFile(file), { code: 'ENOENT' });
  });

  it('signing in takes the code of an authenticator app where the account asks for one', async () => {
    const home = join(line.home, 'coded');
    const words = ['login', '--user', 'anna', '--password-stdin'];
    line.gateway.front.codes.add('anna');
    try {
      const without = await line.run(words, { home, stdin: 'correct horse' });
      assert.equal(without.code, 1);
      assert.match(without.err, /code/);
      assert.equal(
        (await line.run([...words, '--code', '000000'], { home, stdin: 'correct horse' })).code,
        1,
      );
      assert.equal(
        (await line.run([...words, '--code', '123456'], { home, stdin: 'correct horse' })).code,
        0,
      );
    } finally {
      line.gateway.front.codes.delete('anna');
    }
  });

  it('the audit log is filtered, and printed for a spreadsheet', async () => {
    const found = await line.run(['audit', '--event', 'sign-in', '--json']);
    assert.equal(JSON.parse(found.out).items.length, 1);
    const csv = await line.run(['audit', '--csv']);
    assert.match(csv.out, /^at,device,event,user,sentence\n.*Kitchen,sign-in,anna/);
  });

  it('a table of more rows than a call takes arguments is printed whole', async () => {
    let printed = 0;
    const stdout = new Writable({
      write(piece: Buffer, _encoding, done) {
        printed += piece.toString().split('\n').length - 1;
        done();
      },
    });
    const rows = Array.from({ length: 130_000 }, (_, number) => [`file ${number}`]);
    const { signal } = new AbortController();
    const streams = { stdin: Readable.from([]), stdout, stderr: new PassThrough() };
    const around = { ...streams, env: {}, platform: process.platform, interrupted: () => signal };
    await withTerminal(around, async () => printTable(['NAME'], rows));
    assert.equal(printed, 130_001);
  });

  it('the program itself gives the exit code and keeps standard output for results', () => {
    const options = { encoding: 'utf8', timeout: 60_000 } as const;
    const good = spawnSync(process.execPath, [main, 'version'], options);
    assert.deepEqual([good.status, good.stderr], [0, '']);
    assert.match(good.stdout, /^\d+\.\d+\.\d+\n$/);
    const bad = spawnSync(process.execPath, [main, 'helth'], options);
    assert.deepEqual([bad.status, bad.stdout], [2, '']);
    assert.match(bad.stderr, /^peerstor: unknown command 'helth' \(Did you mean health\?\)\n$/);
  });
});
