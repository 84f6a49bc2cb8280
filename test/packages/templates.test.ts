import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { filledTemplate } from '../../scripts/packages/templates.ts';

const root = new URL('../..', import.meta.url).pathname;
const read = (name: string) => readFileSync(join(root, name), 'utf8');

describe('the templates of packagers', () => {
  it('are filled in with the version, the address and the sum of the file, and nothing of a template is left', () => {
    const folder = mkdtempSync(join(tmpdir(), 'peerstor-templates-'));
    writeFileSync(join(folder, 'peerstor-1.2.3.tgz'), 'packed');
    const run = () =>
      execFileSync(
        process.execPath,
        [
          'scripts/package-templates.ts',
          folder,
          '--version',
          '1.2.3',
          '--address',
          'https://example.org/releases',
        ],
        { cwd: root, encoding: 'utf8' },
      );
    assert.match(run(), /winget: left out/);
    assert.ok(!existsSync(join(folder, 'winget')));
    writeFileSync(join(folder, 'peerstor-1.2.3-win32-x64.exe'), 'program');
    run();
    const sum = (text: string) => createHash('sha256').update(text).digest('hex');
    const formula = readFileSync(join(folder, 'homebrew/peerstor.rb'), 'utf8');
    assert.match(formula, /url "https:\/\/example\.org\/releases\/peerstor-1\.2\.3\.tgz"/);
    assert.ok(formula.includes(`sha256 "${sum('packed')}"`));
    const installer = readFileSync(join(folder, 'winget/peerstor.installer.yaml'), 'utf8');
    assert.ok(installer.includes(`InstallerSha256: ${sum('program')}\n`));
    assert.equal(readdirSync(join(folder, 'winget')).length, 3);
    for (const packager of ['homebrew', 'winget'])
      for (const name of readdirSync(join(folder, packager)))
        assert.doesNotMatch(
          readFileSync(join(folder, packager, name), 'utf8'),
          /VERSION|ADDRESS|SHA256\b(?=["\n])|Template/,
        );
    rmSync(folder, { recursive: true });
  });

  it('take no version and no address that would break the file', () => {
    const content = Buffer.from('x');
    const facts = { version: '1.2.3', address: 'https://example.org', content };
    for (const wrong of [
      { version: '1.2' },
      { version: '1.2.3"' },
      { address: 'http://example.org' },
      { address: 'https://example.org/' },
      { address: 'https://example.org/"\n' },
    ])
      assert.throws(() => filledTemplate('', { ...facts, ...wrong }));
    assert.throws(() => filledTemplate('sha256 "SHA256"', { ...facts, content: undefined }), /is not there/);
  });
});

describe('the container', () => {
  const steps = read('Dockerfile')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));
  const only = (word: string) => steps.filter((line) => line.startsWith(`${word} `));

  it('copies what the repository has, and takes the Node that the program needs', () => {
    for (const line of only('COPY').filter((one) => !one.includes('--from=')))
      for (const path of line.split(/\s+/).slice(1, -1)) assert.ok(existsSync(join(root, path)), line);
    const { engines } = JSON.parse(read('package.json'));
    const [, wanted] = /(\d+)/.exec(engines.node) ?? [];
    for (const line of only('FROM')) assert.ok(line.startsWith(`FROM node:${wanted}-`), line);
  });

  it('runs as somebody who is not root, says whether it is healthy, and keeps its home in a volume that is theirs', () => {
    const last = steps.slice(steps.findLastIndex((line) => line.startsWith('FROM ')));
    assert.ok(
      last.indexOf('USER node') > 0 &&
        last.indexOf('USER node') < last.findIndex((line) => line.startsWith('ENTRYPOINT')),
    );
    const [, home = ''] = /PEERSTOR_HOME=(\S+)/.exec(only('ENV').join('\n')) ?? [];
    assert.deepEqual(only('VOLUME'), [`VOLUME ${home}`]);
    assert.ok(only('RUN').some((line) => line.includes(`-o node -g node -m 0700 ${home}`)));
    assert.match(only('HEALTHCHECK').join(), /127\.0\.0\.1:8080\/healthz/);
    assert.match(only('CMD').join(), /"--port", "8080"/);
  });

  it('has the same home and time to stop in the compose file', () => {
    const text = read('compose.yaml');
    const [, home = ''] = /PEERSTOR_HOME=(\S+)/.exec(only('ENV').join('\n')) ?? [];
    assert.ok(text.includes(`- peerstor:${home}\n`));
    const [, seconds] = /stop_grace_period: (\d+)s/.exec(text) ?? [];
    // A device stops within ten.
    assert.ok(Number(seconds) > 10);
    assert.doesNotMatch(text, /\t/);
  });
});
