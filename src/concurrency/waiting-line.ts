/** Callers that wait their turn in order of arrival, each with its own signal. */
export class WaitingLine {
  readonly #turns: (() => void)[] = [];

  get length(): number {
    return this.#turns.length;
  }

  /** Resolves when `admit` reaches this caller. @throws the signal's reason */
  join(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const leave = () => {
        const at = this.#turns.indexOf(turn);
        if (at >= 0) this.#turns.splice(at, 1);
        reject(signal?.reason);
      };
      const turn = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#turns.push(turn);
    });
  }

  /** Admits the first caller; false when nobody waits. */
  admit(): boolean {
    const turn = this.#turns.shift();
    turn?.();
    return turn !== undefined;
  }
}
