/** Waiting for what a test means, never for a time. */

/** How long a test waits before it fails. It only ends what hangs: a busy machine must not fail a test. */
export const patienceMs = 120_000;
const pauseMsMin = 5;
const pauseMsMax = 100;

/**
 * Asks again and again, at first every 5 ms, until `check` gives true. A check that throws, or gives a sentence, is
 * asked again; the last reason is in the error.
 * @throws Error when `what` did not happen in time
 */
export async function until(
  what: string,
  check: () => boolean | string | Promise<boolean | string>,
  timeoutMs = patienceMs,
): Promise<void> {
  const giveUpMs = performance.now() + timeoutMs;
  let pauseMs = pauseMsMin;
  let last: boolean | string = false;
  for (;;) {
    try {
      last = await check();
      if (last === true) return;
    } catch (error) {
      last = (error as Error).message;
    }
    if (performance.now() > giveUpMs) throw new Error(`not within ${timeoutMs} ms: ${what} (last: ${last})`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = Math.min(pauseMsMax, pauseMs * 1.5);
  }
}
