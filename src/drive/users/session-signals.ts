/**
 * One signal for each session, which aborts when the session ends. Long transfers and open pages
 * listen to it. A session's keys may leave the memory much earlier, so signals are stored apart from them.
 */
import { LRUCache } from 'lru-cache';
import type { Clock, Timer } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { UserId } from '../../model/ids.ts';

/** About 300 bytes each. Beyond this number, the signal that was not asked for the longest ends. */
const signalsKept = 20_000;
/** How late the expiry of a session may be noticed; every other end is noticed at once. */
const expiryCheckMs = 10_000;

export interface SessionSignals {
  /**
   * The signal of a session, the same for each of its requests.
   * @param isOver asked whenever a change may have ended the session
   * @param whose the user, if the session belongs to one
   */
  of(name: string, isOver: () => boolean, whose?: UserId): AbortSignal;
  /** Ends one session. */
  end(name: string): void;
  endAllOf(user: UserId): void;
  /** Asks all sessions whether they have ended. */
  check(): void;
  /** Ends all. */
  stop(): void;
}

interface Watched {
  controller: AbortController;
  isOver(): boolean;
  whose: UserId | undefined;
}

export function createSessionSignals(clock: Clock): SessionSignals {
  const kept = new LRUCache<string, Watched>({
    max: signalsKept,
    dispose: ({ controller }) => controller.abort(ended()),
  });
  let timer: Timer | undefined;

  function check(): void {
    for (const [name, { isOver }] of [...kept.entries()]) if (isOver()) kept.delete(name);
  }

  function checkAgain(): void {
    timer ??= clock.after(expiryCheckMs, () => {
      timer = undefined;
      check();
      if (kept.size > 0) checkAgain();
    });
  }

  return {
    of(name, isOver, whose) {
      const known = kept.get(name);
      if (known) return known.controller.signal;
      const controller = new AbortController();
      kept.set(name, { controller, isOver, whose });
      checkAgain();
      return controller.signal;
    },
    end: (name) => {
      kept.delete(name);
    },
    endAllOf(user) {
      for (const [name, { whose }] of [...kept.entries()]) if (whose === user) kept.delete(name);
    },
    check,
    stop() {
      timer?.cancel();
      timer = undefined;
      kept.clear();
    },
  };
}

function ended(): PeerstorError {
  return new PeerstorError('not-signed-in', 'This session has ended: sign in again.');
}
