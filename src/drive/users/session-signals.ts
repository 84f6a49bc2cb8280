/**
 * One signal for each session, which aborts when the session is over. Long transfers and open pages
 * listen to it. A session's keys may leave the memory long before, so signals are kept apart from them.
 */
import { LRUCache } from 'lru-cache';
import type { Clock, Timer } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { UserId } from '../../model/ids.ts';

/** About 300 bytes each. The one that was asked for longest ago is ended beyond. */
const signalsKept = 20_000;
/** How late the end of a session's time may be noticed; everything else is noticed at once. */
const expiryCheckMs = 10_000;

export interface SessionSignals {
  /**
   * The signal of a session, the same for each of its requests.
   * @param isOver asked again whenever something changed that may have ended it
   * @param whose the user; by default nobody's in particular
   */
  of(name: string, isOver: () => boolean, whose?: UserId): AbortSignal;
  /** Ends one session. */
  end(name: string): void;
  endAllOf(user: UserId): void;
  /** Asks all sessions whether they are over. */
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
