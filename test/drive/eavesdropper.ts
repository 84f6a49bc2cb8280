/**
 * Somebody who keeps every key that they could ever open, and looks at everything that any device
 * holds: what they can read is what cryptography lets them, whatever the drive would refuse.
 */
import assert from 'node:assert/strict';
import { oldKeysIn } from '../../src/drive/keys/key-tree.ts';
import { openVersionFacts, unwrapKey } from '../../src/drive/keys/sealed-parts.ts';
import { openByPassword } from '../../src/drive/keys/user-keys.ts';
import { keysGiven } from '../../src/drive/sharing/access/grant-drafts.ts';
import type { Catalog } from '../../src/model/contracts/catalog.ts';
import type { Session } from '../../src/model/contracts/drive.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { grantId, toHex } from '../../src/model/ids.ts';
import { catalogOf, password, type TestDevice } from './world.ts';

export interface Eavesdropper {
  /** Looks at what a device holds now, and keeps what it learns. */
  listen(catalog: Catalog): Promise<void>;
  /** Ids of versions that it can open. */
  readable(catalog: Catalog): Promise<Set<string>>;
}

export async function eavesdrop(device: TestDevice, session: Session): Promise<Eavesdropper> {
  const bundle = catalogOf(device).get('bundle', session.user.id)?.body;
  assert.ok(bundle);
  const { sealingSecret, user } = (await openByPassword(bundle, password)).keys;
  const known = new Map<string, Uint8Array>();

  function learn(keys: readonly Uint8Array[]): boolean {
    const before = known.size;
    for (const key of keys) known.set(toHex(key), key);
    return known.size > before;
  }

  return {
    async listen(catalog) {
      for await (const { id, body } of catalog.list('grant')) {
        if (!body || body.grantee !== user) continue;
        const sealedKeys = catalog.heads('grant', id).flatMap((head) => head.body?.sealedKey ?? []);
        learn(keysGiven({ id: grantId(id), body, sealedKeys }, { sealingSecret }));
      }
      const bodies = [];
      for await (const { id } of catalog.list('entry')) {
        bodies.push(...catalog.heads('entry', id).flatMap((head) => head.body ?? []));
      }
      for (let more = true; more; ) {
        more = false;
        for (const body of bodies) {
          for (const key of [...known.values()]) {
            const wraps = [body.wrappedKey, ...(body.fallback ? [body.fallback.wrappedKey] : [])];
            const opened = wraps.flatMap((wrapped) => tried(() => unwrapKey(key, wrapped)));
            if (learn([...opened, ...oldKeysIn(key, body)])) more = true;
          }
        }
      }
    },

    async readable(catalog) {
      const readable = new Set<string>();
      for await (const { id, body } of catalog.list('version')) {
        if (!body) continue;
        const opens = [...known.values()].some(
          (key) => tried(() => openVersionFacts(key, body.sealed)).length > 0,
        );
        if (opens) readable.add(id);
      }
      return readable;
    },
  };
}

function tried<Result>(open: () => Result): Result[] {
  try {
    return [open()];
  } catch (error) {
    if (isPeerstorError(error)) return [];
    throw error;
  }
}
