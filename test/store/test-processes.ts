/** Processes that end when a test says so. */
import type { ProcessIdentity } from '../../src/store/files/process-identity.ts';

/** One host on which processes come and go. */
export class TestHost {
  readonly #running = new Set<number>();
  #last = 0;

  start(): ProcessIdentity {
    this.#last += 1;
    const pid = this.#last;
    this.#running.add(pid);
    return {
      self: { pid, host: 'test', started: `${pid}` },
      isRunning: (process) => process.host === 'test' && this.#running.has(process.pid),
    };
  }

  /** Every process is killed. */
  killAll(): void {
    this.#running.clear();
  }
}
