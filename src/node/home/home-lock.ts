/** One process at a time on a home. */
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { LevelStore } from '../../store/index.ts';
import { type Home, readRunFacts } from './home.ts';
import { putIndexAside } from './rebuilding.ts';

/**
 * Opens `db/index`; one that is damaged is put aside, and another one begun. LevelDB's own lock is what keeps a second process away from this home.
 * @throws `home-locked` naming the process that has it
 */
export async function openIndex(home: Home, log: Log): Promise<LevelStore> {
  const path = home.file('db', 'index');
  try {
    return await LevelStore.open(path);
  } catch (error) {
    if (isPeerstorError(error, 'index-corrupt')) {
      await putIndexAside(home, log, error);
      return await LevelStore.open(path);
    }
    if (!isPeerstorError(error, 'home-locked')) throw error;
    const facts = await readRunFacts(home.folder);
    const holder = facts ? `process ${facts.pid}, page on port ${facts.port}` : 'another process';
    throw new PeerstorError(
      'home-locked',
      `${home.folder} is in use by ${holder}. Stop that one first, or start this one with another --home.`,
      { cause: error },
    );
  }
}
