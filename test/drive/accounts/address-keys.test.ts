import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAddressKeys } from '../../../src/drive/accounts/address-keys.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const dayMs = 86_400_000;
const secret = new Uint8Array(64).fill(7);

describe('keys of addresses', () => {
  it('a key opens its own entry, of its own session, and nothing else', () => {
    const clock = new ManualClock();
    const keys = createAddressKeys(secret, clock);
    const key = keys.keyFor('entry-1');
    assert.ok(keys.opens('entry-1', key));
    assert.ok(!keys.opens('entry-2', key));
    assert.ok(!createAddressKeys(new Uint8Array(64).fill(8), clock).opens('entry-1', key));
    for (const broken of ['', '.', key.slice(0, -1), `${key}A`, key.replace('.', ''), `0${key}`])
      assert.ok(!keys.opens('entry-1', broken), broken);
  });

  it('a key stays the same for a day, so that browsers keep what they fetched, and ends within 3 days', async () => {
    const clock = new ManualClock();
    const keys = createAddressKeys(secret, clock);
    const first = keys.keyFor('entry-1');
    assert.equal(keys.keyFor('entry-1'), first);
    await clock.pass(2 * dayMs);
    assert.ok(keys.opens('entry-1', first));
    assert.notEqual(keys.keyFor('entry-1'), first);
    await clock.pass(dayMs);
    assert.ok(!keys.opens('entry-1', first));
  });

  it('the day of a key cannot be moved', () => {
    const clock = new ManualClock();
    const keys = createAddressKeys(secret, clock);
    const [day = '', mac] = keys.keyFor('entry-1').split('.');
    const later = (Number.parseInt(day, 36) + 300).toString(36);
    assert.ok(!keys.opens('entry-1', `${later}.${mac}`));
  });
});
