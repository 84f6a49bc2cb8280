/** A semaphore: a limited number of holders at a time, and the others wait in order of arrival. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  get free(): number {
    return this.#free;
  }

  /**
   * Waits for a slot.
   * @returns a function that releases the slot; call it once
   * @throws the signal's reason when the signal aborts first
   */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(mine), 1);
        reject(signal.reason);
      };
      const mine = () => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      this.#waiting.push(mine);
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}
