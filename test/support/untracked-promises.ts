/**
 * Loaded before each test file by `scripts/test.ts`. Node's test runner watches every promise to know which test
 * it belongs to, which costs simulations with millions of them most of their time (22 s instead of 7 s of
 * `replication/garbage`). Here it watches timers and sockets only. A rejection that nobody handles still
 * fails the file, but is not ascribed to one test: `node --test FILE` alone tells which.
 */
import hooks from 'node:async_hooks';

const { createHook } = hooks;

// The first hook of the process is the runner's; later ones, of whoever makes them, are as they were.
hooks.createHook = (callbacks) => {
  hooks.createHook = createHook;
  return createHook({ ...callbacks, trackPromises: false });
};
