import type { AccountRecovery } from '../../src/model/accounts/account-recovery.ts';
import type { Session } from '../../src/model/contracts/drive.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import type { RecoveryRequestView, TrusteesView } from '../../src/model/views/recovery.ts';

const at = new Date(0).toISOString();
export const fakeClaim =
  'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
const checkWords = 'zoo zone zero youth';

/** One account, whose trustees are others, and whom everybody helps at once. */
export function createFakeRecovery(parts: {
  open(username: string): Session;
  isPassword(password: string): boolean;
  words(): string;
}): AccountRecovery {
  let trustees: TrusteesView | undefined;
  let testedAt: number | undefined;
  const requests = new Map<string, RecoveryRequestView>();
  const find = (id: string): RecoveryRequestView => {
    const found = requests.get(id);
    if (found) return found;
    throw new PeerstorError('not-found', 'There is no such request.');
  };
  const change = (id: string, to: Partial<RecoveryRequestView>) => {
    const changed = { ...find(id), ...to };
    requests.set(id, changed);
    return changed;
  };
  const checkPassword = (password: string) => {
    if (!parts.isPassword(password)) throw new PeerstorError('wrong-password', 'The password is wrong.');
  };
  const help = async (id: string) => {
    if (find(id).stopped) throw new PeerstorError('gone', 'This request was stopped.');
    return change(id, { helped: true, given: find(id).given + 1 });
  };
  const newest = () => [...requests.values()].at(-1);
  return {
    trustees: () => trustees,
    async setTrustees(_session, password, { users, devices, needed, waitHours }) {
      checkPassword(password);
      const named = [
        ...users.map((name) => ({ kind: 'user' as const, id: name, name, present: true })),
        ...devices.map((id) => ({ kind: 'device' as const, id, name: id, present: true })),
      ];
      if (needed > named.length) throw new PeerstorError('bad-input', 'Too few are named.');
      trustees = { needed, waitHours, madeAt: at, trustees: named };
      return trustees;
    },
    async removeTrustees(_session, password) {
      checkPassword(password);
      trustees = undefined;
    },
    recoveryRequests: async () => ({ own: [...requests.values()], others: [...requests.values()] }),
    async stopRecovery(_session, id) {
      change(id, { stopped: true });
    },
    helpRecovery: (_session, id) => help(id),
    deviceRecoveryRequests: async () => [...requests.values()],
    helpRecoveryHere: help,
    async requestRecovery(username) {
      const id = String(requests.size + 1).padStart(32, '0');
      const needed = trustees?.needed ?? 2;
      const made = {
        id,
        username,
        checkWords,
        device: 'Kitchen',
        createdAt: at,
        helpFrom: at,
        helped: false,
      };
      requests.set(id, { ...made, given: 0, needed, stopped: false });
      return { claim: fakeClaim, checkWords };
    },
    async recoveryState(claim) {
      const request = claim === fakeClaim ? newest() : undefined;
      if (!request) throw new PeerstorError('bad-input', 'These are not the 12 words of a request.');
      const { given, needed, stopped } = request;
      return { checkWords, given, needed: given > 0 ? needed : null, stopped };
    },
    async finishRecovery(claim) {
      const request = claim === fakeClaim ? newest() : undefined;
      if (!request) throw new PeerstorError('bad-input', 'These are not the 12 words of a request.');
      if (request.given < request.needed) throw new PeerstorError('not-ready', 'Too few have helped.');
      return parts.open(request.username);
    },
    async testRecoveryCode(_session, words) {
      if (words !== parts.words()) throw new PeerstorError('wrong-password', 'These are other words.');
      testedAt = 0;
    },
    recoveryCodeTestedAt: () => testedAt,
  };
}
