/** One authority of a network, and those of its devices below it, as node's own TLS and openssl read them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { connect, createServer } from 'node:tls';
import {
  isVouchable,
  newAuthority,
  newLeaf,
  publicKeyOf,
  vouchedBy,
  vouchedDays,
  vouchFor,
} from '../../src/crypto/certificate.ts';

const dayMs = 86_400_000;
const nowMs = Date.now();
const root = newAuthority('peerstor of anna', nowMs, 1);
const own = newAuthority('peerstor on nas', nowMs);
const device = { name: own.name, publicKey: publicKeyOf(own.certificate), hostNames: ['nas'] };
const vouched = vouchFor(root, device, nowMs);

/** Does a client that trusts `ca` alone take what a device shows? @returns what it says instead, or '' */
async function tried(
  names: readonly string[],
  servername: string,
  ca: string,
  chain = vouched,
): Promise<string> {
  const leaf = newLeaf(own, names, nowMs);
  const server = createServer({ cert: leaf.certificate + chain, key: leaf.privateKey }, (socket) =>
    socket.end(),
  );
  server.on('tlsClientError', () => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const client = connect({ port, host: '127.0.0.1', servername, ca });
    await once(client, 'secureConnect');
    client.destroy();
    return '';
  } catch (error) {
    return (error as Error).message;
  } finally {
    server.close();
  }
}

describe('the authority of a network', () => {
  it('is trusted once for every device that it vouches for', async () => {
    const names = ['nas', 'nas.local', 'localhost', '127.0.0.1', '::1', '192.168.1.7', 'fd00::1'];
    for (const name of ['nas', 'nas.local', 'localhost'])
      assert.equal(await tried(names, name, root.certificate), '');
    // By its address.
    assert.equal(await tried(names, '', root.certificate), '');
    assert.notEqual(
      await tried(names, 'nas', root.certificate, ''),
      '',
      'without the certificate in between',
    );
    const other = newAuthority('peerstor of anna', nowMs, 1);
    assert.notEqual(await tried(names, 'nas', other.certificate), '');
  });

  it('leaves the authority of the device good for who trusted that before', async () => {
    assert.equal(await tried(['nas'], 'nas', own.certificate), '');
  });

  it('lets a device sign for its own names and private addresses only', async () => {
    for (const name of ['bank.example', 'other', 'xlocal']) {
      assert.equal(await tried(['nas', name], name, root.certificate), 'permitted subtree violation', name);
    }
    assert.equal(await tried(['nas', '8.8.8.8'], 'nas', root.certificate), 'permitted subtree violation');
    assert.equal(await tried(['nas', '2001:db8::1'], 'nas', root.certificate), 'permitted subtree violation');
    const good = [
      'nas',
      'a.local',
      'localhost',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.0.1',
      '100.64.0.1',
      'fd00::1',
    ];
    for (const name of good) assert.ok(isVouchable(name, ['nas']), name);
    const bad = ['bank.example', 'other', 'xlocal', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:db8::1'];
    for (const name of bad) assert.ok(!isVouchable(name, ['nas']), name);
  });

  it('is asked whether it vouches for a key, and until when', () => {
    const found = vouchedBy(root.certificate, vouched, nowMs);
    assert.deepEqual(found?.publicKey, device.publicKey);
    const days = ((found?.endsAtMs ?? 0) - nowMs) / dayMs;
    assert.ok(days > vouchedDays - 1 && days <= vouchedDays, String(days));
    assert.equal(vouchedBy(root.certificate, vouched, nowMs + (vouchedDays + 1) * dayMs), undefined);
    assert.equal(vouchedBy(own.certificate, vouched, nowMs), undefined);
    assert.equal(vouchedBy(newAuthority(root.name, nowMs, 1).certificate, vouched, nowMs), undefined);
    assert.equal(vouchedBy(root.certificate, 'no certificate', nowMs), undefined);
    assert.throws(() => vouchFor(root, { ...device, publicKey: new Uint8Array(9) }, nowMs));
  });

  it('lets no device make further authorities', async () => {
    const below = newAuthority('peerstor on phone', nowMs);
    const chain = vouchFor(
      own,
      { name: below.name, publicKey: publicKeyOf(below.certificate), hostNames: [] },
      nowMs,
    );
    const leaf = newLeaf(below, ['localhost'], nowMs);
    const cert = leaf.certificate + chain + vouched;
    const server = createServer({ cert, key: leaf.privateKey }, (socket) => socket.end());
    server.on('tlsClientError', () => undefined);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: root.certificate });
    await assert.rejects(once(client, 'secureConnect'), { code: 'PATH_LENGTH_EXCEEDED' });
    server.close();
  });
});
