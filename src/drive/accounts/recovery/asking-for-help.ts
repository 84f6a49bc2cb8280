/** Somebody who lost password and words asks the trustees of an account, and comes in by what they give. */
import {
  checkWords,
  newRecoveryClaim,
  recoveryClaimSeed,
  type SealingKey,
  sealingKeyFromSeed,
} from '../../../crypto/index.ts';
import type { AccountRecovery } from '../../../model/accounts/account-recovery.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Audit } from '../../../model/contracts/audit.ts';
import type { CatalogAuthor, CatalogReader } from '../../../model/contracts/catalog.ts';
import type { PasswordChanges } from '../../../model/contracts/drive.ts';
import { PeerstorError } from '../../../model/errors.ts';
import type { UserId } from '../../../model/ids.ts';
import { recoveryRequestsPerDay } from '../../../model/limits.ts';
import { usersNamed } from '../../users/named-users.ts';
import { accountOf } from '../../users/sign-in.ts';
import type { LiveSessions } from '../live-sessions.ts';
import type { SignInGate } from '../sign-in-gate.ts';
import type { DeviceKeys } from './device-keys.ts';
import type { Helping } from './helping.ts';
import {
  openRequests,
  type RecoveryRequest,
  requestIdOf,
  requestOfKey,
  stopRequest,
} from './recovery-requests.ts';
import { openAnswer, wordsByShares } from './trustee-shares.ts';

export type AskingForHelp = Pick<AccountRecovery, 'requestRecovery' | 'recoveryState' | 'finishRecovery'>;

export interface AskingForHelpParts {
  gate: SignInGate;
  sessions: LiveSessions;
  helping: Helping;
  recover: PasswordChanges['recover'];
  deviceKeys(): DeviceKeys;
  clock: Clock;
  audit: Audit;
}

const dayMs = 24 * 3_600_000;

export function createAskingForHelp(parts: AskingForHelpParts): AskingForHelp {
  const { gate, sessions, helping, clock } = parts;

  const ofClaim = async (catalog: CatalogReader, claim: string) => {
    const key = sealingKeyFromSeed(recoveryClaimSeed(claim));
    return { key, request: await requestOfKey(catalog, key, clock.wallMs()) };
  };

  return {
    async requestRecovery(username, from) {
      gate.requireSignIns();
      const catalog = gate.requireCatalog();
      await gate.requireArrived(catalog, username);
      const claim = newRecoveryClaim();
      const key = sealingKeyFromSeed(recoveryClaimSeed(claim));
      for (const { id } of await usersNamed(catalog, username)) {
        if (accountOf(catalog, id)?.bundle.trustees)
          await writeRequest(parts, catalog, { user: id, key, from });
      }
      return { claim, checkWords: checkWords(key.publicKey) };
    },

    async recoveryState(claim) {
      const catalog = gate.requireCatalog();
      const { key, request } = await ofClaim(catalog, claim);
      const given = request ? helping.answersOf(catalog, request).length : 0;
      const needed = request && accountOf(catalog, request.user)?.bundle.trustees?.needed;
      return {
        checkWords: checkWords(key.publicKey),
        given,
        // Before somebody helped, the answer is that for a name that nobody has.
        needed: given > 0 ? (needed ?? null) : null,
        stopped: request?.isStopped ?? false,
      };
    },

    async finishRecovery(claim, newPassword, from, ending) {
      const catalog = gate.requireCatalog();
      const { key, request } = await ofClaim(catalog, claim);
      const { username, words } = await openedByTrustees(helping, catalog, { key, request });
      const session = await parts.recover(username, words, newPassword, from, ending);
      if (request) await stopRequest(catalog, request, sessions.keysOf(session));
      return session;
    },
  };
}

async function writeRequest(
  { clock, audit, deviceKeys }: AskingForHelpParts,
  catalog: CatalogAuthor,
  { user, key, from }: { user: UserId; key: SealingKey; from: string },
): Promise<void> {
  const nowMs = clock.wallMs();
  const recent = (await openRequests(catalog, nowMs)).filter(
    ({ device, createdAt }) => device === catalog.self && createdAt > nowMs - dayMs,
  );
  if (recent.length >= recoveryRequestsPerDay) {
    const sentence = 'Too many requests were made at this device today: use another one, or wait.';
    throw new PeerstorError('too-many-tries', sentence, { details: { retryAfterS: dayMs / 1000 } });
  }
  const id = `${requestIdOf(key.publicKey)}.${catalog.self}`;
  const body = { user, says: 'request', key: key.publicKey, createdAt: nowMs } as const;
  await catalog.author([{ table: 'recovery', id, body }], deviceKeys().signer);
  const username = catalog.get('user', user)?.body?.username;
  const sentence = 'Somebody asked the trustees of this account to let them in.';
  audit.note({ event: 'recovery-requested', ...(username !== undefined && { username }), sentence, from });
}

/** @throws `not-ready`, `gone` */
async function openedByTrustees(
  helping: Helping,
  catalog: CatalogReader,
  { key, request }: { key: SealingKey; request: RecoveryRequest | undefined },
): Promise<{ username: string; words: string }> {
  if (!request) throw new PeerstorError('not-ready', 'Nobody has helped yet.');
  if (request.isStopped) throw new PeerstorError('gone', 'This request was stopped, or is done.');
  const account = accountOf(catalog, request.user);
  const { trustees } = account?.bundle ?? {};
  if (!account || !trustees) throw new PeerstorError('gone', 'Nobody can help this account any more.');
  const opened = helping
    .answersOf(catalog, request)
    .map((sealed) => openAnswer(key.secretKey, request.id, sealed));
  const shares = (await Promise.all(opened)).filter((share) => share !== undefined);
  if (shares.length < trustees.needed) {
    const sentence = `${shares.length} of ${trustees.needed} have helped so far.`;
    throw new PeerstorError('not-ready', sentence, {
      details: { given: shares.length, needed: trustees.needed },
    });
  }
  return { username: account.user.username, words: await wordsByShares(trustees, shares) };
}
