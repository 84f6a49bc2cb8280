/** Share links: making, changing, listing and ending them. */
import { newPasswordKdf } from '../../crypto/index.ts';
import type { Sharing } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { linkLifeMs } from '../../model/limits.ts';
import type { GrantBody } from '../../model/records.ts';
import { type GrantTerms, onEntry, requireGrant, revokeGrant, writeGrant } from './grant-writing.ts';
import { type GrantSecret, newLinkSecret, readSecret } from './grants/grant-secrets.ts';
import { noteSharing, type SharingParts } from './sharing-parts.ts';
import { checkedLink } from './sharing-rules.ts';
import { newestFirst, notesOf, shareView } from './sharing-views.ts';

export type Links = Pick<Sharing, 'createLink' | 'links' | 'changeLink' | 'revokeLink'>;

export function createLinks(parts: SharingParts): Links {
  const { tree, kdfCost, passwordQueue } = parts;
  const { grants, clock, random } = tree;

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
      noteSharing(parts, 'share-created', `A link was made (${rights}).`);
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
      noteSharing(parts, 'share-revoked', 'A link was taken back.');
    },
  };
}

function requireSecret(secret: string): GrantSecret {
  const keys = readSecret('link', secret);
  if (keys) return keys;
  throw new PeerstorError('conflict', 'The secret of this link is lost: make a new link.');
}
