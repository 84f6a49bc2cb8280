/** What the owner of an account sees and stops of requests, and how trustees answer them. */

import type { AccountRecovery } from '../../../model/accounts/account-recovery.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Audit } from '../../../model/contracts/audit.ts';
import type { CatalogReader } from '../../../model/contracts/catalog.ts';
import type { Session } from '../../../model/contracts/drive.ts';
import { PeerstorError } from '../../../model/errors.ts';
import type { LiveSessions } from '../live-sessions.ts';
import type { SignInGate } from '../sign-in-gate.ts';
import type { DeviceKeys } from './device-keys.ts';
import type { Helper, Helping } from './helping.ts';
import { openRequests, stopRequest } from './recovery-requests.ts';

export type AnsweringRequests = Pick<
  AccountRecovery,
  'recoveryRequests' | 'stopRecovery' | 'helpRecovery' | 'deviceRecoveryRequests' | 'helpRecoveryHere'
>;

export function createAnsweringRequests(parts: {
  gate: SignInGate;
  sessions: LiveSessions;
  helping: Helping;
  deviceKeys(): DeviceKeys;
  clock: Clock;
  audit: Audit;
}): AnsweringRequests {
  const { gate, sessions, helping, clock, audit } = parts;
  const requestsOf = (catalog: CatalogReader) => openRequests(catalog, clock.wallMs());

  const userHelper = (session: Session): Helper => {
    const { user, signing, sealingSecret } = sessions.keysOf(session);
    return { kind: 'user', id: user, name: session.user.username, signer: signing, sealingSecret };
  };
  const deviceHelper = (catalog: CatalogReader): Helper => {
    const name = catalog.get('device', catalog.self)?.body?.name ?? '';
    return { kind: 'device', id: catalog.self, name, ...parts.deviceKeys() };
  };

  return {
    async recoveryRequests(session) {
      const catalog = gate.requireCatalog();
      const helper = userHelper(session);
      const requests = await requestsOf(catalog);
      const [own, others] = [
        requests.filter(({ user }) => user === helper.id),
        requests.filter((request) => helping.isAsked(catalog, request, helper)),
      ];
      return { own: await helping.views(catalog, own), others: await helping.views(catalog, others, helper) };
    },

    async stopRecovery(session, id) {
      const catalog = gate.requireCatalog();
      const keys = sessions.keysOf(session);
      const request = (await requestsOf(catalog)).find((one) => one.id === id && one.user === keys.user);
      if (!request) throw new PeerstorError('not-found', 'There is no such request.');
      await stopRequest(catalog, request, keys);
      const sentence = 'A request to be let into the account was stopped.';
      audit.note({ event: 'recovery-stopped', username: session.user.username, sentence });
    },

    helpRecovery(session, id) {
      return helping.help(gate.requireCatalog(), id, userHelper(session));
    },

    async deviceRecoveryRequests() {
      const catalog = gate.requireCatalog();
      const helper = deviceHelper(catalog);
      const asked = (await requestsOf(catalog)).filter((one) => helping.isAsked(catalog, one, helper));
      return helping.views(catalog, asked, helper);
    },

    helpRecoveryHere(id) {
      const catalog = gate.requireCatalog();
      return helping.help(catalog, id, deviceHelper(catalog));
    },
  };
}
