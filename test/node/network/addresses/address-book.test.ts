import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idKey } from '../../../../src/model/contracts/ordered-store.ts';
import { deviceId } from '../../../../src/model/ids.ts';
import { silentLog } from '../../../../src/model/log.ts';
import { AddressBook, hintLifeMs } from '../../../../src/node/network/addresses/address-book.ts';
import { decodePresence, encodePresence } from '../../../../src/node/network/presence/presence.ts';
import { MemoryOrderedStore } from '../../../../src/store/level/memory-ordered-store.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const device = deviceId('5'.repeat(64));
const peer = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';
const at = (host: number, port = 4001) => `/ip4/10.0.0.${host}/tcp/${port}`;

describe('address book', () => {
  it('the address book keeps the last eight working addresses, latest first, over a restart', async () => {
    const store = new MemoryOrderedStore();
    const clock = new ManualClock();
    const book = new AddressBook(store, clock, silentLog);
    for (let host = 1; host <= 10; host += 1) {
      await clock.pass(1000);
      await book.worked(device, `${at(host)}/p2p/${peer}`);
    }
    await book.worked(device, at(5));
    const again = new AddressBook(store, clock, silentLog);
    assert.deepEqual(
      again.addressesOf(device),
      [5, 10, 9, 8, 7, 6, 4, 3].map((host) => at(host)),
    );
  });

  it("the address book lists working addresses first, then hints, then the device's claims", async () => {
    const book = new AddressBook(new MemoryOrderedStore(), new ManualClock(), silentLog);
    await book.claimed(device, [at(1), at(3)]);
    await book.worked(device, at(2));
    book.hint(device, [at(3), at(4)]);
    assert.deepEqual(book.addressesOf(device), [at(2), at(4), at(3), at(1)]);
    await book.claimed(device, [at(9)]);
    assert.deepEqual(book.addressesOf(device), [at(2), at(4), at(3), at(9)]);
  });

  it('the address book forgets hints after ten minutes', async () => {
    const clock = new ManualClock();
    const book = new AddressBook(new MemoryOrderedStore(), clock, silentLog);
    book.hint(device, [at(1)]);
    await clock.pass(hintLifeMs);
    assert.deepEqual(book.addressesOf(device), [at(1)]);
    await clock.pass(1);
    assert.deepEqual(book.addressesOf(device), []);
  });

  it('the address book drops invalid addresses, and is bounded', () => {
    const book = new AddressBook(new MemoryOrderedStore(), new ManualClock(), silentLog);
    book.hint(device, ['', 'http://x', '/ip4/1.2.3.4/udp/5', '/dns4/x/tcp/1', '/ip4/1.2.3.4', `${at(1)}/ws`]);
    assert.deepEqual(book.addressesOf(device), []);
    book.hint(
      device,
      Array.from({ length: 100 }, (_, index) => at(index)),
    );
    assert.equal(book.addressesOf(device).length, 16);
    for (let number = 0; number < 600; number += 1) {
      book.hint(deviceId(number.toString(16).padStart(64, '0')), [at(1)]);
    }
    assert.deepEqual(book.addressesOf(device), []);
  });

  it('the address book treats a damaged row as empty', async () => {
    const store = new MemoryOrderedStore();
    await store.batch([{ key: idKey(device), value: new Uint8Array([0xff, 0x00]) }]);
    const book = new AddressBook(store, new ManualClock(), silentLog);
    assert.deepEqual(book.addressesOf(device), []);
    await book.worked(device, at(1));
    assert.deepEqual(book.addressesOf(device), [at(1)]);
  });
});

describe('presence', () => {
  it('presence is decoded as it was encoded, within bounds', () => {
    const sightings = Array.from({ length: 300 }, () => ({ device, addresses: Array(20).fill(at(1)) }));
    const read = decodePresence(encodePresence(sightings));
    assert.equal(read.length, 256);
    assert.deepEqual(read[0], { device, addresses: Array(12).fill(at(1)) });
  });
});
