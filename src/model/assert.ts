/** A broken invariant is our own mistake: it crashes loudly instead of going on with bad state. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${sentence}`);
}

/** For the default branch of a switch that has handled every case. */
export function unreachable(value: never): never {
  throw new Error(`broken invariant: unexpected ${String(value)}`);
}
