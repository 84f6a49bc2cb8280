/** For mistakes of our own that nobody waits for: they end the process loudly instead of vanishing. */
export function throwApart(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
