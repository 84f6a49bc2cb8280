/** A bound on how much happens at once. */
import { PeerstorError } from '../../model/errors.ts';

const waitingMax = 1024;

/** At most `lanes` pieces of work at a time; the others wait in order. */
export class Lanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(lanes: number) {
    this.#free = lanes;
  }

  /**
   * @throws `not-ready` when 1024 are waiting already; the signal's reason when it aborts first
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#waiting.length >= waitingMax) {
      throw new PeerstorError('not-ready', 'The disk has too much to do: try again in a moment.', {
        details: { retryAfterS: 1 },
      });
    }
    return new Promise((resolve, reject) => {
      const start = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(signal?.reason);
      };
      this.#waiting.push(start);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}
