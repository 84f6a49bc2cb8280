/**
 * Limits the garbage that V8 leaves uncollected: a device runs for months beside other programs.
 *
 * By default V8 lets new objects take 64 MiB or more before it collects them, and the whole heap several times
 * what is in use. Both keep buffers of unneeded chunks alive, and malloc hardly ever returns memory that it
 * once took for them. After some hundred chunks, 35 MiB in use had become 320 MiB resident (test/chaos); with
 * these bounds it stays below 220.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** The heap may grow by this share of what was in use at the last full collection. */
const growthPercent = 40;
/** Both halves of the space for new objects: with less, uploads spend their time collecting. */
const newSpaceBytes = 8 * 1024 * 1024;

/**
 * For the whole process, from now on. Until the returned function is called the space for new objects does not grow at all: loading
 * the code fills any space once, and what it took then stays resident.
 */
export function boundHeap(): () => void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  setFlagsFromString('--semi-space-growth-factor=1');
  return letNewSpaceGrow;
}

function letNewSpaceGrow(): void {
  let mayGrow = true;
  setFlagsFromString('--semi-space-growth-factor=2');
  // V8 reads the bound of the new space once, before any script runs, but checks at each collection whether it
  // may grow. It shrinks the space while nothing happens, so the space may have to grow again.
  const observer = new PerformanceObserver(() => {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    if (space === undefined || space.space_size < newSpaceBytes === mayGrow) return;
    mayGrow = !mayGrow;
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
  });
  observer.observe({ entryTypes: ['gc'] });
}
