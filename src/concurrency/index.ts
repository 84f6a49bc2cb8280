/** What bounds and orders work that runs at once. */

export { BoundedTasks } from './bounded-tasks.ts';
export { gathered } from './gather.ts';
export { KeyedLock, type LockKey } from './keyed-lock.ts';
export { Semaphore } from './semaphore.ts';
export { untilStopped } from './until-stopped.ts';
export { WaitingLine } from './waiting-line.ts';
