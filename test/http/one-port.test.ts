/** HTTP and HTTPS on one port. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { type Authority, newAuthority, newLeaf } from '../../src/crypto/index.ts';
import { assertProblem, GatewayFixture, readAll } from './gateway-fixture.ts';

describe('one port for http and https', { timeout: 30_000 }, () => {
  let g: GatewayFixture;
  let authority: Authority;
  let leaf: { certificate: string; privateKey: string };
  before(async () => {
    authority = newAuthority('peerstor on Kitchen', Date.now());
    leaf = newLeaf(authority, ['localhost', '127.0.0.1'], Date.now());
    g = await GatewayFixture.start({
      certificates: { authority: authority.certificate, fingerprint: 'AB:CD', current: () => leaf },
    });
  });
  after(() => g.stop());

  /** Sends over TLS, trusting only the authority. */
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body = '') =>
    new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>(
      (resolve, reject) => {
        const options = {
          host: '127.0.0.1',
          port: g.port,
          servername: 'localhost',
          ca: authority.certificate,
        };
        const outgoing = request({ ...options, method, path, agent: false, headers }, (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (piece: string) => {
            text += piece;
          });
          incoming.on('end', () =>
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
          );
        });
        outgoing.on('error', reject);
        outgoing.end(body);
      },
    );

  it('answers both, at the same time, uploads and downloads included', async () => {
    const [plain, secure] = await Promise.all([g.get('/healthz'), ask('GET', '/healthz')]);
    assert.deepEqual([plain.status, secure.status], [200, 200]);
    assert.equal(secure.text, plain.text);
    const large = 'x'.repeat(3 * 1024 * 1024);
    const entry = await g.put('/plain.txt', large);
    const { cookie } = g.signedIn;
    const secureHeaders = { cookie: `__Host-${cookie}`, 'x-peerstor': g.signedIn['x-peerstor'] };
    const read = await ask('GET', `/api/v1/entries/${entry.id}/content?download=1`, secureHeaders);
    assert.equal(read.text.length, large.length);
    const put = await ask('PUT', '/api/v1/path/secure.txt', secureHeaders, large);
    assert.equal(put.status, 201);
  });

  it('gives a cookie that is Secure and bound to this host over https, and takes it over https only', async () => {
    const body = JSON.stringify({ username: 'anna', password: 'correct horse' });
    const answer = await ask('POST', '/api/v1/auth/login', { 'content-type': 'application/json' }, body);
    assert.equal(answer.status, 200);
    const [set = ''] = [answer.headers['set-cookie']].flat();
    assert.match(set ?? '', /^__Host-peerstor_a{12}=[^;]+;.*Path=\/;.*Secure/);
    const { proof } = JSON.parse(answer.text) as { proof: string };
    const headers = { cookie: (set ?? '').split(';')[0] ?? '', 'x-peerstor': proof };
    assert.equal((await ask('GET', '/api/v1/auth/me', headers)).status, 200);
    assertProblem(await g.ask('GET', '/api/v1/auth/me', { headers }), 'not-signed-in');
    // A page that came over plain http is another origin.
    const foreign = { ...headers, origin: `http://127.0.0.1:${g.port}`, 'content-type': 'application/json' };
    assert.equal((await ask('POST', '/api/v1/auth/logout', foreign)).status, 403);
  });

  it('promises nothing about https that a plain client would have to remember', async () => {
    assert.equal((await ask('GET', '/healthz')).headers['strict-transport-security'], undefined);
    assert.equal((await g.get('/healthz')).headers['strict-transport-security'], undefined);
  });

  it('gives its authority to anybody, and to trust it is enough', async () => {
    const answer = await g.get('/ca.crt', {});
    assert.equal(answer.headers['content-type'], 'application/x-x509-ca-cert');
    assert.equal(answer.text, authority.certificate);
    await assert.rejects(
      new Promise((resolve, reject) => {
        request({ host: '127.0.0.1', port: g.port, servername: 'localhost', path: '/healthz' }, resolve)
          .on('error', reject)
          .end();
      }),
      /certificate/,
    );
  });

  it('says to anybody, on a page without a script, how to install it, first for the system that asks', async () => {
    const asked = (userAgent: string) =>
      g.ask('GET', '/install-certificate', {
        headers: { 'user-agent': userAgent, host: '192.168.1.7:8080' },
        anonymous: true,
      });
    const opened = (text: string) => /<details open><summary><h2>([^<]+)/.exec(text)?.[1];
    const page = await asked('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1');
    assert.equal(page.status, 200);
    assert.match(String(page.headers['content-security-policy']), /script-src 'self'/);
    assert.doesNotMatch(page.text, /<script|<style|style=/);
    assert.match(page.text, /<svg /);
    assert.ok(page.text.includes('AB:CD') && page.text.includes('href="/ca.crt"'));
    assert.ok(page.text.includes('https://192.168.1.7:8080/'));
    assert.equal(opened(page.text), 'iPhone and iPad');
    const agents = {
      'Mozilla/5.0 (Linux; Android 15) Chrome/140.0': 'Android',
      'Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Edg/140.0': 'Windows',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605': 'macOS',
      'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0': 'Firefox on a computer',
      'curl/8': undefined,
    };
    for (const [agent, name] of Object.entries(agents)) assert.equal(opened((await asked(agent)).text), name);
  });

  it('shows a renewed certificate to the next connection', async () => {
    const serial = async () => {
      const socket = connect({
        host: '127.0.0.1',
        port: g.port,
        servername: 'localhost',
        ca: authority.certificate,
      });
      await once(socket, 'secureConnect');
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const before = await serial();
    assert.equal(await serial(), before);
    leaf = newLeaf(authority, ['localhost', '127.0.0.1'], Date.now());
    assert.notEqual(await serial(), before);
  });

  it('drops who says nothing, who begins a handshake and stops, and who speaks neither', async () => {
    const impatient = await GatewayFixture.start({
      certificates: { authority: authority.certificate, fingerprint: 'AB:CD', current: () => leaf },
      headersWaitMs: 100,
    });
    for (const begun of ['', '\x16\x03\x01', '\x16nonsense that is no handshake at all']) {
      const socket = impatient.connect();
      socket.on('error', () => undefined);
      if (begun !== '') socket.write(Buffer.from(begun, 'latin1'));
      await readAll(socket);
    }
    await impatient.stop();
    assert.match(await g.sendRaw('\x80\x01'), /^HTTP\/1\.1 400 /);
    assert.equal((await g.get('/healthz')).status, 200);
  });
});
