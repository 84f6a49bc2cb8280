/** `get` and `export`: what comes to the disk, what is left alone, and what is said. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type EntryId, entryId } from '../../../src/model/ids.ts';
import { CommandLine } from '../command-line.ts';

const then = '2001-02-03T04:05:06.000Z';

interface Got {
  files: number;
  unchanged: number;
  failed: { path: string; code: string; message: string }[];
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** The id of a process that has ended. */
function endedPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('get', () => {
  let line: CommandLine;
  let root: EntryId;
  beforeEach(async () => {
    line = await CommandLine.start();
    await mkdir(line.folder, { recursive: true });
    root = entryId((await line.gateway.drive.root()).id);
  });
  afterEach(() => line.stop());

  const put = (path: string, content: string) => line.gateway.put(path, content, { 'x-modified-at': then });
  const parts = async (folder = line.folder) =>
    (await readdir(folder)).filter((name) => name.endsWith('.part'));

  it('a file comes with its content and its time, and with nothing beside it', async () => {
    await put('/plan.txt', 'the plan');
    const ran = await line.run(['get', '/plan.txt', line.folder]);
    assert.deepEqual([ran.code, ran.err], [0, '']);
    assert.equal(await readFile(line.at('plan.txt'), 'utf8'), 'the plan');
    assert.equal((await stat(line.at('plan.txt'))).mtime.toISOString(), then);
    assert.deepEqual(await readdir(line.folder), ['plan.txt']);
  });

  it('a folder comes with all that is in it, empty folders too; again, only what is missing comes', async () => {
    for (const name of ['a', 'b', 'sub/c', 'sub/deep/d']) await put(`/Trip/${name}`, name);
    await line.gateway.drive.ensureFolder(['Trip', 'empty']);
    const got = await line.json<Got>(['get', '/Trip', line.folder]);
    assert.deepEqual([got.files, got.unchanged, got.failed], [4, 0, []]);
    assert.deepEqual((await readdir(line.at('Trip'))).sort(), ['a', 'b', 'empty', 'sub']);
    assert.equal(await readFile(line.at('Trip', 'sub', 'deep', 'd'), 'utf8'), 'sub/deep/d');
    await rm(line.at('Trip', 'b'));
    const again = await line.json<Got>(['get', '/Trip', line.folder]);
    assert.deepEqual([again.files, again.unchanged], [1, 3]);
  });

  const skip = process.platform !== 'linux' && 'only Linux has /proc';
  it('ends with an error where a file system takes no folder, as the sign-in does for a home', {
    skip,
    timeout: 20_000,
  }, async () => {
    await put('/plan.txt', 'the plan');
    for (const words of [
      ['get', '/plan.txt', '/proc/peerstor/deep/plan.txt'],
      ['get', '/', '/proc/peerstor/deep'],
      ['export', '/', '/proc/peerstor/deep'],
    ]) {
      const ran = await line.run(words);
      assert.equal(ran.code, 1, ran.out);
      assert.match(ran.err, /^peerstor: .*\/proc\/peerstor/m);
    }
    const signIn = ['login', '--user', 'anna', '--password-stdin'];
    const ran = await line.run(signIn, { home: '/proc/peerstor/home', stdin: 'correct horse\n' });
    assert.equal(ran.code, 1);
    assert.match(ran.err, /^peerstor: .*\/proc\/peerstor/m);
  });

  it('names that Windows refuses are saved under others there, told, and never above the target', async () => {
    const { drive } = line.gateway;
    for (const name of ['..\\..\\evil.bat', 'a:b', 'a_b', 'CON', 'end.', 'µ', 'μ']) {
      drive.addLarge(name, 4, Buffer.from('harm'));
    }
    await mkdir(line.at('deep', 'er'), { recursive: true });
    const target = line.at('deep', 'er', 'out');
    const ran = await line.run(['get', '/', target], { platform: 'win32' });
    assert.equal(ran.code, 0, ran.err);
    const [micro, mu] = ['µ', 'μ'];
    // The first of two twins in the listing keeps its name.
    const second = ran.err.includes(`"${mu}" is saved as`) ? mu : micro;
    const expected = ['.._.._evil.bat', '_CON', 'a_b', 'a_b (2)', 'end_', `${second} (2)`];
    assert.deepEqual((await readdir(target)).sort(), [...expected, second === mu ? micro : mu].sort());
    assert.deepEqual(await readdir(line.at('deep')), ['er']);
    assert.deepEqual(await readdir(line.at('deep', 'er')), ['out']);
    assert.match(ran.err, /"\.\.\\\.\.\\evil\.bat" is saved as "\.\._\.\._evil\.bat"/);
  });

  const skipModes = process.platform === 'win32' && 'Windows has no such mark';
  it('a file that may be run may be run where it comes to, by whoever may read it', {
    skip: skipModes,
  }, async () => {
    await put('/run.sh', 'exit 0');
    await line.gateway.put('/run.sh', 'exit 1', { 'x-modified-at': then, 'x-executable': 'true' });
    await put('/plain.txt', 'x');
    const got = await line.run(['export', '/', line.at('out')]);
    assert.equal(got.code, 0, got.err);
    const mode = async (name: string) => (await stat(line.at(name))).mode & 0o777;
    const plain = await mode('out/plain.txt');
    assert.equal(await mode('out/run.sh'), plain | ((plain & 0o444) >> 2));
    assert.equal(plain & 0o111, 0);
    await line.run(['get', '/run.sh', line.at('old.sh'), '--version', '1']);
    assert.equal((await mode('old.sh')) & 0o111, 0);
    // A copy that is here already, of a peerstor that did not know the mark.
    await chmod(line.at('out', 'run.sh'), plain);
    const again = await line.json<Got>(['export', '/', line.at('out')]);
    assert.deepEqual([again.files, again.unchanged], [0, 2]);
    assert.equal((await mode('out/run.sh')) & 0o111, (plain & 0o444) >> 2);
  });

  it('a local file that differs is kept and told, and replaced only with --overwrite', async () => {
    await put('/plan.txt', 'the plan');
    await put('/other.txt', 'other');
    await writeFile(line.at('plan.txt'), 'mine');
    const ran = await line.run(['get', '/', `${line.folder}/`]);
    const folder = line.at('drive');
    assert.equal(ran.code, 0);
    await rename(line.at('plan.txt'), join(folder, 'plan.txt'));
    const kept = await line.run(['get', '/', `${line.folder}/`]);
    assert.equal(kept.code, 1);
    assert.match(kept.err, /not downloaded: \S+plan\.txt: another file is there .* --overwrite replaces it/);
    assert.match(kept.err, /\npeerstor: 0 files were downloaded, 1 was not \(named above\)\.\n$/);
    assert.equal(await readFile(join(folder, 'plan.txt'), 'utf8'), 'mine');
    assert.equal((await line.run(['get', '/', `${line.folder}/`, '--overwrite'])).code, 0);
    assert.equal(await readFile(join(folder, 'plan.txt'), 'utf8'), 'the plan');
    assert.deepEqual(await parts(folder), []);
  });

  it('a local file that appears while the download runs is not replaced at the last moment', async () => {
    await put('/plan.txt', 'the plan');
    const { drive } = line.gateway;
    const open = drive.open.bind(drive);
    drive.open = async (...wanted) => {
      await writeFile(line.at('plan.txt'), 'mine');
      return open(...wanted);
    };
    const ran = await line.run(['get', '/plan.txt', line.folder]);
    assert.equal(ran.code, 1);
    assert.match(ran.err, /another file is there under this name/);
    assert.equal(await readFile(line.at('plan.txt'), 'utf8'), 'mine');
    assert.deepEqual(await readdir(line.folder), ['plan.txt']);
  });

  it('a person on a terminal is asked for each file, and "all" is asked once', async () => {
    for (const name of ['a', 'b']) {
      await put(`/${name}`, `new ${name}`);
      await mkdir(line.at('drive'), { recursive: true });
      await writeFile(line.at('drive', name), 'old');
    }
    const no = await line.run(['get', '/', `${line.folder}/`], { typed: ['n', 'n'] });
    assert.equal(no.code, 1);
    assert.equal(await readFile(line.at('drive', 'a'), 'utf8'), 'old');
    const all = await line.run(['get', '/', `${line.folder}/`], { typed: ['a'] });
    assert.equal(all.code, 0, all.err);
    assert.equal(await readFile(line.at('drive', 'a'), 'utf8'), 'new a');
    assert.equal(await readFile(line.at('drive', 'b'), 'utf8'), 'new b');
  });

  it('a symbolic link below the target is not followed', async () => {
    await put('/Trip/sub/plan.txt', 'the plan');
    await mkdir(line.at('Trip'), { recursive: true });
    await mkdir(line.at('elsewhere'));
    await symlink(line.at('elsewhere'), line.at('Trip', 'sub'));
    const ran = await line.run(['get', '/Trip', line.folder]);
    assert.equal(ran.code, 1);
    assert.match(ran.err, /a symbolic link is there/);
    assert.deepEqual(await readdir(line.at('elsewhere')), []);
  });

  it('every file is tried, and the failed ones are named with their cause', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await put(`/Trip/${name}`, name);
    for (const name of ['a', 'c']) await mkdir(line.at('Trip', name), { recursive: true });
    await writeFile(line.at('Trip', 'e'), 'mine');
    const ran = await line.run(['--json', 'get', '/Trip', line.folder]);
    assert.equal(ran.code, 1);
    const got = JSON.parse(ran.out) as Got;
    assert.deepEqual(
      got.failed.map(({ path, code }) => [path, code]).sort(),
      ['a', 'c', 'e'].map((name) => [line.at('Trip', name), 'conflict']),
    );
    assert.equal(got.files, 3);
    assert.equal(JSON.parse(ran.err).error.code, 'incomplete');
  });

  it('a name of 255 bytes comes like any other', async () => {
    const name = `${'ä'.repeat(125)}x.txt`;
    assert.equal(Buffer.byteLength(name), 255);
    await put(`/${encodeURIComponent(name)}`, 'long');
    const ran = await line.run(['get', `/${name}`, line.folder]);
    assert.equal(ran.code, 0, ran.err);
    assert.deepEqual(await readdir(line.folder), [name]);
  });

  it('a file that was replaced since its folder was listed comes whole, with the time of its new version', async () => {
    const old = await put('/plan.txt', 'the old plan');
    const { drive } = line.gateway;
    const open = drive.open.bind(drive);
    drive.open = async (id, version) => {
      if (id === old.id) {
        drive.open = open;
        await drive.upload(root, 'plan.txt', bytesOf('new'), { modifiedAtMs: 1_000_000 });
      }
      return open(id, version);
    };
    const ran = await line.run(['get', '/plan.txt', line.folder]);
    assert.equal(ran.code, 0, ran.err);
    assert.equal(await readFile(line.at('plan.txt'), 'utf8'), 'new');
    assert.equal((await stat(line.at('plan.txt'))).mtimeMs, 1_000_000);
  });

  it('a connection that breaks is opened again and goes on where it broke', async () => {
    const { drive } = line.gateway;
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    drive.addLarge('big.bin', 8 * 2 ** 20, bytes);
    drive.readFailsAfterBytes = 3 * 2 ** 20;
    const ran = await line.run(['get', '/big.bin', line.folder]);
    assert.equal(ran.code, 0, ran.err);
    const got = await readFile(line.at('big.bin'));
    assert.equal(got.length, 8 * 2 ** 20);
    assert.ok(got.equals(Buffer.concat(Array.from({ length: 2 ** 15 }, () => bytes))));
    assert.deepEqual(await parts(), []);
  });

  it('what a killed download left is taken over, and what is left of an older version goes', async () => {
    const { drive } = line.gateway;
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const entry = drive.addLarge('big.bin', 8 * 2 ** 20, bytes);
    const whole = Buffer.concat(Array.from({ length: 2 ** 15 }, () => bytes));
    const [id, version] = [entry.id.slice(-12), entry.version.slice(-12)];
    const dead = endedPid();
    await writeFile(line.at(`big.bin.${id}-${version}.${dead}.part`), whole.subarray(0, 5 * 2 ** 20));
    await writeFile(line.at(`big.bin.${id}-${'0'.repeat(12)}.${dead}.part`), 'old version');
    await writeFile(line.at(`big.bin.${id}-${version}.${process.ppid}.part`), 'of a running process');
    let read = 0;
    const open = drive.open.bind(drive);
    drive.open = async (...wanted) => {
      const content = await open(...wanted);
      return {
        ...content,
        read(range, signal) {
          read += range.end - range.start;
          return content.read(range, signal);
        },
      };
    };
    const ran = await line.run(['get', '/big.bin', line.folder]);
    assert.equal(ran.code, 0, ran.err);
    assert.ok((await readFile(line.at('big.bin'))).equals(whole));
    assert.equal(read, 3 * 2 ** 20, 'only what was missing was asked for');
    assert.deepEqual(await parts(), [`big.bin.${id}-${version}.${process.ppid}.part`]);
  });

  it('a person who stops a download is told what was saved, and nothing half is left', async () => {
    const { drive } = line.gateway;
    await put('/a.txt', 'a');
    drive.addLarge('big.bin', 2 ** 40, Buffer.alloc(2 ** 16));
    const controller = new AbortController();
    const running = line.run(['get', '/', `${line.folder}/`], { interrupted: controller.signal });
    const folder = line.at('drive');
    // The small file is there, and so much of the large one that a cut download would keep it.
    for (;;) {
      const names = await readdir(folder).catch((): string[] => []);
      const part = names.find((name) => name.endsWith('.part'));
      const begun = part !== undefined && (await stat(join(folder, part)).catch(() => undefined))?.size;
      if (Number(begun) > 2 ** 21 && names.includes('a.txt')) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    controller.abort();
    const ran = await running;
    assert.equal(ran.code, 1);
    assert.match(
      ran.err,
      /peerstor: Stopped: 1 file was downloaded, the rest was not\. 1 file cut off and not kept\./,
    );
    assert.deepEqual(await readdir(folder), ['a.txt']);
  });

  it('a former version comes by its number or its id', async () => {
    await put('/plan.txt', 'first');
    await put('/plan.txt', 'second one');
    await line.run(['get', '/plan.txt', line.at('one.txt'), '--version', '1']);
    assert.equal(await readFile(line.at('one.txt'), 'utf8'), 'first');
    assert.equal((await line.run(['cat', '/plan.txt', '--version', '2'])).out, 'second one');
    await line.fails(['get', '/plan.txt', line.at('x'), '--version', '3'], 1, /has no version "3"/);
    await line.fails(['get', '/', line.at('x'), '--version', '1'], 1, /A folder has no versions/);
  });

  it('excluded files stay where they are, and a dry run writes nothing', async () => {
    for (const name of ['a.txt', 'b.log', 'sub/c.log', 'sub/keep.log', 'tmp/d'])
      await put(`/Trip/${name}`, 'x');
    const words = [
      'get',
      '/Trip',
      line.folder,
      '--exclude',
      '*.log',
      '--exclude',
      '!keep.log',
      '--exclude',
      '/tmp/',
    ];
    const dry = await line.run([...words, '--dry-run']);
    assert.match(dry.out, /a\.txt {2}would be downloaded/);
    assert.deepEqual(await readdir(line.folder), []);
    assert.equal((await line.json<Got>(words)).files, 2);
    assert.deepEqual((await readdir(line.at('Trip'))).sort(), ['a.txt', 'sub']);
    assert.deepEqual(await readdir(line.at('Trip', 'sub')), ['keep.log']);
  });

  it('export brings what is in a folder into the named folder, and again only what is new', async () => {
    await put('/Trip/a', 'a');
    const first = await line.json<Got>(['export', '/Trip', line.at('copy')]);
    assert.deepEqual([first.files, await readdir(line.at('copy'))], [1, ['a']]);
    await put('/Trip/b', 'b');
    const again = await line.json<Got>(['export', '/Trip', line.at('copy')]);
    assert.deepEqual([again.files, again.unchanged], [1, 1]);
    await line.fails(['export', '/Trip/a', line.at('copy')], 1, /is a file: use "peerstor get"/);
  });

  it('a file of the same size but another time is taken for another one', async () => {
    await put('/plan.txt', 'the plan');
    await writeFile(line.at('plan.txt'), 'my  plan');
    await utimes(line.at('plan.txt'), new Date(), new Date());
    assert.equal((await line.run(['get', '/plan.txt', line.folder])).code, 1);
    assert.equal(await readFile(line.at('plan.txt'), 'utf8'), 'my  plan');
  });

  it('cat prints the bytes of a range', async () => {
    await put('/plan.txt', '0123456789');
    assert.equal((await line.run(['cat', '/plan.txt', '--range', '2-4'])).out, '234');
    assert.equal((await line.run(['cat', '/plan.txt', '--range', '7-'])).out, '789');
    await line.fails(['cat', '/plan.txt', '--range', '4-2'], 2, /0-99, or 100-/);
  });
});
