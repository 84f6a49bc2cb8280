import type { Session } from '../../src/model/contracts/drive.ts';
import type { Passkeys } from '../../src/model/contracts/own-account.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import type { PasskeyView } from '../../src/model/views/passkeys.ts';

/** Passkeys whose authenticator answers `{id}`; any secret opens. */
export function createFakePasskeys(open: () => Session): Passkeys {
  const known = new Map<string, PasskeyView>();
  const idOf = (credential: unknown) => (credential as { id: string }).id;
  const requireKnown = (id: string): PasskeyView => {
    const found = known.get(id);
    if (found) return found;
    throw new PeerstorError('not-found', 'There is no such passkey.');
  };
  const question = async () => ({ options: { challenge: 'AAAA' }, salt: new Uint8Array(32) });
  return {
    passkeyQuestion: question,
    newPasskeyQuestion: question,
    async loginByPasskey(_site, { credential }) {
      if (known.has(idOf(credential))) return open();
      throw new PeerstorError('wrong-password', 'This passkey opens no account here.');
    },
    passkeys: () => [...known.values()],
    async addPasskey(_session, { host }, name, { credential }) {
      const made = { id: idOf(credential), name, host, createdAt: new Date(0).toISOString() };
      known.set(made.id, made);
      return made;
    },
    async renamePasskey(_session, id, name) {
      const renamed = { ...requireKnown(id), name };
      known.set(id, renamed);
      return renamed;
    },
    async removePasskey(_session, id) {
      requireKnown(id);
      known.delete(id);
    },
  };
}
