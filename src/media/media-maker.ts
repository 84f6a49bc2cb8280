/** Makes thumbnails and facts, one content after the other, in a child that is replaced when it ends. */
import { Semaphore } from '../concurrency/index.ts';
import type { Clock, Timer } from '../model/clock.ts';
import type { MadeMedia, MediaContent, MediaMaker } from '../model/contracts/media/media-maker.ts';
import type { Log } from '../model/log.ts';
import type { ChildLimits } from './channel.ts';
import { answerWaitMs, childBytesMax, childIdleMs, imageBytesMax, imagePixelsMax } from './limits.ts';
import { ChildEnded, MediaChild } from './media-child.ts';

export interface MediaMakerParts {
  clock: Clock;
  log: Log;
  /** Tests shorten them. */
  limits?: Partial<ChildLimits>;
  answerWaitMs?: number;
  idleMs?: number;
  /** Called with each child that was started. */
  onChild?(child: MediaChild): void;
}

export function createMediaMaker(parts: MediaMakerParts): MediaMaker {
  return new OneAtATime(parts);
}

/** A child that cannot be started at all is tried again for the next content, not twice for one. */
const triesMax = 2;

class OneAtATime implements MediaMaker {
  readonly #parts: MediaMakerParts;
  readonly #turn = new Semaphore(1);
  readonly #stopping = new AbortController();
  #child: MediaChild | undefined;
  #idle: Timer | undefined;
  #lack: string | null = null;

  constructor(parts: MediaMakerParts) {
    this.#parts = parts;
  }

  get lack(): string | null {
    return this.#lack;
  }

  async make(content: MediaContent, signal: AbortSignal): Promise<MadeMedia | null> {
    const either = AbortSignal.any([signal, this.#stopping.signal]);
    return this.#turn.run(() => this.#inTurn(content, either), either);
  }

  async #inTurn(content: MediaContent, signal: AbortSignal): Promise<MadeMedia | null> {
    this.#idle?.cancel();
    for (let tries = 1; ; tries += 1) {
      signal.throwIfAborted();
      try {
        return await this.#try(content, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ChildEnded)) throw error;
        this.#parts.log.warn(
          { tries },
          `${error.message} The picture that it read stays without a thumbnail.`,
        );
        // Once more: what ended it may have been the system, which was short of memory.
        if (tries >= triesMax) return failed;
      } finally {
        this.#restLater();
      }
    }
  }

  async #try(content: MediaContent, signal: AbortSignal): Promise<MadeMedia | null> {
    const child = await this.#started();
    const abort = () => child.kill();
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await child.make(content, signal);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #started(): Promise<MediaChild> {
    if (this.#child && !this.#child.isOver) return this.#child;
    const { clock, limits, answerWaitMs: waitMs = answerWaitMs, onChild } = this.#parts;
    const child = new MediaChild({
      limits: { imageBytesMax, imagePixelsMax, childBytesMax, ...limits },
      answerWaitMs: waitMs,
      clock,
    });
    this.#child = child;
    onChild?.(child);
    await child.ready();
    if (child.lack !== this.#lack && child.lack !== null) this.#parts.log.warn({}, child.lack);
    this.#lack = child.lack;
    return child;
  }

  #restLater(): void {
    const { clock, idleMs = childIdleMs } = this.#parts;
    this.#idle?.cancel();
    this.#idle = clock.after(idleMs, () => this.#rest());
  }

  #rest(): void {
    this.#child?.kill();
    this.#child = undefined;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('This device is stopping.'));
    this.#idle?.cancel();
    this.#rest();
  }
}

/** What can be said of a content at which children died: it looks like a picture, or it would not have been read so far. */
const failed: MadeMedia = {
  facts: { kind: 'image', format: 'unknown', width: 0, height: 0, problem: 'failed' },
  thumbnails: [],
};
