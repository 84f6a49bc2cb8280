import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressBlock } from '../../src/model/address-block.ts';

describe('the block of an address', () => {
  it('is the address itself for IPv4, also where it is written as an IPv6 one', () => {
    for (const text of ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:192.0.2.1', '::ffff:c000:201']) {
      assert.equal(addressBlock(text), '192.0.2.1', text);
    }
    assert.equal(addressBlock('0:0:0:0:0:ffff:c000:0201'), '192.0.2.1');
    assert.notEqual(addressBlock('192.0.2.2'), addressBlock('192.0.2.1'));
  });

  it('is the network of 64 bits for IPv6, however the address is written', () => {
    for (const text of ['2001:db8:0:1::1', '2001:0DB8::1:ffff:0:0:2', '2001:db8:0:1::%eth0']) {
      assert.equal(addressBlock(text), '2001:db8:0:1::/64', text);
    }
    assert.equal(addressBlock('2001:db8:0:2::1'), '2001:db8:0:2::/64');
    assert.equal(addressBlock('::1'), '0:0:0:0::/64');
    assert.equal(addressBlock('fe80::1%wlan0'), 'fe80:0:0:0::/64');
    assert.equal(addressBlock('64:ff9b::192.0.2.1'), '64:ff9b:0:0::/64');
  });

  it('is kept as it is, and so is what is no address', () => {
    for (const text of ['2001:db8:0:1::/64', 'here', '', '::/64']) assert.equal(addressBlock(text), text);
  });
});
