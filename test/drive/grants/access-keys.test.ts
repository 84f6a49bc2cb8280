import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessKeyOf, tokenInAccessKey } from '../../../src/drive/grants/access-keys.ts';
import { newTokenSecret } from '../../../src/drive/grants/grant-secrets.ts';
import { systemRandom } from '../../../src/model/clock.ts';

type Catalog = Parameters<typeof accessKeyOf>[0];

/** Only what an access key follows from. */
function networkOf(fill: number): Catalog {
  const genesis = { body: { random: new Uint8Array(32).fill(fill) } };
  return { networkId: 'n', get: () => genesis } as unknown as Catalog;
}

test('an access key opens its token on every device of the network, and on no other', () => {
  const token = newTokenSecret(systemRandom);
  const id = accessKeyOf(networkOf(1), token);
  assert.match(id, /^[0-9a-f]{120}$/);
  assert.equal(tokenInAccessKey(networkOf(1), id), token);
  assert.equal(tokenInAccessKey(networkOf(2), id), undefined);
  for (const wrong of [
    '',
    token,
    id.slice(2),
    `${id}00`,
    id.toUpperCase(),
    id.replace(/^../, '00'),
    `${id.slice(0, -1)}g`,
  ]) {
    if (wrong !== id) assert.equal(tokenInAccessKey(networkOf(1), wrong), undefined, wrong);
  }
});
