import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { newAuthority, vouchFor } from '../../../src/crypto/index.ts';
import { openCertificates } from '../../../src/node/home/certificates.ts';
import { Home } from '../../../src/node/home/home.ts';
import { pageHosts } from '../../../src/node/process/addresses.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const dayMs = 86_400_000;

describe('the certificates of a device', () => {
  let base = '';
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'peerstor-tls-'));
  });
  after(() => rm(base, { recursive: true }));

  it('the authority is made once, is kept over restarts, and only its owner can read it', async (test) => {
    const home = await Home.open(join(base, 'kept'));
    const clock = new ManualClock(Date.now());
    const first = await openCertificates(home, 'nas', () => ['nas'], clock);
    const again = await openCertificates(home, 'renamed', () => ['nas'], clock);
    assert.equal(again.authority, first.authority);
    const authority = new X509Certificate(again.authority);
    assert.ok(new X509Certificate(again.current().certificate).verify(authority.publicKey));
    if (process.platform === 'win32') return test.skip('modes mean nothing on Windows');
    await writeFile(home.file('tls', 'authority.json'), '{');
    assert.notEqual((await openCertificates(home, 'nas', () => ['nas'], clock)).authority, first.authority);
    assert.equal((await stat(home.file('tls'))).mode & 0o777, 0o700);
    assert.equal((await stat(home.file('tls', 'authority.json'))).mode & 0o777, 0o600);
  });

  it('the leaf is made anew when names change, and long before it ends; else it stays', async () => {
    const home = await Home.open(join(base, 'leaf'));
    const clock = new ManualClock(Date.now());
    let names = ['nas', '192.168.1.7'];
    const certificates = await openCertificates(home, 'nas', () => names, clock);
    const first = certificates.current();
    names = ['nas', '192.168.1.8'];
    assert.equal(certificates.current(), first, 'names are compared once a minute');
    await clock.pass(60_000);
    const second = certificates.current();
    assert.ok(new X509Certificate(second.certificate).checkIP('192.168.1.8'));
    await clock.pass(60_000);
    assert.equal(certificates.current(), second);
    await clock.pass(368 * dayMs);
    const third = certificates.current();
    assert.notEqual(third, second);
    assert.ok(Date.parse(new X509Certificate(third.certificate).validTo) > clock.wallMs() + 300 * dayMs);
  });

  it('the certificate of the network goes along where it vouches for the name that is asked for', async () => {
    const home = await Home.open(join(base, 'vouched'));
    const nowMs = Date.now();
    const names = ['nas', 'nas.local', 'nas.example.org', '127.0.0.1', '2001:db8::1'];
    const certificates = await openCertificates(home, 'nas', () => names, new ManualClock(nowMs));
    const alone = certificates.current();
    const own = certificates.authority;
    const root = newAuthority('peerstor of anna', nowMs, 1);
    const certificate = vouchFor(root, { ...certificates.own, hostNames: ['nas'] }, nowMs);
    certificates.vouch({ root: root.certificate, certificate, hostNames: ['nas'] });
    assert.equal(certificates.authority, root.certificate);
    const vouched = certificates.current('nas');
    assert.equal(certificates.current('nas.local'), vouched);
    assert.equal(certificates.current(), vouched, 'by an address');
    assert.ok(vouched.certificate.endsWith(certificate));
    const leaf = new X509Certificate(vouched.certificate);
    assert.ok(leaf.checkHost('nas') && leaf.checkIP('127.0.0.1'));
    assert.ok(!leaf.checkHost('nas.example.org') && !leaf.checkIP('2001:db8::1'));
    const other = certificates.current('nas.example.org');
    assert.ok(new X509Certificate(other.certificate).checkHost('nas.example.org'));
    assert.ok(new X509Certificate(other.certificate).verify(new X509Certificate(own).publicKey));
    certificates.vouch(undefined);
    assert.equal(certificates.authority, own);
    assert.ok(new X509Certificate(alone.certificate).checkIP('2001:db8::1'));
    assert.doesNotMatch(
      certificates.current().certificate,
      /CERTIFICATE[\s\S]*CERTIFICATE[\s\S]*CERTIFICATE/,
    );
  });

  it('a device is known by its names, each with .local, and by every address that is not link-local', () => {
    const face = {
      netmask: '',
      mac: '',
      internal: false,
      cidr: null,
      family: 'IPv4',
      address: '192.168.1.7',
    } as const;
    const interfaces = {
      eth0: [face, { ...face, family: 'IPv6', scopeid: 1, address: 'fe80::1' } as const],
      tail: [{ ...face, family: 'IPv6', scopeid: 0, address: 'fd7a::1' } as const],
    };
    assert.deepEqual(pageHosts(['nas', 'nas.example.org'], interfaces), [
      'nas',
      'nas.local',
      'nas.example.org',
      'localhost',
      '127.0.0.1',
      '::1',
      '192.168.1.7',
      'fd7a::1',
    ]);
  });
});
