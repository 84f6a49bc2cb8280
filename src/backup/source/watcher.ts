/**
 * Tells that something changed below a folder. Only a hint: a run looks at the whole source whatever it says,
 * and runs come from time to time without it.
 */
import { sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';

/**
 * @param onChange called often
 * @returns how to stop; undefined where this machine cannot watch the folder
 */
export async function watchFolder(
  folder: string,
  onChange: () => void,
  log: Log,
): Promise<(() => Promise<void>) | undefined> {
  try {
    // An optional dependency: native, and not there for every system.
    const { subscribe } = await import('@parcel/watcher');
    const subscription = await subscribe(folder, (error, events) => {
      if (error || events.length > 0) onChange();
    });
    return () => subscription.unsubscribe();
  } catch (error) {
    log.warn({}, `A folder cannot be watched, so it is looked at every few minutes: ${sentenceOf(error)}`);
    return undefined;
  }
}
