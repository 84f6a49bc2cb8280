/** Lets company come: work that costs as much for twenty as for one. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Without newcomers for so many turns of the event loop nobody is expected any more: some microseconds where nothing else happens. */
const quietTurns = 2;
/** However many come, those who came first have waited long enough. */
const turnsMax = 12;

/**
 * Resolves when no further caller came for two turns of the event loop. There is no timer: who is alone waits for two empty
 * turns; where sixteen requests are being worked on, each turn brings some of them.
 * @param waiting how many are there now
 */
export async function gathered(waiting: () => number): Promise<void> {
  let quiet = 0;
  for (let turn = 0; turn < turnsMax && quiet < quietTurns; turn += 1) {
    const before = waiting();
    await nextTurn();
    quiet = waiting() > before ? 0 : quiet + 1;
  }
}
