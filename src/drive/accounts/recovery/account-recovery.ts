/**
 * The way back without password and recovery words: a user names trustees, some of whom together open the words.
 * Decision 0033 tells why it is safe.
 */

import type { AccountRecovery } from '../../../model/accounts/account-recovery.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Audit } from '../../../model/contracts/audit.ts';
import type { CatalogReader } from '../../../model/contracts/catalog.ts';
import type { PasswordChanges } from '../../../model/contracts/drive.ts';
import type { OrderedStore } from '../../../model/contracts/ordered-store.ts';
import { sentenceOf } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import type { LiveSessions } from '../live-sessions.ts';
import type { SignInGate } from '../sign-in-gate.ts';
import { createAnsweringRequests } from './answering-requests.ts';
import { createAskingForHelp } from './asking-for-help.ts';
import type { DeviceKeys } from './device-keys.ts';
import { createHelping } from './helping.ts';
import { createNamingTrustees } from './naming-trustees.ts';
import { openRequests } from './recovery-requests.ts';
import { createRequestAges } from './request-ages.ts';

export interface AccountRecoveryParts {
  /** undefined while this device has no network. */
  catalog(): CatalogReader | undefined;
  gate: SignInGate;
  sessions: LiveSessions;
  recover: PasswordChanges['recover'];
  deviceKeys(): DeviceKeys;
  /** Nothing else uses it. */
  ages: OrderedStore;
  clock: Clock;
  audit: Audit;
  log: Log;
}

export interface AccountRecoveryRoom extends AccountRecovery {
  stopNoting(): void;
}

/** A small part of the shortest wait. */
const noteEveryMs = 5 * 60_000;

export function createAccountRecovery(parts: AccountRecoveryParts): AccountRecoveryRoom {
  const { clock, audit, log } = parts;
  const ages = createRequestAges(parts.ages, clock);
  const helping = createHelping({ ages, clock, audit });
  let timer = clock.after(noteEveryMs, () => void note());
  let stopped = false;

  /** The wait of a request counts from when it was noted, whoever is signed in at this device. */
  const note = async () => {
    try {
      const catalog = parts.catalog();
      if (catalog) await ages.of(await openRequests(catalog, clock.wallMs()));
    } catch (error) {
      log.warn({ error: sentenceOf(error) }, 'Requests for help were not noted.');
    }
    if (!stopped) timer = clock.after(noteEveryMs, () => void note());
  };

  return {
    ...createNamingTrustees(parts),
    ...createAnsweringRequests({ ...parts, helping }),
    ...createAskingForHelp({ ...parts, helping }),

    stopNoting() {
      stopped = true;
      timer.cancel();
    },
  };
}
