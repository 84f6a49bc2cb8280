import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWord, placesToAsk } from '../../web/client/words/recovery-words.ts';
import { broughtBy, hostOf, joiningPage } from '../../web/client/words/setup-link.ts';

test('a set-up link brings its code, a pairing link the digits and the address of the other device', () => {
  const nothing = { setupCode: '', pairingCode: '', address: '' };
  assert.deepEqual(broughtBy(''), nothing);
  assert.deepEqual(broughtBy('#AB%2BCD'), { ...nothing, setupCode: 'AB+CD' });
  assert.deepEqual(broughtBy('#%'), { ...nothing, setupCode: '%' });
  assert.deepEqual(broughtBy('#pair=1234 5678'), { ...nothing, pairingCode: '12345678' });
  const link = joiningPage('10.0.0.7:8080', '12345678', '10.0.0.5:8080');
  assert.deepEqual(broughtBy(new URL(link).hash), {
    setupCode: '',
    pairingCode: '12345678',
    address: '10.0.0.5:8080',
  });
});

test('an address of a device is taken with or without its scheme, and nothing else is', () => {
  assert.equal(hostOf(' 192.168.1.20:8080 '), '192.168.1.20:8080');
  assert.equal(hostOf('http://nas.local:8080/setup#x'), 'nas.local:8080');
  for (const wrong of ['', '  ', 'not an address', 'http://']) assert.equal(hostOf(wrong), undefined, wrong);
});

test('three different recovery words are asked for, and case does not count', () => {
  const draws = [5, 5, 2, 5, 9];
  assert.deepEqual(
    placesToAsk(24, () => draws.shift() ?? 0),
    [2, 5, 9],
  );
  assert.equal(isWord(' Abandon ', 'abandon'), true);
  assert.equal(isWord('abandon', 'ability'), false);
  assert.equal(isWord('', undefined), false);
});
