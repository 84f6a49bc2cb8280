/** What open pages are told: "this changed, ask again". One feed serves all pages of a session. */
import type { EventView } from '../../model/api.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { DeviceFront } from '../../model/contracts/device.ts';
import type { Session } from '../../model/contracts/drive.ts';
import {
  eventFeedsIdleMax,
  eventGatherMs,
  eventIdsMax,
  eventKeepMs,
  eventsKept,
} from '../limits/http-limits.ts';

type Topic = EventView['topic'];

/** What a page that missed events asks anew. How busy the machine is it is told within seconds anyhow. */
const topicsOfChanges: readonly Topic[] = ['entries', 'uploads', 'transfers', 'devices', 'health'];

/** Gives a page its events. */
export type Give = (event: EventView) => void;

export interface EventFeeds {
  /**
   * @param since the last `rev` that the page had: it gets what came after it, or, where that is not known any
   * more, an event without ids for each topic, which means that anything of it may have changed
   * @returns stops it
   */
  listen(session: Session, since: number | undefined, give: Give): () => void;
  /** Drops all of them: nobody comes back to a gateway that ended. */
  stop(): void;
}

/** The feeds of one gateway. A feed lives on for a while without a page, so that one that reconnects misses nothing. */
export function createEventFeeds(front: DeviceFront, clock: Clock): EventFeeds {
  // Larger than any number that the same device gave before it started again, if its clock goes forward; a number
  // that this gateway did not give means a page that knows nothing of it.
  const first = Math.floor(clock.wallMs()) * 1000;
  let rev = first;
  const feeds = new Map<string, Feed>();
  let isStopped = false;

  const drop = (secret: string, feed: Feed) => {
    feed.stop();
    if (feeds.get(secret) === feed) feeds.delete(secret);
  };

  return {
    listen(session, since, give) {
      const { secret } = session;
      let feed = feeds.get(secret);
      if (feed === undefined) {
        feed = new Feed(front, session, clock, { next: () => ++rev, now: () => rev });
        feeds.set(secret, feed);
        const made = feed;
        session.signal.addEventListener('abort', () => drop(secret, made), { once: true });
      }
      const own = feed;
      const stop = own.add(since, give);
      return () => {
        stop();
        if (isStopped) return drop(secret, own);
        if (!own.isIdle) return;
        own.dropAfter(eventKeepMs, () => drop(secret, own));
        const idle = [...feeds].filter(([, one]) => one.isIdle);
        const [oldest] = idle;
        if (oldest !== undefined && idle.length > eventFeedsIdleMax) drop(...oldest);
      };
    },
    stop() {
      isStopped = true;
      for (const [secret, feed] of feeds) drop(secret, feed);
    },
  };
}

/** Numbers that grow with every event of this gateway, so that a page can order what it hears. */
interface Revisions {
  next(): number;
  now(): number;
}

/**
 * Gathers what changes within `eventGatherMs` and gives it out as few events.
 *
 * Which entries changed is heard from the session's own drive, not from the device: what other
 * users do is none of this user's business.
 */
class Feed {
  readonly #clock: Clock;
  readonly #revisions: Revisions;
  readonly #pages = new Set<Give>();
  readonly #pending = new Map<Topic, Set<string>>();
  /** The last events, oldest first; `system` left out, which nobody misses. */
  #kept: EventView[] = [];
  /** Every event after this number is among `#kept`. */
  #completeAfter: number;
  #timer: Timer | undefined;
  #end: Timer | undefined;
  #stops: (() => void)[];

  constructor(front: DeviceFront, session: Session, clock: Clock, revisions: Revisions) {
    this.#clock = clock;
    this.#revisions = revisions;
    // A number of its own: what came before it was made was not heard.
    this.#completeAfter = revisions.next();
    this.#stops = [
      session.drive.onChange((ids) => this.#gather('entries', ids)),
      session.uploads.onChange((ids) => this.#gather('uploads', ids)),
      front.onEvent((topic, ids) => {
        if (topic !== 'entries') this.#gather(topic, ids);
      }),
    ];
  }

  get isIdle(): boolean {
    return this.#pages.size === 0;
  }

  add(since: number | undefined, give: Give): () => void {
    this.#end?.cancel();
    this.#pages.add(give);
    if (since !== undefined) for (const event of this.#missed(since)) give(event);
    return () => this.#pages.delete(give);
  }

  dropAfter(ms: number, drop: () => void): void {
    this.#end?.cancel();
    this.#end = this.#clock.after(ms, drop);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#end?.cancel();
    this.#pending.clear();
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  #missed(since: number): EventView[] {
    const now = this.#revisions.now();
    if (since >= this.#completeAfter && since <= now) return this.#kept.filter(({ rev }) => rev > since);
    return topicsOfChanges.map((topic) => ({ topic, ids: [], rev: now }));
  }

  #gather(topic: Topic, ids: readonly string[]): void {
    const gathered = this.#pending.get(topic) ?? new Set();
    for (const id of ids) gathered.add(id);
    this.#pending.set(topic, gathered);
    this.#timer ??= this.#clock.after(eventGatherMs, () => this.#flush());
  }

  #flush(): void {
    this.#timer = undefined;
    for (const [topic, gathered] of this.#pending) {
      const ids = [...gathered];
      for (let from = 0; from === 0 || from < ids.length; from += eventIdsMax) {
        this.#tell({ topic, ids: ids.slice(from, from + eventIdsMax), rev: this.#revisions.next() });
      }
    }
    this.#pending.clear();
  }

  #tell(event: EventView): void {
    if (event.topic !== 'system') {
      this.#kept.push(event);
      const dropped = this.#kept.length > eventsKept ? this.#kept.shift() : undefined;
      if (dropped !== undefined) this.#completeAfter = dropped.rev;
    }
    for (const give of this.#pages) give(event);
  }
}
