/**
 * Queues the hashing of passwords. One hash takes 64 MiB and a good part of a second, so this device computes one
 * at a time. Each caller has at most one hash in the queue, so that one address cannot make the others wait.
 */
import { KeyedLock } from '../../concurrency/index.ts';
import { PeerstorError } from '../../model/errors.ts';

/** Callers in the queue, each with one hash. */
const callersMax = 64;
/** Further hashes of one caller that wait for its place in the queue: a person has a few tabs. */
const waitingOfCallerMax = 4;

export class PasswordQueue {
  readonly #line = new KeyedLock(callersMax);
  readonly #ofCaller = new KeyedLock(callersMax * waitingOfCallerMax);
  readonly #waiting = new Map<string, number>();

  /**
   * @param caller an address, or `user ID`
   * @throws `not-ready` with the seconds to wait, when too many of this caller or of all wait
   */
  async run<Result>(caller: string, hash: () => Promise<Result>): Promise<Result> {
    const waiting = this.#waiting.get(caller) ?? 0;
    if (waiting >= waitingOfCallerMax) {
      throw new PeerstorError(
        'not-ready',
        'Several passwords are being checked for you; try again in a moment.',
        {
          details: { retryAfterS: 2 },
        },
      );
    }
    this.#waiting.set(caller, waiting + 1);
    try {
      return await this.#ofCaller.run([caller], () => this.#line.run(['password'], hash));
    } finally {
      const left = (this.#waiting.get(caller) ?? 1) - 1;
      if (left > 0) this.#waiting.set(caller, left);
      else this.#waiting.delete(caller);
    }
  }
}
