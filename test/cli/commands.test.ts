/** Commands as a person types them, against a gateway over a fake device. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { InviteView, ShareView, TokenView, UserAdminView } from '../../src/model/api.ts';
import { GatewayFixture } from '../http/gateway-fixture.ts';

const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

describe('commands', { timeout: 300_000 }, () => {
  let g: GatewayFixture;
  let home = '';
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'peerstor-cli-'));
    g = await GatewayFixture.start();
    await g.put('/Trip/plan.txt', 'the plan');
    const signedIn = await run(['login', '--user', 'anna', '--password-stdin'], 'correct horse\n');
    assert.equal(signedIn.code, 0, signedIn.err);
  });
  after(async () => {
    await g.stop();
    await rm(home, { recursive: true });
  });

  const run = (words: string[], stdin = '', at = home) =>
    new Promise<Ran>((resolve) => {
      const child = spawn(
        process.execPath,
        [main, '--home', at, '--url', `http://127.0.0.1:${g.port}`, ...words],
        { env: { ...process.env, PEERSTOR_PASSWORD: undefined } },
      );
      const ran = { out: '', err: '' };
      child.stdout.on('data', (text) => {
        ran.out += text;
      });
      child.stderr.on('data', (text) => {
        ran.err += text;
      });
      child.stdin.end(stdin);
      child.on('close', (code) => resolve({ code, ...ran }));
    });
  const json = async <Shape>(words: string[], stdin = ''): Promise<Shape> => {
    const ran = await run(['--json', ...words], stdin);
    assert.equal(ran.code, 0, ran.err);
    return JSON.parse(ran.out) as Shape;
  };
  const fails = async (words: string[], code: number, sentence: RegExp, stdin = '') => {
    const ran = await run(words, stdin);
    assert.deepEqual([ran.code, ran.out], [code, ''], ran.err);
    assert.match(ran.err, /^peerstor: [^\n]+\n$/);
    assert.match(ran.err, sentence);
  };

  it('invite somebody, who registers by the code or the whole link', async () => {
    const invite = await json<InviteView>(['invite', '--quota', '5G']);
    assert.deepEqual([invite.role, invite.quotaBytes], ['member', 5 * 2 ** 30]);
    const shown = await run(['invite', '--role', 'admin']);
    const [link = ''] = /http:\S+\/register#\S+/.exec(shown.out) ?? [];
    const other = join(home, 'none', 'yet');
    const words = ['register', link, '--user', 'ben', '--password-stdin'];
    const registered = await run(words, 'another password\n', other);
    assert.match(registered.out, /Welcome, ben[\s\S]*abandon ability able/);
    assert.match((await run(['shared', '--json'], '', other)).out, /"items":\[\]/);
    const third = (await json<InviteView>(['invite'])).invite ?? '';
    const odd = join(home, 'odd');
    await mkdir(join(odd, 'credentials.json'), { recursive: true });
    const unkept = await run(['register', third, '--user', 'cleo', '--password-stdin'], 'more words\n', odd);
    assert.equal(unkept.code, 1, 'a session that cannot be kept is told');
    assert.match(unkept.out, /abandon ability able/, 'and the words are seen all the same');
    assert.match((await run(['users'])).out, /ben +admin +0 B +none +0 B +active/);
  });

  it('change a user, and refuse what is wrong', async () => {
    const user = await json<UserAdminView>(['user', 'set', 'ben', '--quota', '1G', '--disable']);
    assert.deepEqual([user.quotaBytes, user.disabled], [2 ** 30, true]);
    assert.equal((await json<UserAdminView>(['user', 'set', 'ben', '--quota', 'none'])).quotaBytes, null);
    assert.equal((await json<UserAdminView>(['user', 'set', 'ben', '--enable'])).disabled, false);
    await fails(['user', 'set', 'nobody', '--enable'], 1, /no user "nobody"/);
    await fails(['user', 'set', 'ben'], 1, /Say what to change/);
    await fails(['user', 'set', 'ben', '--enable', '--disable'], 2, /cannot be used with/);
    await fails(['user', 'set', 'ben', '--role', 'king'], 2, /Allowed choices/);
  });

  it('share by a link, list and end it', async () => {
    const words = ['share', '/Trip/plan.txt', '--expires', '2d', '--max-downloads', '3', '--password-stdin'];
    const link = await json<ShareView>(words, 'open sesame\n');
    assert.deepEqual([link.rights, link.hasPassword, link.maxDownloads], ['view', true, 3]);
    const daysLeft = (Date.parse(link.expiresAt ?? '') - Date.now()) / 86_400_000;
    assert.ok(daysLeft > 1.9 && daysLeft <= 2);
    assert.equal((await json<ShareView>(['share', '/Trip', '--expires', 'never'])).expiresAt, null);
    assert.match((await run(['shares'])).out, /view, password +0 of 3 .* live +plan\.txt +http/);
    await fails(['unshare', link.id.slice(0, 3)], 1, /is 2 links: use an id/);
    assert.match((await run(['unshare', link.url])).out, /has ended/);
    await fails(['share', '/none'], 1, /no "none"/);
    await fails(['share', '/Trip', '--expires', '7'], 2, /12h, 7d, 4w or never/);
  });

  it('give access to a user, list it and take it back', async () => {
    assert.match((await run(['access', '/Trip', '--user', 'ben', '--rights', 'edit'])).out, /ben may edit/);
    assert.match((await run(['access', '/Trip'])).out, /ben +edit/);
    assert.equal((await run(['access', '/Trip', '--remove', 'ben'])).code, 0);
    await fails(['access', '/Trip', '--remove', 'ben'], 1, /no access/);
  });

  it('make, list and revoke tokens', async () => {
    const token = await json<TokenView>(['token', 'create', '--name', 'backup', '--rights', 'view']);
    assert.ok(token.token);
    assert.match((await run(['tokens'])).out, /backup +view/);
    assert.equal((await run(['token', 'revoke', 'backup'])).code, 0);
    await fails(['token', 'revoke', 'backup'], 1, /no token "backup"/);
    await fails(['token', 'create'], 2, /--name/);
  });

  it('say what a device holds alone, and remove it only when that is given up', async () => {
    assert.match((await run(['device', 'drain', 'Kitchen'])).out, /takes nothing new/);
    assert.match((await run(['device', 'drain', 'Kitchen', '--stop'])).out, /takes copies again/);
    assert.match(
      (await run(['device', 'impact', 'aaaa'])).out,
      /3 chunks \(2\.9 MiB\) of 1 versions would be lost/,
    );
    const refused = await run(['device', 'remove', 'Kitchen']);
    assert.equal(refused.code, 1);
    assert.match(refused.out, /would be lost/);
    assert.match(refused.err, /last copies of 3 chunks/);
    assert.equal((await run(['device', 'remove', 'Kitchen', '--lost'])).code, 0);
    await fails(['device', 'remove', 'Attic'], 1, /no device "Attic"/);
    assert.match((await run(['audit', '--limit', '1'])).out, /sign-in +It happened/);
  });

  it('change the password and recover with the words, and end other sessions', async () => {
    await fails(['passwd', '--password-stdin'], 1, /name or the password is wrong/, 'wrong\nnew password\n');
    await fails(['passwd', '--password-stdin'], 1, /must have 2 lines/, 'only one');
    assert.equal((await run(['passwd', '--password-stdin'], 'correct horse\nnew password\n')).code, 0);
    assert.equal((await run(['logout', '--everywhere'])).code, 0);
    const words = ['recover', '--user', 'anna', '--password-stdin'];
    assert.equal((await run(words, 'abandon ability able\nthird password\n')).code, 0);
    assert.equal((await run(['ls', '/'])).code, 0);
  });
});
