import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deviceId, networkId } from '../../../src/model/ids.ts';
import { type Announcement, announcementOf, nearbyOf } from '../../../src/node/pairing/discovery.ts';

const own = deviceId('a'.repeat(64));

function announcement(change: Partial<Announcement>): Announcement {
  return { name: 'nas', port: 8080, txt: { name: 'nas', id: 'bbbbbbbb' }, ...change };
}

describe('discovery', () => {
  it('the mDNS announcement tells the name, two short ids and the port, and nothing else', () => {
    const network = networkId('c'.repeat(64));
    const said = announcementOf({ device: own, name: () => 'nas', port: 8080 }, network);
    assert.deepEqual(Object.keys(said.txt).sort(), ['id', 'name', 'network']);
    assert.deepEqual([said.port, said.txt.name], [8080, 'nas']);
    assert.ok(String(said.txt.id).length <= 12 && String(said.txt.network).length <= 12);
    const alone = announcementOf({ device: own, name: () => 'nas', port: 8080 }, null);
    assert.deepEqual(Object.keys(alone.txt).sort(), ['id', 'name']);
  });

  it('a device is found over IPv4 and IPv6, and not at an address that needs a zone', () => {
    const addressOf = (change: Partial<Announcement>) => nearbyOf(announcement(change), own)?.device.address;
    const referer = (address: string, family: 'IPv4' | 'IPv6') => ({ address, family, port: 5353, size: 1 });
    assert.equal(addressOf({ referer: referer('192.168.1.7', 'IPv4') }), '192.168.1.7:8080');
    assert.equal(addressOf({ referer: referer('fd00::7', 'IPv6') }), '[fd00::7]:8080');
    assert.equal(addressOf({ addresses: ['fe80::1', 'fd00::8'] }), '[fd00::8]:8080');
    assert.equal(addressOf({ addresses: ['fd00::8', '10.0.0.8'] }), '10.0.0.8:8080');
    assert.equal(addressOf({ referer: referer('fe80::1%eth0', 'IPv6'), addresses: ['fe80::2'] }), undefined);
  });

  it('a name of a stranger cannot move the cursor or forge a line', () => {
    const txt = { name: 'nas\u001b[2J\u202e\n', id: 'bbbbbbbb\u0007', network: 'n\u009b' };
    const heard = nearbyOf(announcement({ txt, addresses: ['10.0.0.8'] }), own);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    assert.doesNotMatch(JSON.stringify([heard?.id, heard?.device]), /[\u0000-\u001f\u007f-\u009f\u202e]/);
    assert.ok(heard?.device.name.startsWith('nas\\u{1b}'));
  });
});
