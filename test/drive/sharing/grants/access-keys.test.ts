import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessKeyOf, tokenInAccessKey } from '../../../../src/drive/sharing/grants/access-keys.ts';
import { newTokenSecret } from '../../../../src/drive/sharing/grants/grant-secrets.ts';
import { systemRandom } from '../../../../src/model/clock.ts';
import { grantId } from '../../../../src/model/ids.ts';
import { createHome, password, username } from '../../world.ts';

type Catalog = Parameters<typeof accessKeyOf>[0];

/** Only what an access key follows from. */
function networkOf(fill: number): Catalog {
  const genesis = { body: { random: new Uint8Array(32).fill(fill) } };
  return { get: () => genesis } as unknown as Catalog;
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

test('a session is found by the access key of its token, by the token, and by the id that a device has met', async () => {
  const { device, session, root } = await createHome();
  const wish = { name: 'backup', rights: 'edit', entryId: root, expiresAtMs: null } as const;
  const { id, token = '' } = await session.sharing.createToken(wish);
  const { accounts } = device;
  assert.equal(await accounts.resumeAccessKey(id), undefined, 'the id alone opens nothing');
  const accessKeyId = (await accounts.resume(token))?.accessKeyId ?? '';
  assert.match(accessKeyId, /^[0-9a-f]{120}$/);
  for (const known of [accessKeyId, token, id]) {
    assert.equal((await accounts.resumeAccessKey(known))?.secret, token);
  }
  const again = await device.restart();
  assert.equal((await again.accounts.resumeAccessKey(accessKeyId))?.secret, token);
  const later = await again.accounts.login(username, password, 'here');
  assert.equal(later.accessKeyId, null);
  await later.sharing.revokeToken(grantId(id));
  for (const gone of [accessKeyId, token, id]) {
    assert.equal(await again.accounts.resumeAccessKey(gone), undefined);
  }
});
