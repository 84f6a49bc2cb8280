/** Records as another program might write them, with the keys of the test's user. */
import assert from 'node:assert/strict';
import { createKeyTree } from '../../src/drive/keys/key-tree.ts';
import { sealName, unwrapKey, wrapKey } from '../../src/drive/keys/sealed-parts.ts';
import { openByPassword } from '../../src/drive/keys/user-keys.ts';
import { systemRandom } from '../../src/model/clock.ts';
import type { Signer } from '../../src/model/contracts/catalog.ts';
import type { Session } from '../../src/model/contracts/drive.ts';
import { type EntryId, entryId, toHex } from '../../src/model/ids.ts';
import type { EntryBody } from '../../src/model/records.ts';
import { catalogOf, password, type TestDevice } from './world.ts';

export interface EntryDraft {
  table: 'entry';
  id: EntryId;
  body: EntryBody;
}

export interface Pen {
  keyOf(id: string): Uint8Array;
  readonly signer: Signer;
  /** A new file. @param wrapUnder what its key is wrapped with, where that is not the parent's key */
  file(parent: string, name: string, wrapUnder?: Uint8Array): EntryDraft;
}

export async function takePen(device: TestDevice, session: Session): Promise<Pen> {
  const catalog = catalogOf(device);
  const bundle = catalog.get('bundle', session.user.id)?.body;
  assert.ok(bundle);
  const { keys } = await openByPassword(bundle, password);
  const tree = createKeyTree(catalog, {
    id: keys.root,
    mayRenew: true,
    keyIn: (body) => unwrapKey(keys.rootEntryKey, body.wrappedKey),
    openDropped: () => assert.fail('nothing was dropped'),
  });
  return {
    signer: keys.signing,
    keyOf: (id) => tree.keyOf(entryId(id)),
    file(parent, name, wrapUnder) {
      const key = systemRandom.bytes(32);
      const wrap = (id: EntryId) => wrapKey(wrapUnder ?? tree.keyOf(id), key);
      const body: EntryBody = {
        kind: 'file',
        owner: keys.user,
        parent: entryId(parent),
        name: sealName(key, name),
        wrappedKey: wrap(entryId(parent)),
        keyVersion: 1,
        fallback: { parent: keys.root, wrappedKey: wrap(keys.root) },
        createdAt: 0,
        trashedAt: null,
      };
      return { table: 'entry', id: entryId(toHex(systemRandom.bytes(16))), body };
    },
  };
}
