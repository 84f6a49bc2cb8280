/** Ends an iteration when a signal aborts, even while its source is silent. */

/**
 * @param source is closed (`return`) when the iteration ends early; that may take as long as its next
 * piece takes to come, so nobody waits for it
 * @throws the signal's reason, at once
 */
export async function* untilStopped<Item>(
  source: AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncGenerator<Item, void, void> {
  const iterator = source[Symbol.asyncIterator]();
  let open = true;
  // One listener for the whole stream: racing each piece against a promise would keep all of them.
  let stop: () => void = () => undefined;
  const onAbort = () => stop();
  signal.addEventListener('abort', onAbort);
  try {
    for (;;) {
      signal.throwIfAborted();
      const step = await new Promise<IteratorResult<Item>>((resolve, reject) => {
        stop = () => reject(signal.reason);
        iterator.next().then(resolve, (error) => {
          open = false;
          reject(error);
        });
      });
      if (step.done) {
        open = false;
        return;
      }
      yield step.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // The caller has the error that matters; how the source takes being closed is its own affair.
    if (open) iterator.return?.().catch(() => undefined);
  }
}
