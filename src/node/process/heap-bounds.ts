/**
 * Keeps what V8 leaves uncollected small: a device runs for months beside other programs.
 *
 * By itself V8 lets new objects take 64 MiB or more before it looks at them, and the whole heap several times what
 * is in use. Buffers of chunks that nobody needs any more are held by both, and what malloc once took for
 * them it hardly ever gives back. After some hundred chunks 35 MiB in use had become 320 MiB resident
 * (test/chaos); with these bounds it stays below 220.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** The heap may grow by this share of what was in use at the last full collection. */
const growthPercent = 40;
/** Both halves of the space of new objects: less, and uploads spend their time collecting. */
const newSpaceBytes = 8 * 1024 * 1024;

/** For the whole process, from now on. Again is once more, and harmless. */
export function boundHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  let mayGrow = true;
  // The bound of the new space is read once, before any script runs; whether it grows is asked at each collection.
  // V8 shrinks it while nothing happens, so it may have to grow again.
  const observer = new PerformanceObserver(() => {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    if (space === undefined || space.space_size < newSpaceBytes === mayGrow) return;
    mayGrow = !mayGrow;
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
  });
  observer.observe({ entryTypes: ['gc'] });
}
