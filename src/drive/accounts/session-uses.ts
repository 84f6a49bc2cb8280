/** When and from where sessions were last used: noted in memory, stored from time to time. */
import { LRUCache } from 'lru-cache';
import type { SessionView } from '../../model/api.ts';
import type { Clock } from '../../model/clock.ts';
import type { Session } from '../../model/contracts/drive.ts';
import { sentenceOf } from '../../model/errors.ts';
import { sessionLifeMs } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { UserKeys } from '../keys/user-keys.ts';
import { openFacts, type SessionFacts, sealFacts } from './session-facts.ts';
import type { SessionStore } from './sessions.ts';

const usesKept = 1000;
/** How old the list may be after a restart. */
const keepEveryMs = 10 * 60_000;

export interface SessionUses {
  /** @returns the function `Session.noteUse` */
  noting(name: string, keys: UserKeys): Session['noteUse'];
  /** The sessions of this user and generation, the last used one first. */
  list(keys: UserKeys, generation: number, current: string): Promise<SessionView[]>;
  forget(name: string): void;
}

export function createSessionUses(store: SessionStore, clock: Clock, log: Log): SessionUses {
  const known = new LRUCache<string, { facts: SessionFacts; keptAtMs: number }>({ max: usesKept });

  return {
    noting: (name, keys) => (use) => {
      const usedAtMs = Math.round(clock.wallMs());
      const before = known.get(name);
      const moved = before?.facts.device !== use.device || before.facts.address !== use.address;
      const isDue = before === undefined || moved || usedAtMs - before.keptAtMs > keepEveryMs;
      const facts = { usedAtMs, device: use.device, address: use.address };
      known.set(name, { facts, keptAtMs: isDue ? usedAtMs : before.keptAtMs });
      if (!isDue) return;
      store.keepFacts(name, sealFacts(keys, facts)).catch((error: unknown) => {
        log.warn({}, `The use of a session could not be kept: ${sentenceOf(error)}`);
      });
    },

    async list(keys, generation, current) {
      const stored = await store.listOf(keys.user);
      const listed = stored
        .filter((one) => one.generation === generation)
        .map(({ name, expiresAtMs, facts: sealed }) => {
          const facts = known.get(name)?.facts ?? (sealed && openFacts(keys, sealed));
          const createdAtMs = expiresAtMs - sessionLifeMs;
          return { name, expiresAtMs, createdAtMs, facts };
        })
        .sort((one, other) => usedAt(other) - usedAt(one));
      return listed.map(({ name, expiresAtMs, createdAtMs, facts }) => ({
        id: name,
        device: facts?.device ?? '',
        address: facts?.address ?? '',
        createdAt: new Date(createdAtMs).toISOString(),
        lastUsedAt: facts === undefined ? null : new Date(facts.usedAtMs).toISOString(),
        expiresAt: new Date(expiresAtMs).toISOString(),
        current: name === current,
      }));
    },

    forget: (name) => {
      known.delete(name);
    },
  };
}

function usedAt({ facts, createdAtMs }: { facts: SessionFacts | undefined; createdAtMs: number }): number {
  return facts?.usedAtMs ?? createdAtMs;
}
