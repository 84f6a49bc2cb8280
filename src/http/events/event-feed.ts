/** The stream of "this changed, ask again" that one open page gets. */
import type { EventView } from '../../model/api.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { DeviceFront } from '../../model/contracts/device.ts';
import type { Session } from '../../model/contracts/drive.ts';
import { eventGatherMs, eventIdsMax } from '../limits/http-limits.ts';

type Topic = EventView['topic'];

/** A number that grows with every event of this gateway, so that a page can order what it hears. */
export interface EventCounter {
  next(): number;
}

export function createEventCounter(): EventCounter {
  let rev = 0;
  return { next: () => ++rev };
}

/**
 * Gathers what changes within `eventGatherMs` and gives it out as few events.
 *
 * Which entries changed is heard from the session's own drive, not from the device: what other
 * users do is none of this user's business.
 * @returns stops it
 */
export function feedEvents(
  front: DeviceFront,
  session: Session,
  clock: Clock,
  counter: EventCounter,
  give: (event: EventView) => void,
): () => void {
  const pending = new Map<Topic, Set<string>>();
  let timer: Timer | undefined;

  const flush = () => {
    timer = undefined;
    for (const [topic, gathered] of pending) {
      const ids = [...gathered];
      for (let from = 0; from === 0 || from < ids.length; from += eventIdsMax) {
        give({ topic, ids: ids.slice(from, from + eventIdsMax), rev: counter.next() });
      }
    }
    pending.clear();
  };
  const gather = (topic: Topic, ids: readonly string[]) => {
    const gathered = pending.get(topic) ?? new Set();
    for (const id of ids) gathered.add(id);
    pending.set(topic, gathered);
    timer ??= clock.after(eventGatherMs, flush);
  };
  const stops = [
    session.drive.onChange((ids) => gather('entries', ids)),
    front.onEvent((topic, ids) => {
      if (topic !== 'entries') gather(topic, ids);
    }),
  ];
  return () => {
    timer?.cancel();
    pending.clear();
    for (const stop of stops) stop();
  };
}
