/** Certificates as node's own TLS reads them. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { connect, createServer, type PeerCertificate } from 'node:tls';
import { leafDays, newAuthority, newLeaf } from '../../src/crypto/certificate.ts';

const dayMs = 86_400_000;
const names = [
  'nas',
  'nas.local',
  'localhost',
  '127.0.0.1',
  '::1',
  '192.168.1.7',
  'fd00::1:2',
  '2001:db8:1:2:3:4:5:6',
];

describe('certificates', () => {
  const authority = newAuthority('peerstor on nas', Date.now());
  const leaf = newLeaf(authority, names, Date.now());

  it('an authority is one, signs itself, and may sign leaves only', () => {
    const parsed = new X509Certificate(authority.certificate);
    assert.equal(parsed.ca, true);
    assert.equal(parsed.subject, 'CN=peerstor on nas');
    assert.ok(parsed.verify(parsed.publicKey));
    const other = new X509Certificate(newAuthority('another', Date.now()).certificate);
    assert.notEqual(other.serialNumber, parsed.serialNumber);
  });

  it('a leaf is good for its names and addresses, is signed by its authority, and lasts no longer than browsers allow', () => {
    const parsed = new X509Certificate(leaf.certificate);
    assert.equal(parsed.ca, false);
    assert.ok(parsed.checkIssued(new X509Certificate(authority.certificate)));
    assert.ok(parsed.verify(new X509Certificate(authority.certificate).publicKey));
    for (const name of names)
      assert.ok(/^[\d.]+$|:/.test(name) ? parsed.checkIP(name) : parsed.checkHost(name), name);
    assert.equal(parsed.checkHost('evil.example'), undefined);
    assert.equal(parsed.checkIP('192.168.1.8'), undefined);
    assert.deepEqual(parsed.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    const days = (Date.parse(parsed.validTo) - Date.parse(parsed.validFrom)) / dayMs;
    assert.ok(days <= leafDays, String(days));
  });

  it('a client that trusts the authority connects, and one that does not is refused', async () => {
    const server = createServer({ cert: leaf.certificate, key: leaf.privateKey }, (socket) =>
      socket.end('hi'),
    );
    server.on('tlsClientError', () => undefined);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    for (const servername of ['', 'localhost', 'nas.local']) {
      const trusting = connect({ port, host: '127.0.0.1', servername, ca: authority.certificate });
      await once(trusting, 'secureConnect');
      assert.equal(trusting.authorized, true);
      assert.equal((trusting.getPeerCertificate() as PeerCertificate).issuer.CN, 'peerstor on nas');
      trusting.destroy();
    }
    const doubting = connect({ port, host: '127.0.0.1', servername: 'localhost' });
    await assert.rejects(once(doubting, 'secureConnect'), /certificate/);
    server.close();
  });
});
