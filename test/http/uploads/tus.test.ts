/** tus over the gateway and the real drive; only the disks and the other devices are in memory. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import type { UploadView } from '../../../src/model/contracts/uploads.ts';
import { type EntryId, entryId } from '../../../src/model/ids.ts';
import { createHome, type Home, put, read } from '../../drive/world.ts';
import { until } from '../../support/until.ts';
import { type Answer, assertProblem, GatewayFixture, sessionHeaders } from '../gateway-fixture.ts';

const base = '/api/v1/uploads';
const version = { 'tus-resumable': '1.0.0' };
const bytesType = { 'content-type': 'application/offset+octet-stream' };

const metadata = (fields: Record<string, string>) => ({
  'upload-metadata': Object.entries(fields)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(','),
});

describe('an upload by tus', () => {
  let home: Home;
  let g: GatewayFixture;
  let own: ReturnType<typeof sessionHeaders>;

  before(async () => {
    home = await createHome();
    g = await GatewayFixture.start({ fresh: true });
    const { accounts } = home.device;
    g.front.accounts.resume = (secret) => accounts.resume(secret);
    g.front.accounts.openLink = (secret, typed, from) => accounts.openLink(secret, typed, from);
    own = sessionHeaders(home.session.secret);
  });
  after(() => g.stop());

  const begin = (size: number, fields: Record<string, string>, more = {}): Promise<Answer> =>
    g.ask('POST', base, {
      headers: { ...own, ...version, 'upload-length': size, ...metadata(fields), ...more },
    });
  const patch = (address: string, offset: number, body: string | Uint8Array, more = {}): Promise<Answer> =>
    g.ask('PATCH', address, {
      headers: { ...own, ...version, ...bytesType, 'upload-offset': offset, ...more },
      body,
    });
  const look = (address: string, more = {}): Promise<Answer> =>
    g.ask('HEAD', address, { headers: { ...own, ...version, ...more } });
  const begun = async (size: number, fields: Record<string, string>): Promise<string> => {
    const answer = await begin(size, fields);
    assert.equal(answer.status, 201, answer.text);
    return answer.headers.location ?? '';
  };
  const entryOf = (answer: Answer): EntryId => entryId(String(answer.headers['peerstor-entry']));

  it('is begun, sent in two parts and listed, and the last answer names the entry and its safety', async () => {
    home.device.network.copies = 2;
    const modifiedAt = '2020-02-02T10:00:00.000Z';
    const answer = await begin(11, { filename: 'plan.txt', filetype: 'text/x-plan', modifiedAt });
    assert.equal(answer.status, 201, answer.text);
    const address = answer.headers.location ?? '';
    assert.match(address, /^\/api\/v1\/uploads\/[0-9a-f]{32}$/);
    assert.ok(Date.parse(String(answer.headers['upload-expires'])) > 0);
    const first = await patch(address, 0, 'hello ');
    assert.deepEqual([first.status, first.headers['upload-offset']], [204, '6']);
    assert.equal(first.headers['peerstor-entry'], undefined);
    const head = await look(address);
    assert.deepEqual([head.headers['upload-offset'], head.headers['upload-length']], ['6', '11']);
    assert.match(String(head.headers['upload-metadata']), /^filename cGxhbi50eHQ=,/);
    const last = await patch(address, 6, 'world');
    assert.deepEqual([last.status, last.headers['upload-offset']], [204, '11']);
    assert.match(String(last.headers['peerstor-safety']), /^(accepted|safe)$/);
    const entry = await home.drive.entry(entryOf(last));
    assert.deepEqual([entry.name, entry.mime, entry.modifiedAt], ['plan.txt', 'text/x-plan', modifiedAt]);
    assert.equal(await read(home.drive, entry.id), 'hello world');
    assert.equal(entryOf(await look(address)), entry.id, 'who missed the answer finds it again');
    home.device.network.copies = 1;
  });

  it('may bring its first bytes, or all of them, with the request that begins it', async () => {
    const send = (body: string, size: number) =>
      g.ask('POST', base, {
        headers: {
          ...own,
          ...version,
          ...bytesType,
          'upload-length': size,
          ...metadata({ filename: 'one' }),
        },
        body,
      });
    const part = await send('ab', 4);
    assert.deepEqual([part.status, part.headers['upload-offset']], [201, '2']);
    const rest = await patch(part.headers.location ?? '', 2, 'cd');
    assert.equal(await read(home.drive, entryOf(rest)), 'abcd');
    assert.equal(await read(home.drive, entryOf(await send('whole', 5))), 'whole');
  });

  it('goes to a folder by its id, by a path from the root, or by a path below a folder', async () => {
    const folder = await home.drive.createFolder(home.root, 'Docs');
    const path = async (fields: Record<string, string>) => {
      const entry = await home.drive.entry(entryOf(await begin(0, fields)));
      const names = (await home.drive.ancestors(entryId(entry.id))).map(({ name }) => name);
      return [...names, entry.name].join('/');
    };
    const a = { filename: 'a', parentId: folder.id };
    assert.equal(await path(a), '/Docs/a');
    assertProblem(await begin(1, { entryId: folder.id }), 'bad-input');
    assert.equal(await path({ filename: 'b', path: '/New/deep' }), '/New/deep/b');
    assert.equal(await path({ path: '/New/c' }), '/New/c');
    assert.equal(await path({ filename: 'd', path: '/New/d' }), '/New/d');
    assert.equal(await path({ filename: 'e', path: 'x/', parentId: folder.id }), '/Docs/x/e');
    for (const odd of ['/New/../e', 'a//b', '//a', 'a//', '//']) {
      assertProblem(await begin(1, { filename: 'z', path: odd }), 'bad-name');
    }
    assertProblem(await begin(1, {}), 'bad-input');
    assertProblem(await begin(1, { filename: 'f', parentId: 'x' }), 'bad-id');
  });

  it('is refused with a reason where its headers make no sense', async () => {
    const headers = { ...own, ...metadata({ filename: 'x' }) };
    const without = await g.ask('POST', base, { headers: { ...headers, 'upload-length': 1 } });
    assertProblem(without, 'precondition-failed');
    assert.equal(without.headers['tus-version'], '1.0.0');
    const both = { ...headers, ...version, 'upload-length': 1, 'upload-defer-length': 1 };
    assertProblem(await g.ask('POST', base, { headers: both }), 'bad-request');
    assertProblem(await begin(-1, { filename: 'x' }), 'bad-request');
    assertProblem(await begin(1, {}, { 'upload-metadata': 'filename ???' }), 'bad-request');
    assertProblem(await begin(1, { filename: 'x', onConflict: 'burn' }), 'bad-input');
    assertProblem(await begin(1, { filename: 'x', modifiedAt: 'yesterday' }), 'bad-input');
    const address = await begun(4, { filename: 'x' });
    assertProblem(await patch(address, 0, 'ab', { 'content-type': 'text/plain' }), 'unsupported-media-type');
    assertProblem(await patch(address, 0, 'ab', { 'upload-checksum': 'crc32 AAAA' }), 'bad-request');
    assertProblem(await patch(`${base}/${'0'.repeat(32)}`, 0, 'ab'), 'not-found');
    assert.equal((await look(`${base}/nonsense`)).status, 404);
    const wrong = await patch(address, 1, 'ab');
    assertProblem(wrong, 'conflict');
    assert.equal(wrong.headers['upload-offset'], '0');
    assertProblem(await patch(address, 0, 'more than four'), 'too-large');
  });

  it('keeps a part only if its checksum is right', async () => {
    const address = await begun(4, { filename: 'sum' });
    const sum = { 'upload-checksum': `sha1 ${createHash('sha1').update('ab').digest('base64')}` };
    assertProblem(await patch(address, 0, 'xy', sum), 'checksum-mismatch');
    assert.equal((await patch(address, 0, 'ab', sum)).headers['upload-offset'], '2');
  });

  it('becomes a new version of a file by its id, whatever that is called when the last byte comes', async () => {
    const { id } = await put(home.drive, home.root, 'draft.txt', 'the first');
    const address = await begun(6, { entryId: id });
    await home.drive.patch(entryId(id), { name: 'final.txt' });
    assert.equal(entryOf(await patch(address, 0, 'second')), id);
    assert.equal(await read(home.drive, id), 'second');
  });

  it('may say its length with its last part, or send its parts as POST', async () => {
    const headers = { ...own, ...version, 'upload-defer-length': 1, ...metadata({ filename: 'late' }) };
    const address = (await g.ask('POST', base, { headers })).headers.location ?? '';
    assert.equal((await look(address)).headers['upload-defer-length'], '1');
    await patch(address, 0, 'abc');
    const override = { ...own, ...version, ...bytesType, 'x-http-method-override': 'PATCH' };
    const answer = await g.ask('POST', address, {
      headers: { ...override, 'upload-offset': 3 },
      body: 'def',
    });
    assert.equal(answer.status, 204, answer.text);
    const asked = await g.ask('POST', address, {
      headers: { ...override, 'x-http-method-override': 'HEAD' },
    });
    assert.deepEqual([asked.status, asked.headers['upload-offset']], [200, '6']);
    const last = await patch(address, 6, '', { 'upload-length': 6 });
    assert.equal(await read(home.drive, entryOf(last)), 'abcdef');
  });

  it('is listed for whoever began it while it is unfinished, and is gone when it is cancelled', async () => {
    const list = async () => {
      const answer = await g.ask('GET', base, { headers: own });
      return answer.json<{ items: UploadView[] }>().items.filter(({ name }) => name === 'listed');
    };
    const address = await begun(9, { filename: 'listed' });
    await patch(address, 0, 'abc');
    const [item] = await list();
    assert.deepEqual([item?.offset, item?.size, item?.parentId], [3, 9, home.root]);
    assert.equal((await g.ask('DELETE', address, { headers: { ...own, ...version } })).status, 204);
    assert.deepEqual(await list(), []);
    assert.equal((await look(address)).status, 404);
  });

  it('keeps what came before the connection was cut', async () => {
    const address = await begun(200_000, { filename: 'cut' });
    const { cookie, 'x-peerstor': proof } = own;
    const socket = g.connect();
    socket.on('error', () => undefined);
    const lines = [
      `PATCH ${address} HTTP/1.1`,
      'Host: x',
      `Cookie: ${cookie}`,
      `X-Peerstor: ${proof}`,
      'Tus-Resumable: 1.0.0',
      'Upload-Offset: 0',
      'Content-Type: application/offset+octet-stream',
      'Content-Length: 200000',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.write(Buffer.alloc(150_000, 7));
    await until('all that was sent arrives', async () => {
      // Looking ends the request that waits for more, and what came of it is kept.
      const { headers } = await look(address);
      return headers['upload-offset'] === '150000' || `${headers['upload-offset']}`;
    });
    socket.destroy();
    const rest = await patch(address, 150_000, Buffer.alloc(50_000, 8));
    assert.equal((await home.drive.entry(entryOf(rest))).size, 200_000);
  });

  it('says what the device can do to whoever asks', async () => {
    const { status, headers } = await g.ask('OPTIONS', base, { anonymous: true });
    assert.equal(status, 204);
    assert.match(String(headers['tus-extension']), /creation,.*checksum.*termination/);
    assert.equal(headers['tus-version'], '1.0.0');
  });

  it('is for who may upload there only: no session, a token that only looks, a page of another site', async () => {
    const asked = { ...version, 'upload-length': 1, ...metadata({ filename: 'x' }) };
    assertProblem(await g.ask('POST', base, { headers: asked, anonymous: true }), 'not-signed-in');
    const wish = { name: 'looker', rights: 'view', entryId: home.root, expiresAtMs: null } as const;
    const { token } = await home.session.sharing.createToken(wish);
    const looker = { ...asked, authorization: `Bearer ${token}` };
    assertProblem(await g.ask('POST', base, { headers: looker }), 'forbidden');
    const foreign = { ...own, ...asked, origin: 'http://evil.example' };
    assertProblem(await g.ask('POST', base, { headers: foreign }), 'forbidden');
    const address = await begun(1, { filename: 'x' });
    const stolen = { ...looker, ...bytesType, 'upload-offset': 0 };
    assertProblem(await g.ask('PATCH', address, { headers: stolen, body: 'x' }), 'not-found');
  });

  describe('in parts that are joined', () => {
    const part = async (body: string, length = body.length) => {
      const headers = {
        ...own,
        ...version,
        ...bytesType,
        'upload-length': length,
        'upload-concat': 'partial',
      };
      const answer = await g.ask('POST', base, { headers, body });
      assert.deepEqual([answer.status, answer.headers['peerstor-entry']], [201, undefined], answer.text);
      return answer.headers.location ?? '';
    };
    const join = (parts: readonly string[], fields: Record<string, string>) =>
      g.ask('POST', base, {
        headers: { ...own, ...version, 'upload-concat': `final;${parts.join(' ')}`, ...metadata(fields) },
      });

    it('becomes one file in the order that is named, and the same file where it is asked for again', async () => {
      const first = await part('hello ');
      const second = await part('world');
      assert.equal((await look(first)).headers['upload-concat'], 'partial');
      const items = (await g.ask('GET', base, { headers: own })).json<{ items: UploadView[] }>().items;
      assert.ok(
        items.every(({ name }) => name !== 'part'),
        'parts are no files that somebody waits for',
      );
      const whole = `http://127.0.0.1:1${first}`;
      const answer = await join([whole, second], { filename: 'joined.txt' });
      assert.equal(answer.status, 201, answer.text);
      assert.equal(await read(home.drive, entryOf(answer)), 'hello world');
      const head = await look(answer.headers.location ?? '');
      assert.equal(head.headers['upload-concat'], `final;${first} ${second}`);
      assert.deepEqual([head.headers['upload-length'], head.headers['upload-offset']], ['11', '11']);
      assert.equal(entryOf(await join([first, second], { filename: 'joined.txt' })), entryOf(answer));
      assertProblem(await patch(answer.headers.location ?? '', 11, 'more'), 'forbidden');
      assertProblem(await join([first, await part('x')], { filename: 'mixed.txt' }), 'conflict');
    });

    it("is refused where a part is incomplete, no part, named twice, or another user's", async () => {
      const whole = await part('abc');
      assertProblem(await join([whole, await part('ab', 3)], { filename: 'a' }), 'conflict');
      assertProblem(
        await join([whole, await begun(3, { filename: 'other' })], { filename: 'a' }),
        'bad-input',
      );
      assertProblem(await join([whole, whole], { filename: 'a' }), 'bad-input');
      assertProblem(await join([whole, `${base}/${'0'.repeat(32)}`], { filename: 'a' }), 'not-found');
      assertProblem(await join(['nonsense'], { filename: 'a' }), 'bad-id');
      const headers = { ...own, ...version, 'upload-length': 3, 'upload-concat': 'both' };
      assertProblem(await g.ask('POST', base, { headers }), 'bad-request');
    });
  });

  describe('by the draft of the IETF', () => {
    const draft = { 'upload-draft-interop-version': '6' };
    const partial = { 'content-type': 'application/partial-upload' };
    const send = (method: string, at: string, headers: object, body?: string | AsyncIterable<Uint8Array>) =>
      g.ask(method, at, {
        headers: { ...own, ...draft, ...headers },
        ...(body === undefined ? {} : { body }),
      });

    it('comes in one request or several, is complete when its client says so, and tells where it goes on', async () => {
      const begin = { 'upload-complete': '?0', ...metadata({ filename: 'draft.txt' }) };
      const answer = await send('POST', base, { ...begin, ...partial }, 'hello ');
      assert.deepEqual([answer.status, answer.headers['upload-complete']], [201, '?0'], answer.text);
      const address = answer.headers.location ?? '';
      const head = await send('HEAD', address, {});
      assert.deepEqual([head.status, head.headers['upload-offset']], [204, '6']);
      const end = { ...partial, 'upload-complete': '?1' };
      const wrong = await send('PATCH', address, { ...end, 'upload-offset': 3 }, 'world');
      assertProblem(wrong, 'conflict');
      assert.equal(wrong.headers['upload-offset'], '6');
      const last = await send('PATCH', address, { ...end, 'upload-offset': 6 }, 'world');
      assert.deepEqual(
        [last.status, last.headers['upload-complete'], last.headers['upload-offset']],
        [204, '?1', '11'],
      );
      assert.equal(await read(home.drive, entryOf(last)), 'hello world');
      const whole = await send('POST', base, { ...end, ...metadata({ filename: 'whole.txt' }) }, 'all of it');
      assert.equal(await read(home.drive, entryOf(whole)), 'all of it');
    });

    it('may end with a body whose length nobody knew', async () => {
      const body = Readable.from([Buffer.from('as it '), Buffer.from('comes')]);
      const headers = { ...partial, 'upload-complete': '?1', ...metadata({ filename: 'stream.txt' }) };
      const answer = await send('POST', base, headers, body);
      assert.equal(answer.status, 201, answer.text);
      assert.equal(await read(home.drive, entryOf(answer)), 'as it comes');
    });

    it('is refused at a version that is not spoken, and for a type that is no part', async () => {
      const headers = { 'upload-complete': '?1', ...metadata({ filename: 'x' }) };
      const old = { ...headers, 'upload-draft-interop-version': '3' };
      assertProblem(await send('POST', base, old, 'x'), 'precondition-failed');
      assertProblem(await send('POST', base, { ...headers, 'upload-complete': 'yes' }, 'x'), 'bad-request');
      const address =
        (await send('POST', base, { ...headers, 'upload-complete': '?0' })).headers.location ?? '';
      const plain = { 'content-type': 'text/plain', 'upload-offset': 0, 'upload-complete': '?1' };
      assertProblem(await send('PATCH', address, plain, 'x'), 'unsupported-media-type');
    });
  });

  describe('of a guest', () => {
    const asGuest = async (rights: 'upload' | 'edit', name: string, maxDownloads?: number) => {
      const folder = await home.drive.createFolder(home.root, name);
      const limit = maxDownloads === undefined ? {} : { maxDownloads };
      const link = await home.session.sharing.createLink({ entryId: entryId(folder.id), rights, ...limit });
      const at = `/s/${link.url?.split('/s/')[1]}/api/uploads`;
      const ask = (method: string, address: string, headers: object, body?: string) =>
        g.ask(method, address, {
          headers: { ...version, ...headers },
          anonymous: true,
          ...(body ? { body } : {}),
        });
      return { folder, at, ask };
    };

    it('goes into a drop box, resumes, counts one use, and tells nothing of what lies there', async () => {
      const { folder, at, ask } = await asGuest('upload', 'Box', 1);
      await put(home.drive, folder.id, 'paper.txt', 'there before');
      const fields = metadata({ filename: 'paper.txt', onConflict: 'version' });
      const answer = await ask('POST', at, { 'upload-length': 4, ...fields });
      assert.equal(answer.status, 201, answer.text);
      const address = answer.headers.location ?? '';
      assert.ok(address.startsWith('/s/'));
      const send = (offset: number, body: string) =>
        ask('PATCH', address, { ...bytesType, 'upload-offset': offset }, body);
      assert.equal((await send(0, 'ab')).status, 204);
      assert.equal((await ask('HEAD', address, {})).headers['upload-offset'], '2');
      const last = await send(2, 'cd');
      assert.deepEqual([last.status, last.headers['peerstor-entry']], [204, undefined]);
      assert.equal(last.headers['peerstor-safety'], 'accepted');
      const { items } = await home.drive.children(entryId(folder.id), {
        sort: 'name',
        order: 'asc',
        limit: 9,
      });
      const sizes = items.map(({ size }) => size).sort((one, other) => one - other);
      assert.deepEqual(sizes, [4, 12], 'nothing was replaced');
      assertProblem(await ask('POST', at, { 'upload-length': 4, ...fields }), 'gone');
    });

    it('goes into a folder that the link may change, and not out of it', async () => {
      const { at, ask } = await asGuest('edit', 'Team');
      const inside = await ask('POST', at, { 'upload-length': 0, ...metadata({ path: 'sub/new.txt' }) });
      assert.equal((await home.drive.entry(entryOf(inside))).name, 'new.txt');
      const outside = metadata({ filename: 'x', parentId: home.root });
      assertProblem(await ask('POST', at, { 'upload-length': 0, ...outside }), 'not-found');
      assertProblem(
        await ask('POST', '/s/none/api/uploads', { 'upload-length': 0, ...outside }),
        'not-found',
      );
    });
  });

  it('ends with the session that sends it', async () => {
    const { accounts } = home.device;
    const session = await accounts.login('Ada', 'correct horse battery', 'here');
    const mine = sessionHeaders(session.secret);
    const address = await begun(8_000_000, { filename: 'ending' });
    const { network } = home.device;
    const puts = () => network.steps.filter((step) => step.startsWith('put ')).length;
    const before = puts();
    const gate = Promise.withResolvers<void>();
    async function* slow() {
      for (let seed = 1; seed < 40; seed += 1) yield Buffer.alloc(100_000, seed);
      await gate.promise;
    }
    const headers = { ...mine, ...version, ...bytesType, 'upload-offset': 0, 'content-length': 8_000_000 };
    const answer = g.ask('PATCH', address, { headers, body: slow() });
    await until('some of it is stored', () => puts() > before);
    await accounts.logout(session.secret);
    assertProblem(await answer, 'not-signed-in');
    gate.resolve();
    const offset = Number((await look(address)).headers['upload-offset']);
    assert.ok(offset > 0 && offset < 8_000_000, `what came is kept: ${offset}`);
  });
});
