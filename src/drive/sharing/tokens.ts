/** Access tokens of programs: making, listing and ending them. */
import type { Sharing } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { checkDisplayName } from '../../model/names/display-name.ts';
import { type GrantTerms, onEntry, revokeGrant, writeGrant } from './grant-writing.ts';
import { newTokenSecret, readSecret } from './grants/grant-secrets.ts';
import { noteSharing, type SharingParts } from './sharing-parts.ts';
import { checkEnd, checkRights } from './sharing-rules.ts';
import { newestFirst, tokenView } from './sharing-views.ts';

export type Tokens = Pick<Sharing, 'createToken' | 'tokens' | 'revokeToken'>;

export function createTokens(parts: SharingParts): Tokens {
  const { tree } = parts;
  const { grants, random } = tree;

  return {
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
      noteSharing(parts, 'token-created', `An access token was made (${rights}).`);
      return { ...tokenView(tree, grant), token };
    },

    async tokens() {
      const mine = grants.by(tree.user).filter(({ body }) => body.kind === 'token' && !body.revoked);
      return mine.sort(newestFirst).map((grant) => tokenView(tree, grant));
    },

    async revokeToken(id) {
      await revokeGrant(tree, id, 'token');
      noteSharing(parts, 'token-revoked', 'An access token was taken back.');
    },
  };
}
