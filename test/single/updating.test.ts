import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { newSigningKey } from '../../src/crypto/index.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { isNewer, type Release, readRelease, releaseFile, signRelease } from '../../src/single/release.ts';
import { readTrial } from '../../src/single/trial.ts';
import { checkRelease, type Installed, replaceProgram } from '../../src/single/updating.ts';

const key = newSigningKey();
const never = new AbortController().signal;
const programOf = (version: string, more = '') => `#!/bin/sh\n${more}\necho '{"version":"${version}"}'\n`;

describe('an update', { skip: process.platform === 'win32' && 'its programs are scripts of a shell' }, () => {
  let top: string;
  let releases: string;
  let installed: Installed;
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'peerstor-update-'));
    releases = join(top, 'releases');
    mkdirSync(join(top, 'bin'));
    mkdirSync(releases);
    const program = join(top, 'bin/peerstor');
    writeFileSync(program, programOf('1.0.0'), { mode: 0o755 });
    installed = {
      program,
      version: '1.0.0',
      system: 'linux-x64',
      releaseKey: key.principal,
      wire: { min: 1, max: 2 },
    };
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  function release(
    version: string,
    { text = programOf(version), change = (all: Release) => all, by = key } = {},
  ): void {
    const file = `peerstor-${version}-linux-x64`;
    writeFileSync(join(releases, file), text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    const programs = { 'linux-x64': { file, bytes: Buffer.byteLength(text), sha256 } };
    const all = change({ version, wire: { min: 1, max: 1 }, programs });
    writeFileSync(join(releases, releaseFile), signRelease(all, by));
  }
  const update = async (from = releases, signal = never) =>
    replaceProgram(from, await checkRelease(from, installed, signal), installed, signal);
  const now = () => readFileSync(installed.program, 'utf8');
  /** Refused, and as if nobody had asked. */
  async function refused(
    code: Parameters<typeof isPeerstorError>[1],
    sentence: RegExp,
    from = releases,
  ): Promise<void> {
    await assert.rejects(
      update(from),
      (error: Error) => isPeerstorError(error, code) && sentence.test(error.message),
    );
    assert.equal(now(), programOf('1.0.0'));
    assert.deepEqual(readdirSync(join(top, 'bin')), ['peerstor']);
  }

  it('puts a signed newer program in the place of this one, on trial, and keeps the former one', async () => {
    release('1.1.0');
    await update();
    assert.equal(now(), programOf('1.1.0'));
    assert.equal(readFileSync(`${installed.program}.previous`, 'utf8'), programOf('1.0.0'));
    assert.deepEqual(readTrial(installed.program), { state: 'trial', from: '1.0.0', to: '1.1.0', starts: 0 });
  });

  it('is never to an older program, nor to the same one, though they are signed', async () => {
    for (const version of ['0.9.9', '1.0.0']) {
      release(version);
      const offer = await checkRelease(releases, installed, never);
      assert.equal(offer.program, undefined);
      await update();
      assert.equal(now(), programOf('1.0.0'));
    }
    const order = ['0.9.10', '0.10.0', '1.0.0-dev', '1.0.0', '1.0.1', '2.0.0'];
    for (const [at, one] of order.entries())
      for (const [other, than] of order.entries())
        assert.equal(isNewer(one, than), at > other, `${one} ${than}`);
  });

  it('by another key, or changed after it was signed, is refused before anything of it is believed', async () => {
    release('1.1.0', { by: newSigningKey() });
    await refused('forbidden', /not signed by the key/);
    release('1.1.0');
    const text = readFileSync(join(releases, releaseFile), 'utf8');
    writeFileSync(join(releases, releaseFile), text.replace('1.1.0', '9.1.0'));
    await refused('forbidden', /not signed by the key/);
    installed = { ...installed, releaseKey: '' };
    await refused('forbidden', /without a key of releases/);
  });

  it('whose program was cut, changed or is longer than it says is refused', async () => {
    release('1.1.0');
    const file = join(releases, 'peerstor-1.1.0-linux-x64');
    const whole = readFileSync(file, 'utf8');
    for (const [text, code] of [
      [whole.slice(0, -1), 'checksum-mismatch'],
      [whole.replace('echo', 'ecHo'), 'checksum-mismatch'],
      [`${whole}#`, 'too-large'],
    ] as const) {
      writeFileSync(file, text);
      await refused(code, /Nothing was changed/);
    }
    rmSync(file);
    await refused('not-found', /There is no/);
  });

  it('that does not run here, or is another version than it says, is refused', async () => {
    release('1.1.0', { text: programOf('1.1.0', 'exit 3') });
    await refused('bad-input', /does not run on this machine/);
    release('1.1.0', { text: programOf('1.0.5') });
    await refused('bad-input', /says that it is 1\.0\.5, not 1\.1\.0/);
  });

  it('that the other devices would not understand, or that is for another system, is refused', async () => {
    release('1.1.0', { change: (all) => ({ ...all, wire: { min: 3, max: 4 } }) });
    await refused('unsupported-format', /no longer understand each other/);
    release('1.1.0', {
      change: ({ programs, ...all }) => ({
        ...all,
        programs: { 'darwin-arm64': programs['linux-x64'] ?? assert.fail() },
      }),
    });
    await refused('not-found', /no program for linux-x64/);
  });

  it('names no file outside of its folder, and what is no release is refused', async () => {
    for (const file of ['../secret', '/etc/passwd', 'a/b', '', '.hidden']) {
      const programs = { 'linux-x64': { file, bytes: 1, sha256: '0'.repeat(64) } };
      const text = signRelease({ version: '1.1.0', wire: { min: 1, max: 1 }, programs }, key);
      assert.throws(() => readRelease(Buffer.from(text), key.principal), /is no release/);
    }
    for (const text of ['', '[]', '{"release":1}', '\u0000', '{"release":"{}","signature":""}'])
      assert.throws(() => readRelease(Buffer.from(text), key.principal), isPeerstorError);
  });

  describe('from a server', () => {
    let server: Server;
    let address: string;
    let broken = false;
    beforeEach(async () => {
      broken = false;
      server = createServer((request, response) => {
        const path = join(releases, request.url ?? '');
        if (!existsSync(path)) return response.writeHead(404).end();
        const bytes = readFileSync(path);
        if (!broken || path.endsWith('.json')) return response.end(bytes);
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 9));
        return setImmediate(() => response.destroy());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => server.close());

    it('of this machine it is taken; a line that is cut, and a server that has none, change nothing', async () => {
      release('1.1.0');
      broken = true;
      await refused('peer-unreachable', /could not be read/, address);
      broken = false;
      await update(address);
      assert.equal(now(), programOf('1.1.0'));
      rmSync(join(releases, releaseFile));
      await assert.rejects(checkRelease(address, installed, never), /answered 404/);
    });

    it('elsewhere it comes by https only', () => refused('bad-input', /by https/, 'http://releases.example'));

    it('that was taken back leaves nothing', async () => {
      release('1.1.0');
      const stopped = new AbortController();
      const offer = await checkRelease(address, installed, stopped.signal);
      stopped.abort();
      await assert.rejects(replaceProgram(address, offer, installed, stopped.signal), (error) =>
        isPeerstorError(error, 'aborted'),
      );
      assert.deepEqual(readdirSync(join(top, 'bin')), ['peerstor']);
    });
  });
});
