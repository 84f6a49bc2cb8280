/** Commands as a person types them, against a gateway over a fake device. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type {
  DeviceView,
  HealthView,
  InviteView,
  Page,
  ShareView,
  TokenView,
  UserAdminView,
  VolumeView,
} from '../../src/model/api.ts';
import type { GarbageReport } from '../../src/model/contracts/health.ts';
import { CommandLine, type RunSettings } from './command-line.ts';

const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;

describe('commands that talk to a device', () => {
  let line: CommandLine;
  before(async () => {
    line = await CommandLine.start();
    await line.gateway.put('/Trip/plan.txt', 'the plan');
  });
  after(() => line.stop());

  const run = (words: string[], settings: RunSettings = {}) => line.run(words, settings);
  const json = <Shape>(words: string[], settings: RunSettings = {}) => line.json<Shape>(words, settings);
  const fails = (words: string[], code: number, sentence: RegExp, settings: RunSettings = {}) =>
    line.fails(words, code, sentence, settings);

  it('an admin invites somebody, who registers by the code or the whole link', async () => {
    const invite = await json<InviteView>(['invite', '--quota', '5G']);
    assert.deepEqual([invite.role, invite.quotaBytes], ['member', 5 * 2 ** 30]);
    const shown = await run(['invite', '--role', 'admin']);
    const [link = ''] = /http:\S+\/register#\S+/.exec(shown.out) ?? [];
    const other = join(line.home, '..', 'none', 'yet');
    const words = ['register', link, '--user', 'ben', '--password-stdin'];
    const registered = await run(words, { stdin: 'another password\n', home: other });
    assert.match(registered.out, /Welcome, ben[\s\S]*abandon ability able/);
    assert.match((await run(['shared', '--json'], { home: other })).out, /"items":\[\]/);
    const third = (await json<InviteView>(['invite'])).invite ?? '';
    const odd = join(line.home, '..', 'odd');
    await mkdir(join(odd, 'credentials.json'), { recursive: true });
    const unkept = await run(['register', third, '--user', 'cleo', '--password-stdin'], {
      stdin: 'more words\n',
      home: odd,
    });
    assert.equal(unkept.code, 1, 'a session that cannot be kept is told');
    assert.match(unkept.out, /abandon ability able/, 'and the words are seen all the same');
    assert.match((await run(['users'])).out, /ben +admin +0 B +none +0 B +active/);
  });

  it('an admin changes a user, and wrong changes are refused', async () => {
    const user = await json<UserAdminView>(['user', 'set', 'ben', '--quota', '1G', '--disable']);
    assert.deepEqual([user.quotaBytes, user.disabled], [2 ** 30, true]);
    assert.equal((await json<UserAdminView>(['user', 'set', 'ben', '--quota', 'none'])).quotaBytes, null);
    assert.equal((await json<UserAdminView>(['user', 'set', 'ben', '--enable'])).disabled, false);
    await fails(['user', 'set', 'nobody', '--enable'], 1, /no user "nobody"/);
    await fails(['user', 'set', 'ben'], 1, /Say what to change/);
    await fails(['user', 'set', 'ben', '--enable', '--disable'], 2, /cannot be used with/);
    await fails(['user', 'set', 'ben', '--role', 'king'], 2, /Allowed choices/);
  });

  it('a share link is made, listed and ended', async () => {
    const words = ['share', '/Trip/plan.txt', '--expires', '2d', '--max-downloads', '3', '--password-stdin'];
    const link = await json<ShareView>(words, { stdin: 'open sesame\n' });
    assert.deepEqual([link.rights, link.hasPassword, link.maxDownloads], ['view', true, 3]);
    const daysLeft = (Date.parse(link.expiresAt ?? '') - Date.now()) / 86_400_000;
    assert.ok(daysLeft > 1.9 && daysLeft <= 2);
    assert.equal((await json<ShareView>(['share', '/Trip', '--expires', 'never'])).expiresAt, null);
    assert.match((await run(['shares'])).out, /view, password +0 of 3 .* live +plan\.txt +http/);
    await fails(['unshare', link.id.slice(0, 3)], 1, /is 2 links: use an id/);
    assert.match((await run(['unshare', link.url])).out, /was revoked/);
    await fails(['share', '/none'], 1, /no "none"/);
    await fails(['share', '/Trip', '--expires', '7'], 2, /12h, 7d, 4w or never/);
  });

  it('access is given to a user, listed and taken back', async () => {
    assert.match(
      (await run(['access', '/Trip', '--user', 'ben', '--rights', 'edit'])).out,
      /ben may now edit/,
    );
    assert.match((await run(['access', '/Trip'])).out, /ben +edit/);
    assert.equal((await run(['access', '/Trip', '--remove', 'ben'])).code, 0);
    await fails(['access', '/Trip', '--remove', 'ben'], 1, /no access/);
  });

  it('a token is made, listed and revoked', async () => {
    const token = await json<TokenView>(['token', 'create', '--name', 'backup', '--rights', 'view']);
    assert.ok(token.token);
    assert.match((await run(['tokens'])).out, /backup +view/);
    assert.equal((await run(['token', 'revoke', 'backup'])).code, 0);
    await fails(['token', 'revoke', 'backup'], 1, /no token "backup"/);
    await fails(['token', 'create'], 2, /--name/);
  });

  it('a name counts before the beginning of an id, and an empty word names nothing', async () => {
    const { id } = await json<TokenView>(['token', 'create', '--name', 'first']);
    const other = await json<TokenView>(['token', 'create', '--name', id.slice(0, 8)]);
    assert.deepEqual(await json(['token', 'revoke', id.slice(0, 8)]), { revoked: other.id });
    await fails(['device', 'remove', '', '--lost'], 1, /no device ""/);
    assert.deepEqual(await json(['token', 'revoke', id]), { revoked: id });
  });

  it('a safety or a wait that does not exist is wrong usage', async () => {
    await fails(['put', main, '/', '--copies', 'many'], 2, /accepted, safe, full/);
    await fails(['put', main, '/', '--wait', 'long'], 2, /seconds/);
  });

  it('a device that holds last copies says so, and is removed only with --lost', async () => {
    assert.match((await run(['device', 'drain', 'Kitchen'])).out, /accepts no new copies/);
    assert.match((await run(['device', 'drain', 'Kitchen', '--stop'])).out, /accepts copies again/);
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

  it('limits, hours, class and place of a device are set', async () => {
    const words = ['device', 'set', '--up-limit', '2M', '--schedule', '08:00-22:30', '--limit-lan', 'yes'];
    const device = await json<DeviceView>(words);
    assert.deepEqual(line.gateway.front.lastSettings, {
      upLimit: 2 * 2 ** 20,
      schedule: { from: '08:00', to: '22:30' },
      limitLan: true,
    });
    assert.equal(device.bandwidth?.upLimit, 2 * 2 ** 20);
    const shown = await run(['device', 'set', 'Kitchen', '--place', 'home', '--down-limit', '10M']);
    assert.match(
      shown.out,
      /Kitchen: always-on, in home\.\nUp 2\.0 MiB\/s, down 10\.0 MiB\/s, from 08:00 to 22:30/,
    );
    const free = await run([
      'device',
      'set',
      '--up-limit',
      'none',
      '--down-limit',
      'none',
      '--schedule',
      'none',
    ]);
    assert.match(free.out, /No bandwidth limit/);
    assert.equal(line.gateway.front.lastSettings?.schedule, null);
    await fails(['device', 'set'], 1, /Say what to change/);
    await fails(['device', 'set', '--schedule', '8-22'], 2, /08:00-22:00/);
    await fails(['device', 'set', '--limit-lan', 'perhaps'], 2, /Allowed choices/);
    await fails(['device', 'set', 'Attic', '--place', 'x'], 1, /no device "Attic"/);
  });

  it('a storage folder is added, limited, drained and removed, and the others stay as they are', async () => {
    await run(['volume', 'add', '/mnt/one=1G']);
    assert.match((await run(['volume', 'add', '/mnt/two'])).out, /\/mnt\/two +ok/);
    assert.deepEqual(line.gateway.front.lastSettings, {
      volumes: [{ path: '/mnt/one' }, { path: '/mnt/two' }],
    });
    assert.match((await run(['volume', 'limit', '/mnt/one/', '3G'])).out, /\/mnt\/one +ok +0 B +3\.0 GiB/);
    assert.match((await run(['volume', 'drain', '/mnt/two'])).out, /\/mnt\/two +draining/);
    assert.deepEqual(line.gateway.front.lastSettings?.volumes?.[0], { path: '/mnt/one' });
    await run(['volume', 'drain', '/mnt/two', '--stop']);
    assert.deepEqual(line.gateway.front.lastSettings?.volumes?.[1], { path: '/mnt/two', state: 'active' });
    const left = await json<DeviceView>(['volume', 'remove', '/mnt/two']);
    assert.deepEqual(
      left.volumes.map(({ path }) => path),
      ['/mnt/one'],
    );
    assert.equal((await json<Page<VolumeView>>(['volume', 'list'])).items[0]?.limitBytes, 3 * 2 ** 30);
    await fails(['volume', 'add', '/mnt/one'], 1, /a storage folder already/);
    await fails(
      ['volume', 'drain', '/mnt/two'],
      1,
      /not a storage folder of this device; these are: \/mnt\/one/,
    );
    await fails(['volume', 'limit', '/mnt/one', 'much'], 1, /not a size/);
  });

  it('a member may look; only an admin changes what a device lends and deletes', async () => {
    const { invite = '' } = await json<InviteView>(['invite']);
    const at = join(line.home, '..', 'dora');
    const joined = await run(['register', invite, '--user', 'dora', '--password-stdin'], {
      stdin: 'one more password\n',
      home: at,
    });
    assert.equal(joined.code, 0, joined.err);
    const device = await json<Page<VolumeView>>(['volume', 'list'], { home: at });
    assert.equal(device.items[0]?.path, '/mnt/one');
    assert.equal((await run(['health'], { home: at })).code, 0);
    for (const words of [
      'volume add /mnt/two',
      'volume remove /mnt/one',
      'device set --up-limit 2M',
      'device drain Kitchen',
      'health garbage',
    ]) {
      await fails(words.split(' '), 1, /^peerstor: Only an admin/, { home: at });
    }
    await fails(['volume', 'lisst'], 2, /unknown command 'lisst' \(Did you mean list\?\)/);
  });

  it('health says how well everything is kept, and what to do', async () => {
    line.gateway.front.healthChange = {
      chunks: { total: 9, byCopies: { '2': 4, '3': 5 } },
      offSite: { places: 2, onePlaceChunks: 3 },
      repair: { queued: 2, active: 1, etaSeconds: 90 },
      scrub: { running: true, lastFinishedAt: null, checkedChunks: 7, badChunks: 1 },
      drill: { lastFinishedAt: new Date(0).toISOString(), files: 10, failed: 1 },
      alerts: [{ code: 'x', level: 'danger', sentence: 'The disk fails.', action: 'Replace it.' }],
      receipts: [{ at: new Date(0).toISOString(), sentence: '3 chunks were copied again.' }],
    };
    const { out } = await run(['health']);
    for (const expected of [
      /^Add a device\./,
      /\n2 +4\n3 +5\n/,
      /places +2; 3 chunks have copies in only one of them/,
      /repair +1 copies are being made, 2 are queued, about 2 min left/,
      /scrub +running: 7 copies read, 1 bad/,
      /drill +done 19\d\d-\S+ \S+: 9 of 10 files read from other devices/,
      /\n!! The disk fails\.\n {2}Replace it\.\n/,
      /19\d\d-\S+ \S+ {2}3 chunks were copied again\./,
    ]) {
      assert.match(out, expected);
    }
    assert.equal((await json<HealthView>(['health'])).alerts.length, 1);
  });

  it('health garbage shows what nothing needs, and deletes it only with --confirm', async () => {
    const { out } = await run(['health', 'garbage']);
    assert.match(out, /40 chunks \(3\.8 MiB\)[\s\S]*30 of them[\s\S]*An admin has to agree[\s\S]*--confirm/);
    assert.notEqual(line.gateway.front.garbageReport.stopped, null);
    assert.match((await run(['health', 'garbage', '--confirm'])).out, /^Confirmed/);
    assert.equal((await json<GarbageReport>(['health', 'garbage'])).stopped, null);
    await fails(['health', 'garbage', '--confirm'], 1, /No deletion waits/);
  });

  it('a person changes the password, recovers with the words, and ends other sessions', async () => {
    await fails(['passwd', '--password-stdin'], 1, /name or the password is wrong/, {
      stdin: 'wrong\nnew password\n',
    });
    await fails(['passwd', '--password-stdin'], 1, /must have 2 lines/, { stdin: 'only one' });
    assert.equal(
      (await run(['passwd', '--password-stdin'], { stdin: 'correct horse\nnew password\n' })).code,
      0,
    );
    assert.equal((await run(['logout', '--everywhere'])).code, 0);
    const made = (name: string) =>
      json<TokenView>(['token', 'create', '--name', name, '--path', '/', '--rights', 'view']);
    const [kept, ended] = [await made('kept'), await made('ended')];
    const { endings } = line.gateway.front;
    const stdin = 'new password\ncorrect horse\n';
    const changed = await run(['passwd', '--password-stdin', '--keep-token', 'kept', '--end-links'], {
      stdin,
    });
    assert.equal(changed.code, 0, changed.err);
    assert.match(changed.out, /tokens were revoked:\n {2}\S+ {2}ended {2}view \/ {2}made \S+/);
    assert.match(changed.out, /tokens are kept:\n {2}\S+ {2}kept /);
    assert.deepEqual(endings.at(-1), { keepTokens: [kept.id], endLinks: true });
    const typed = await run(['logout', '--everywhere'], { typed: ['k'], isTTY: true });
    assert.equal(typed.code, 0, typed.err);
    assert.match(typed.err, /tokens will be revoked:/);
    assert.deepEqual(endings.at(-1), { keepTokens: true, endLinks: false });
    const before = endings.length;
    const refused = await run(['logout', '--everywhere'], { typed: ['n'], isTTY: true });
    assert.match(refused.err, /Nothing was changed/);
    assert.equal(endings.length, before);
    await fails(['logout', '--everywhere', '--keep-token', 'unknown'], 1, /no token "unknown"/);
    await run(['logout', '--everywhere']);
    assert.deepEqual(endings.at(-1), { keepTokens: [], endLinks: false });
    assert.ok(ended.id !== kept.id);
    const words = ['recover', '--user', 'anna', '--password-stdin', '--keep-tokens'];
    assert.equal((await run(words, { stdin: 'abandon ability able\nthird password\n' })).code, 0);
    assert.deepEqual(endings.at(-1), { keepTokens: true, endLinks: false });
    assert.equal((await run(['ls', '/'])).code, 0);
  });
});
