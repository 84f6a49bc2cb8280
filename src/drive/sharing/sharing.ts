/** A signed-in user's shares: with other users, by links and by tokens; and what others share with them. */
import { newPasswordKdf } from '../../crypto/index.ts';
import type { SharedEntryView } from '../../model/api.ts';
import type { Audit, AuditEvent } from '../../model/contracts/audit.ts';
import type { Sharing } from '../../model/contracts/drive.ts';
import { checkDisplayName } from '../../model/display-name.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type EntryId, grantId, principalId, toHex, type UserId } from '../../model/ids.ts';
import { linkLifeMs } from '../../model/limits.ts';
import type { GrantBody } from '../../model/records.ts';
import { type GrantSecret, newLinkSecret, newTokenSecret, readSecret } from '../grants/grant-secrets.ts';
import type { Grant } from '../grants/grants.ts';
import type { KdfCost } from '../keys/user-keys.ts';
import { requireEntry, type Tree } from '../tree/tree.ts';
import { requireUserNamed, twins, usersNamed } from '../users/named-users.ts';
import type { PasswordQueue } from '../users/password-queue.ts';
import { type GrantTerms, onEntry, requireGrant, revokeGrant, writeGrant } from './grant-writing.ts';
import type { SharedDrives } from './shared-drives.ts';
import { badInput, checkEnd, checkedLink, checkRights } from './sharing-rules.ts';
import { accessView, newestFirst, notesOf, shareView, tokenView } from './sharing-views.ts';

export interface SharingParts {
  tree: Tree;
  shared: SharedDrives;
  audit: Audit;
  kdfCost: KdfCost | undefined;
  passwordQueue: PasswordQueue;
}

export function createSharing(parts: SharingParts): Sharing {
  const { tree, shared, audit, kdfCost, passwordQueue } = parts;
  const { catalog, grants, clock, random } = tree;
  const username = () => catalog.get('user', tree.user)?.body?.username;
  const note = (event: AuditEvent['event'], sentence: string) =>
    audit.note({ event, sentence, ...(username() !== undefined && { username: username() ?? '' }) });

  function accessTo(entry: EntryId, user: UserId): Grant | undefined {
    return grants
      .on(entry)
      .find(({ body }) => body.kind === 'user' && body.grantee === user && body.owner === tree.user);
  }

  /** Derives the key of a link. Call it before taking a lock: hashing a password is slow. */
  async function linkKey(
    secret: GrantSecret,
    password: string | null | undefined,
  ): Promise<{ kdf: GrantBody['kdf']; key: Uint8Array }> {
    if (!password) return { kdf: null, key: await secret.key() };
    const kdf = newPasswordKdf(kdfCost);
    const key = await passwordQueue.run(`user ${tree.user}`, () => secret.key({ text: password, kdf }));
    return { kdf, key };
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
      note('share-created', `Something was shared with ${user.username} (${rights}).`);
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
      note('share-revoked', `Something is not shared with ${name} any more.`);
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

    async createLink(wish) {
      const { rights, note: text = '', maxDownloads = null } = checkedLink(wish);
      const secret = newLinkSecret(random);
      const keys = requireSecret(secret);
      const expiresAt = wish.expiresAtMs === undefined ? clock.wallMs() + linkLifeMs : wish.expiresAtMs;
      const { kdf, key } = await linkKey(keys, wish.password);
      const notes = { secret, note: text, key };
      const grantee = keys.signing.principal;
      const terms: GrantTerms = {
        id: keys.id,
        kind: 'link',
        rights,
        grantee,
        kdf,
        expiresAt,
        maxUses: maxDownloads,
        notes,
      };
      const grant = await onEntry(tree, wish.entryId, (entry) => writeGrant(tree, entry, terms));
      note('share-created', `A link was made (${rights}).`);
      return shareView(tree, grant);
    },

    async links() {
      const mine = grants.by(tree.user).filter(({ body }) => body.kind === 'link');
      return Promise.all(mine.sort(newestFirst).map((grant) => shareView(tree, grant)));
    },

    async changeLink(id, change) {
      const { body } = requireGrant(tree, id, 'link');
      if (body.revoked) throw new PeerstorError('gone', 'This link was taken back: make a new one.');
      checkedLink({ entryId: body.entry, rights: body.rights, ...change });
      const { password, note: text } = change;
      const { secret = '' } = notesOf(tree, body);
      const locked = password === undefined ? undefined : await linkKey(requireSecret(secret), password);
      const grant = await onEntry(tree, body.entry, async (entry) => {
        const before = requireGrant(tree, id, 'link').body;
        const { rights = before.rights, maxDownloads = before.maxUses } = change;
        const expiresAt = change.expiresAtMs === undefined ? before.expiresAt : change.expiresAtMs;
        const notes = {
          ...notesOf(tree, before),
          ...(text !== undefined && { note: text }),
          ...(locked && { key: locked.key }),
        };
        const { kind, grantee } = before;
        const terms: GrantTerms = {
          id,
          kind,
          grantee,
          rights,
          kdf: locked ? locked.kdf : before.kdf,
          expiresAt,
          maxUses: maxDownloads,
          notes,
        };
        return writeGrant(tree, entry, terms, before);
      });
      return shareView(tree, grant);
    },

    async revokeLink(id) {
      await revokeGrant(tree, id, 'link');
      note('share-revoked', 'A link was taken back.');
    },

    async createToken(wish) {
      checkRights(wish.rights);
      const name = checkDisplayName('A token name', wish.name);
      checkEnd(wish.expiresAtMs);
      const token = newTokenSecret(random);
      const keys = readSecret('token', token);
      if (!keys) throw new PeerstorError('internal', 'A new token has the wrong shape.');
      const grantee = keys.signing.principal;
      const notes = { name, key: await keys.key() };
      const { rights, expiresAtMs: expiresAt } = wish;
      const terms: GrantTerms = {
        id: keys.id,
        kind: 'token',
        rights,
        grantee,
        kdf: null,
        expiresAt,
        maxUses: null,
        notes,
      };
      const grant = await onEntry(tree, wish.entryId, (entry) => writeGrant(tree, entry, terms));
      note('token-created', `An access token was made (${rights}).`);
      return { ...tokenView(tree, grant), token };
    },

    async tokens() {
      const mine = grants.by(tree.user).filter(({ body }) => body.kind === 'token' && !body.revoked);
      return mine.sort(newestFirst).map((grant) => tokenView(tree, grant));
    },

    async revokeToken(id) {
      await revokeGrant(tree, id, 'token');
      note('token-revoked', 'An access token was taken back.');
    },
  };
}

function requireSecret(secret: string): GrantSecret {
  const keys = readSecret('link', secret);
  if (keys) return keys;
  throw new PeerstorError('conflict', 'The secret of this link is lost: make a new link.');
}
