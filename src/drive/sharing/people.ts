/** Entries shared with other users, and those that others share. */
import type { SharedEntryView } from '../../model/api.ts';
import type { Sharing } from '../../model/contracts/drive.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type EntryId, grantId, principalId, toHex, type UserId } from '../../model/ids.ts';
import { requireEntry } from '../tree/tree.ts';
import { requireUserNamed, twins, usersNamed } from '../users/named-users.ts';
import { onEntry, revokeGrant, writeGrant } from './grant-writing.ts';
import type { Grant } from './grants/grants.ts';
import { noteSharing, type SharingParts } from './sharing-parts.ts';
import { badInput, checkRights } from './sharing-rules.ts';
import { accessView, givenAccessView, newestFirst } from './sharing-views.ts';

export type SharingWithPeople = Pick<
  Sharing,
  'shareWith' | 'accessOf' | 'revokeAccess' | 'sharedWithMe' | 'sharedByMe'
>;

export function createSharingWithPeople(parts: SharingParts): SharingWithPeople {
  const { tree, shared } = parts;
  const { catalog, grants, random } = tree;

  function accessTo(entry: EntryId, user: UserId): Grant | undefined {
    return grants
      .on(entry)
      .find(({ body }) => body.kind === 'user' && body.grantee === user && body.owner === tree.user);
  }

  return {
    async shareWith(id, name, rights) {
      checkRights(rights);
      const user = await requireUserNamed(catalog, name);
      if (user.id === tree.user) throw badInput('This is yours already.');
      const grant = await onEntry(tree, id, (entry) => {
        const known = accessTo(id, user.id);
        const grantee = principalId(user.id);
        const terms = {
          kind: 'user',
          rights,
          grantee,
          kdf: null,
          expiresAt: null,
          maxUses: null,
          notes: {},
        } as const;
        return writeGrant(
          tree,
          entry,
          { ...terms, id: known?.id ?? grantId(toHex(random.bytes(16))) },
          known?.body,
        );
      });
      noteSharing(parts, 'share-created', `Something was shared with ${user.username} (${rights}).`);
      return accessView(tree, grant);
    },

    async accessOf(id) {
      requireEntry(tree, id);
      const views = grants.on(id).filter(({ body }) => body.kind === 'user' && body.owner === tree.user);
      return views.map((grant) => accessView(tree, grant));
    },

    async revokeAccess(id, name) {
      // Also of somebody who was disabled: they may be let in again some day.
      const users = (await usersNamed(catalog, name)).filter((user) => accessTo(id, user.id));
      if (users.length > 1) throw twins(catalog, users);
      const grant = users[0] && accessTo(id, users[0].id);
      if (!grant) throw new PeerstorError('not-found', 'This is not shared with them.');
      await revokeGrant(tree, grant.id, 'user');
      noteSharing(parts, 'share-revoked', `Something is not shared with ${name} any more.`);
    },

    async sharedByMe() {
      const given = grants.by(tree.user).filter(({ body }) => body.kind === 'user' && !body.revoked);
      return given.sort(newestFirst).map((grant) => givenAccessView(tree, grant));
    },

    async sharedWithMe() {
      const views: SharedEntryView[] = [];
      for (const grant of shared.live()) {
        try {
          const entry = await shared.of(grant).drive.root();
          const owner = catalog.get('user', grant.body.owner)?.body?.username ?? '';
          const sharedAt = new Date(grant.body.createdAt).toISOString();
          views.push({ entry, owner, rights: grant.body.rights, sharedAt });
        } catch (error) {
          // In the trash, deleted, or on its way to this device: not there for now.
          if (!isPeerstorError(error)) throw error;
        }
      }
      return views;
    },
  };
}
