/** `put`: what reaches the drive, what is left out, and what is said about it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { chmod, mkdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openFile } from '../../../src/cli/transfer/source-bytes.ts';
import type { EntryView, Page } from '../../../src/model/api.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import { fileTimeHeader } from '../../../src/model/file-time.ts';
import { plainBytes } from '../../support/fake-transfers.ts';
import { CommandLine } from '../command-line.ts';

const windows = process.platform === 'win32' && 'Windows has no such files';
const root = process.getuid?.() === 0 && 'root may read every folder';

interface Put extends Page<EntryView> {
  unchanged: number;
  passedOver: { path: string; message: string }[];
  failed: { path: string; code: string; message: string }[];
}

describe('put', () => {
  let line: CommandLine;
  beforeEach(async () => {
    line = await CommandLine.start();
    await mkdir(line.folder, { recursive: true });
  });
  afterEach(() => line.stop());

  const file = async (path: string, content: string | Uint8Array = path) => {
    await mkdir(join(line.at(path), '..'), { recursive: true });
    await writeFile(line.at(path), content);
    return line.at(path);
  };
  const stored = async (path: string) => (await line.run(['cat', path])).out;
  const names = async (path: string) =>
    (await line.json<Page<EntryView>>(['ls', path])).items.map(({ name }) => name);
  const failing = async (words: string[]) => {
    const ran = await line.run(['--json', ...words]);
    assert.equal(ran.code, 1, ran.err);
    return JSON.parse(ran.out) as Put;
  };

  it('a file is stored with its time, under its own name in a folder and under another one beside it', async () => {
    const path = await file('plan.txt');
    await utimes(path, 1, 1);
    const entry = await line.json<EntryView>(['put', path, '/']);
    assert.deepEqual([entry.name, entry.modifiedAt], ['plan.txt', '1970-01-01T00:00:01.000Z']);
    assert.equal((await line.json<EntryView>(['put', path, '/New/deep/other.txt'])).name, 'other.txt');
    assert.equal((await line.json<EntryView>(['put', path, '/Inbox/'])).name, 'plan.txt');
    assert.equal(await stored('/Inbox/plan.txt'), 'plan.txt');
  });

  it('a file that was changed before 1970 keeps its time, there and back', async () => {
    const path = await file('scan.txt');
    const time = new Date('1931-05-06T07:08:09Z');
    await utimes(path, time, time);
    const entry = await line.json<EntryView>(['put', path, '/']);
    assert.equal(entry.modifiedAt, '1931-05-06T07:08:09.000Z');
    const got = await line.run(['get', '/scan.txt', line.at('back.txt')]);
    assert.equal(got.code, 0, got.err);
    assert.equal((await stat(line.at('back.txt'))).mtime.toISOString(), '1931-05-06T07:08:09.000Z');
  });

  const skipModes = process.platform === 'win32' && 'Windows has no such mark';
  it('a file that may be run is stored so, and a change of that alone is sent', {
    skip: skipModes,
  }, async () => {
    const path = await file('run.sh');
    const send = () => line.json<EntryView>(['put', path, '/']);
    assert.equal((await send()).executable, false);
    await chmod(path, 0o755);
    assert.equal((await send()).executable, true);
    assert.equal((await send()).executable, true);
    await chmod(path, 0o644);
    assert.equal((await send()).executable, false);
    const piped = await line.run(['put', '-', '/run.sh'], { stdin: 'from a pipe' });
    assert.equal(piped.code, 0, piped.err);
  });

  it('a time that no date can say is left out, and the file is sent all the same', () => {
    assert.deepEqual(fileTimeHeader(0), { 'x-modified-at': '1970-01-01T00:00:00.000Z' });
    for (const ms of [4e14, -1e14, Date.UTC(1601, 0), 1e20, Number.NaN, undefined])
      assert.deepEqual(fileTimeHeader(ms), {});
  });

  it('a folder is stored with all that is in it, empty folders too; again, only what changed is sent', async () => {
    for (const path of ['Trip/a', 'Trip/b', 'Trip/sub/deep/c']) await file(path);
    await mkdir(line.at('Trip/empty'));
    const first = await line.json<Put>(['put', line.at('Trip'), '/']);
    assert.deepEqual([first.items.length, first.unchanged, first.failed], [3, 0, []]);
    assert.deepEqual((await names('/Trip')).sort(), ['a', 'b', 'empty', 'sub']);
    await file('Trip/b', 'b was changed');
    const again = await line.json<Put>(['put', line.at('Trip'), '/']);
    assert.deepEqual([again.items.length, again.unchanged], [3, 2]);
    assert.equal(await stored('/Trip/b'), 'b was changed');
    const { items } = await line.json<Page<unknown>>(['versions', '/Trip/a']);
    assert.equal(items.length, 1, 'the same bytes make no new version');
  });

  it('symbolic links are named and left out without --follow; all the rest is stored, and nothing has failed', {
    skip: windows,
  }, async () => {
    for (const path of ['F/1.txt', 'F/2.txt', 'F/sub/3.txt', 'other/4.txt']) await file(path);
    await symlink('nowhere', line.at('F/dangling'));
    await symlink('..', line.at('F/sub/up'));
    await symlink(line.at('other'), line.at('F/linked'));
    const put = await line.json<Put>(['put', line.at('F'), '/']);
    assert.equal(put.items.length, 3);
    assert.deepEqual(put.passedOver.map(({ path }) => path).sort(), [
      line.at('F/dangling'),
      line.at('F/linked'),
      line.at('F/sub/up'),
    ]);
    assert.deepEqual(put.failed, []);
    const { code, err } = await line.run(['put', line.at('F'), '/']);
    assert.equal(code, 0, 'what is left out on purpose is no failure');
    assert.match(err, /left out: \S+dangling: this is a symbolic link; --follow uploads/);
  });

  it('--follow uploads what links point to, and names loops and links to nothing', {
    skip: windows,
  }, async () => {
    for (const path of ['F/1.txt', 'F/sub/3.txt', 'other/4.txt']) await file(path);
    await symlink('nowhere', line.at('F/dangling'));
    await symlink('..', line.at('F/sub/up'));
    await symlink(line.at('other'), line.at('F/linked'));
    const put = await failing(['put', '--follow', line.at('F'), '/']);
    assert.deepEqual(put.items.map(({ name }) => name).sort(), ['1.txt', '3.txt', '4.txt']);
    assert.deepEqual(
      put.failed.map(({ path, message }) => [path, message.split(' ').slice(0, 4).join(' ')]).sort(),
      [
        [line.at('F/dangling'), 'this symbolic link points'],
        [line.at('F/sub/up'), 'this link leads to'],
      ],
    );
  });

  it('a link that a person names is followed', { skip: windows }, async () => {
    await symlink(await file('plan.txt', 'the plan'), line.at('link.txt'));
    await line.json(['put', line.at('link.txt'), '/']);
    assert.equal(await stored('/link.txt'), 'the plan');
  });

  it('a name that is not UTF-8 is named and left out; all the rest is stored', {
    skip: process.platform !== 'linux' && 'only Linux has such names',
  }, async () => {
    await file('F/1.txt');
    await writeFile(Buffer.from(line.at('F/m\xfcnchen.txt'), 'latin1'), 'x');
    const put = await failing(['put', line.at('F'), '/']);
    assert.deepEqual(
      put.items.map(({ name }) => name),
      ['1.txt'],
    );
    assert.match(put.failed[0]?.message ?? '', /not UTF-8/);
  });

  it('a folder that may not be read is named; all the rest is stored', {
    skip: windows || root,
  }, async () => {
    for (const path of ['F/1.txt', 'F/closed/2.txt']) await file(path);
    await chmod(line.at('F/closed'), 0);
    const put = await failing(['put', line.at('F'), '/']);
    await chmod(line.at('F/closed'), 0o700);
    assert.equal(put.items.length, 1);
    assert.deepEqual(
      [put.failed[0]?.path, put.failed[0]?.message],
      [line.at('F/closed'), 'you may not read or write it'],
    );
  });

  it('more failing files than workers are each named; all the rest is stored', async () => {
    line.gateway.drive.capacityBytes = 100;
    for (let number = 10; number < 40; number += 1) {
      await file(`F/${number}`, number % 3 === 0 ? 'x'.repeat(101) : 'x');
    }
    const put = await failing(['put', line.at('F'), '/']);
    assert.deepEqual([put.items.length, put.failed.length], [20, 10]);
    assert.ok(put.failed.every(({ code }) => code === 'disk-full'));
  });

  it('a person who is no longer signed in is told once, and the rest is not tried', async () => {
    for (let number = 0; number < 40; number += 1) await file(`F/${number}`);
    const { drive } = line.gateway;
    const create = drive.createFolder.bind(drive);
    drive.createFolder = async (...wanted) => {
      const made = await create(...wanted);
      await line.gateway.front.accounts.changePassword(
        await line.gateway.front.accounts.login('anna', 'correct horse', ''),
        'correct horse',
        'correct horse',
      );
      return made;
    };
    const ran = await line.run(['put', line.at('F'), '/']);
    assert.equal(ran.code, 1);
    assert.ok(ran.err.split('\n').length < 15, ran.err);
    assert.match(ran.err, /peerstor: Gave up: 0 files were uploaded, the rest was not\./);
  });

  it('two sources that the drive would make one file are not merged: the second is named', async () => {
    const words = ['put', await file('one/Makefile'), await file('two/makefile'), '/'];
    const put = await failing(words);
    assert.deepEqual(
      [put.items.map(({ name }) => name), put.failed.map(({ code }) => code)],
      [['Makefile'], ['name-taken']],
    );
    assert.equal(await stored('/Makefile'), 'one/Makefile');
  });

  it('two names in one folder that the drive takes for one are not merged: the second is named', {
    skip: process.platform !== 'linux' && 'this disk may take them for one itself',
  }, async () => {
    for (const name of ['Makefile', 'makefile', 'Café', 'Cafe\u0301']) await file(`F/${name}`, name);
    const put = await failing(['put', line.at('F'), '/']);
    assert.deepEqual([put.items.length, put.failed.length], [2, 2]);
    assert.equal(await stored('/F/Makefile'), 'Makefile');
    assert.match(put.failed.at(-1)?.message ?? '', /rename one of them/);
  });

  it('standard input is stored under the name that is given, also when it is empty', async () => {
    const settings = { stdin: 'a backup' };
    assert.equal((await line.json<EntryView>(['put', '-', '/backup.tar'], settings)).name, 'backup.tar');
    assert.equal(await stored('/backup.tar'), 'a backup');
    await line.json(['put', '-', '/Dumps/', '--name', 'db.sql'], settings);
    assert.equal(await stored('/Dumps/db.sql'), 'a backup');
    await line.json(['put', '/dev/stdin', '/dev.txt'], settings);
    assert.equal(await stored('/dev.txt'), 'a backup');
    assert.equal((await line.json<EntryView>(['put', '-', '/empty'], { stdin: '' })).size, 0);
    await line.fails(['put', '-', '/Dumps'], 2, /add --name NAME/);
  });

  it('standard input that stays open does not keep a command whose upload was refused', async () => {
    line.gateway.drive.capacityBytes = 10;
    const open = new PassThrough();
    open.write('more than ten bytes');
    const ran = await line.run(['put', '-', '/full'], { stdin: open });
    assert.deepEqual([ran.code, open.destroyed], [1, true]);
    assert.match(ran.err, /not uploaded: -: /);
  });

  it('a named pipe is read until its writer ends', { skip: windows }, async () => {
    const pipe = line.at('pipe');
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', 'echo first; cat "$0"', await file('long', 'x'.repeat(300_000))], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const toPipe = spawn('sh', ['-c', 'cat > "$0"', pipe], { stdio: ['pipe', 'ignore', 'ignore'] });
    writer.stdout.pipe(toPipe.stdin);
    const closed = once(toPipe, 'close');
    const entry = await line.json<EntryView>(['put', pipe, '/f']);
    await closed;
    assert.equal(entry.size, 300_006);
    assert.match(await stored('/f'), /^first\nx{300000}$/);
  });

  it('a pipe into which nobody writes is an error, and stores nothing', { skip: windows }, async () => {
    execFileSync('mkfifo', [line.at('pipe')]);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    const stopped = await line.run(['put', line.at('pipe'), '/f'], { interrupted: controller.signal });
    assert.equal(stopped.code, 1);
    assert.deepEqual(await names('/'), []);
  });

  it('a pipe, a socket or a device inside a folder is named and left out', { skip: windows }, async () => {
    await file('F/1.txt');
    execFileSync('mkfifo', [line.at('F/pipe')]);
    const put = await failing(['put', line.at('F'), '/']);
    assert.deepEqual([put.items.length, put.failed.map(({ path }) => path)], [1, [line.at('F/pipe')]]);
  });

  it('a file that the system makes up and that says 0 bytes is stored with its content', {
    skip: process.platform !== 'linux' && 'only Linux has /proc',
  }, async () => {
    const entry = await line.json<EntryView>(['put', '/proc/version', '/version']);
    assert.ok(entry.size > 10);
    assert.equal(await stored('/version'), readFileSync('/proc/version', 'utf8'));
  });

  /** Runs `change` each time that the drive has taken some bytes of an upload. */
  const whileSent = (change: () => void) => {
    const { drive } = line.gateway;
    const upload = drive.upload.bind(drive);
    drive.upload = (parent, name, content, options) => {
      async function* changing() {
        for await (const piece of plainBytes(content)) {
          change();
          yield piece;
        }
      }
      return upload(parent, name, changing(), options);
    };
  };

  it('a file that shrinks while it is read is read again and stored as it is then', async () => {
    const path = await file('s.bin', Buffer.alloc(4 * 2 ** 20, 'a'));
    let changes = 0;
    whileSent(() => {
      if (changes++ === 0) truncateSync(path, 1000);
    });
    const entry = await line.json<EntryView>(['put', path, '/s.bin']);
    assert.equal(entry.size, 1000);
    assert.equal((await line.json<Page<unknown>>(['versions', '/s.bin'])).items.length, 1);
  });

  it('a file that grows all the time is stored as far as it went at one moment, and that is told', async () => {
    const path = await file('app.log', Buffer.alloc(4 * 2 ** 20, 'a'));
    whileSent(() => appendFileSync(path, 'b'.repeat(1000)));
    const ran = await line.run(['put', path, '/app.log']);
    assert.equal(ran.code, 1);
    assert.match(
      ran.err,
      /not all of \S+app\.log: it grew while it was read; its first \d+ bytes are stored/,
    );
    assert.match(await stored('/app.log'), /^a{4194304}b*$/);
    assert.equal((await line.json<Page<unknown>>(['versions', '/app.log'])).items.length, 1);
  });

  it('a file whose bytes change in place is not stored as a mixture', async () => {
    const path = await file('db.bin', Buffer.alloc(4 * 2 ** 20, 'a'));
    let seconds = 1;
    whileSent(() => {
      seconds += 1;
      utimesSync(path, seconds, seconds);
    });
    const ran = await line.run(['put', path, '/db.bin']);
    assert.equal(ran.code, 1);
    assert.match(ran.err, /db\.bin: it changed while it was read, several times; nothing of it was kept/);
    assert.deepEqual(await names('/'), []);
  });

  it('the last byte of a file is given only when the file has not changed', async () => {
    const path = await file('one', 'content');
    const source = await openFile(path, false);
    appendFileSync(path, 'more');
    await assert.rejects(Array.fromAsync(source.content), { name: 'FileChanged', grew: true });
    await source.close();
    assert.equal(statSync(path).size, 11);
  });

  it('a folder that is renamed meanwhile is found by its id, and none is made under its old name', async () => {
    for (let number = 0; number < 20; number += 1) await file(`F/${number}`);
    const { drive } = line.gateway;
    let renamed = false;
    const upload = drive.upload.bind(drive);
    drive.upload = async (parent, ...more) => {
      if (!renamed) {
        renamed = true;
        await drive.patch(parent, { name: 'Renamed' });
      }
      return upload(parent, ...more);
    };
    assert.equal((await line.run(['put', line.at('F'), '/'])).code, 0);
    assert.deepEqual(await names('/'), ['Renamed']);
    assert.equal((await names('/Renamed')).length, 20);
  });

  it('a person who stops an upload is told what was saved, and nothing of the rest is stored', async () => {
    for (const name of ['a', 'b']) await file(`F/${name}`);
    await file('F/big', Buffer.alloc(7 * 2 ** 20));
    const controller = new AbortController();
    whileSent(() => {
      if (line.gateway.drive.receivedBytes > 2 ** 20) controller.abort();
    });
    const ran = await line.run(['put', line.at('F'), '/'], { interrupted: controller.signal });
    assert.equal(ran.code, 1);
    assert.match(ran.err, /peerstor: Stopped: 2 files were uploaded, the rest was not\. 1 file cut off/);
    assert.deepEqual((await names('/F')).sort(), ['a', 'b']);
  });

  it('a large file that is stopped, or whose device is away for a while, goes on where it was', async () => {
    const content = Buffer.alloc(40 * 2 ** 20, 'content');
    const path = await file('large.bin', content);
    const { uploads } = line.gateway.front;
    const controller = new AbortController();
    uploads.onPiece = () => {
      if (uploads.receivedBytes > 10 * 2 ** 20) controller.abort();
    };
    const stopped = await line.run(['put', path, '/'], { interrupted: controller.signal });
    assert.match(stopped.err, /the rest was not\. 1 file cut off; the device keeps what came\. Run the same/);
    assert.deepEqual(await names('/'), []);
    const { append } = uploads;
    let breaks = 0;
    uploads.onPiece = () => undefined;
    uploads.append = async (id, offset, pieces, options) => {
      breaks += 1;
      if (breaks > 2) return append.call(uploads, id, offset, pieces, options);
      throw new PeerstorError('not-ready', 'This device is starting.', { details: { retryAfterS: 1 } });
    };
    const entry = await line.json<EntryView>(['put', path, '/']);
    assert.equal(breaks, 3);
    assert.equal(uploads.receivedBytes, content.length, 'no byte is sent twice');
    const back = line.at('back.bin');
    await line.json(['get', '/large.bin', back]);
    assert.ok(content.equals(readFileSync(back)));
    assert.equal(entry.modifiedAt, new Date(statSync(path).mtimeMs).toISOString());
  });

  it('a large file that changed since somebody stopped its upload is sent from its first byte', async () => {
    const path = await file('large.bin', Buffer.alloc(9 * 2 ** 20, 'old'));
    const { uploads } = line.gateway.front;
    const controller = new AbortController();
    uploads.onPiece = () => {
      if (uploads.receivedBytes > 2 ** 20) controller.abort();
    };
    await line.run(['put', path, '/'], { interrupted: controller.signal });
    const changed = Buffer.alloc(9 * 2 ** 20, 'new');
    await writeFile(path, changed);
    uploads.onPiece = () => undefined;
    await line.json(['put', path, '/']);
    await line.json(['get', '/large.bin', line.at('back.bin')]);
    assert.ok(changed.equals(readFileSync(line.at('back.bin'))));
  });

  it('excluded files stay where they are, and a dry run stores nothing', async () => {
    for (const path of ['F/a.txt', 'F/b.log', 'F/node_modules/c', 'F/sub/d.txt']) await file(path);
    const words = ['put', line.at('F'), '/', '--exclude', '*.log', '--exclude', 'node_modules/'];
    const dry = await line.run([...words, '--dry-run']);
    assert.deepEqual([dry.code, dry.out.split('\n').length], [0, 3], dry.err);
    assert.match(dry.out, /\/F\/sub\/d\.txt {2}would be uploaded/);
    assert.deepEqual(await names('/'), []);
    assert.equal((await line.json<Put>(words)).items.length, 2);
    assert.deepEqual((await names('/F')).sort(), ['a.txt', 'sub']);
  });

  it('progress goes from its line before anything else is printed, and says what it waits for', async () => {
    await file('F/big', Buffer.alloc(4 * 2 ** 20));
    const ran = await line.run(['put', line.at('F'), '/'], { isTTY: true });
    assert.match(ran.err, /100 % {2}waiting until other devices have it/);
    assert.ok(ran.err.endsWith('\r\u001b[K'), 'the line is empty at the end');
  });

  it('wrong usage is said as such', async () => {
    await line.fails(['put', 'one'], 2, /Usage: peerstor put FILE… \/FOLDER/);
    await line.fails(['put', 'a', 'b', '/', '--name', 'c'], 2, /--name names one file/);
    await line.fails(['put', 'a', 'there'], 1, /"there" is not a path of the drive/);
    assert.match((await line.run(['put', line.at('none'), '/'])).err, /none: it does not exist/);
    await line.gateway.put('/taken', 'x');
    await file('F/1');
    assert.match((await line.run(['put', line.at('F'), '/taken'])).err, /\/taken is a file in the drive/);
  });
});
