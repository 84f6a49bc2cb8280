/** Programs that speak WebDAV, against a real device. */
import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { skipWithout } from '../support/programs.ts';
import { digestsOf, oddNames, writeTree } from './files.ts';
import { type Mount, startMount } from './mount.ts';

/** @param files how many small files rclone copies */
export function describeWebdavPrograms(files: { copied: number }): void {
  describe('programs that speak WebDAV', { timeout: 900_000 }, () => {
    let mount: Mount;
    let url = '';
    before(async () => {
      mount = await startMount('webdav');
      url = `http://${mount.device.address}/dav`;
    });
    after(() => mount?.stop());

    it('litmus passes all of its 104 tests', { skip: skipWithout('litmus') }, async () => {
      const { code, text } = await mount.run('litmus', ['-k', `${url}/`, 'anna', mount.token.token]);
      const summaries = [
        ...text.matchAll(/summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed/g),
      ];
      const passed = summaries.map(([, suite, , count]) => `${suite} ${count}`);
      assert.deepEqual(passed, ['basic 16', 'copymove 13', 'props 30', 'locks 41', 'http 4'], text);
      assert.equal(code, 0, text);
      assert.doesNotMatch(text, /WARNING/);
    });

    it('cadaver makes a folder, puts, lists, moves, locks, gets and deletes', {
      skip: skipWithout('cadaver'),
    }, async () => {
      await writeFile(
        join(mount.folder, '.netrc'),
        `machine 127.0.0.1\nlogin anna\npassword ${mount.token.token}\n`,
      );
      await writeFile(join(mount.folder, 'local file.txt'), 'from cadaver');
      const input = [
        'mkcol Cadaver',
        'cd Cadaver',
        'put "local file.txt" "remote file.txt"',
        'copy "remote file.txt" copy.txt',
        'move copy.txt moved.txt',
        'lock moved.txt',
        'unlock moved.txt',
        'ls',
        'get moved.txt back.txt',
        'delete "remote file.txt"',
        'rmcol ../Cadaver/none',
        'quit',
        '',
      ].join('\n');
      const { text } = await mount.run('cadaver', [`${url}/`], { input });
      assert.equal(await readFile(join(mount.folder, 'back.txt'), 'utf8'), 'from cadaver', text);
      const folder = await mount.device.entryAt('/Cadaver');
      const names = (await mount.device.children(folder.id)).map(({ name }) => name);
      assert.deepEqual(names, ['moved.txt'], text);
    });

    it(`rclone copies ${files.copied} files and odd names, checks them, moves, and purges`, {
      skip: skipWithout('rclone'),
    }, async () => {
      const obscured = await mount.run('rclone', ['obscure', mount.token.token]);
      const config = join(mount.folder, 'rclone.conf');
      await writeFile(
        config,
        `[d]\ntype = webdav\nurl = ${url}\nvendor = owncloud\nuser = anna\npass = ${obscured.text.trim()}\n`,
      );
      const rclone = async (...args: string[]) => {
        const { code, text } = await mount.run('rclone', ['--config', config, '--stats', '0', ...args]);
        assert.equal(code, 0, `rclone ${args.join(' ')}: ${text}`);
        return text;
      };
      const source = join(mount.folder, 'source');
      await mkdir(source);
      await writeTree(source, files.copied);
      await rclone('copy', source, 'd:Rclone', '--transfers', '8');
      await rclone('check', source, 'd:Rclone', '--download');
      await rclone('copy', 'd:Rclone', join(mount.folder, 'back'));
      assert.deepEqual(await digestsOf(join(mount.folder, 'back')), await digestsOf(source));
      const { mtimeMs } = await stat(join(mount.folder, 'back/large.bin'));
      assert.equal(Math.floor(mtimeMs / 1000), Math.floor(Date.parse('2015-06-07T08:09:10Z') / 1000));
      const again = await rclone('copy', source, 'd:Rclone', '-v', '--use-json-log');
      assert.doesNotMatch(again, /Copied/);
      await rclone('moveto', 'd:Rclone/odd', 'd:Rclone/moved');
      assert.equal(
        JSON.parse(await rclone('size', 'd:Rclone', '--json')).count,
        files.copied + oddNames.length + 1,
      );
      await rclone('purge', 'd:Rclone');
      const root = await mount.device.entryAt('/');
      assert.ok(!(await mount.device.children(root.id)).some(({ name }) => name === 'Rclone'));
    });

    it('curl goes on with a download that was cut, and puts only what nobody changed', {
      skip: skipWithout('curl'),
    }, async () => {
      await mount.device.put('/curl.bin', Buffer.alloc(1_000_000, 'curl'));
      const target = join(mount.folder, 'curl.bin');
      await writeFile(target, Buffer.alloc(1_000_000, 'curl').subarray(0, 300_000));
      const user = ['-u', `anna:${mount.token.token}`];
      const { code, text } = await mount.run('curl', [
        '-sS',
        '-f',
        ...user,
        '-C',
        '-',
        '-o',
        target,
        `${url}/curl.bin`,
      ]);
      assert.equal(code, 0, text);
      assert.deepEqual(await readFile(target), Buffer.alloc(1_000_000, 'curl'));
      const guarded = await mount.run('curl', [
        '-sS',
        '-w',
        '%{http_code}',
        ...user,
        '-T',
        target,
        '-H',
        'If-None-Match: *',
        '-o',
        '/dev/null',
        `${url}/curl.bin`,
      ]);
      assert.equal(guarded.text, '412');
    });
  });
}
