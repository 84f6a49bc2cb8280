/** Lets one process at a time use a home. */
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { LevelStore } from '../../store/index.ts';
import { type Home, readRunFacts } from './home.ts';
import { putIndexAside } from './rebuilding.ts';

/**
 * Opens `db/index`. A damaged one is renamed and replaced by an empty one. LevelDB's own lock keeps a second
 * process out.
 * @throws `home-locked` naming the process that has the home
 */
export async function openIndex(home: Home, log: Log): Promise<LevelStore> {
  const path = home.file('db', 'index');
  try {
    return await LevelStore.open(path, { onDamage: (sentence) => log.error({}, sentence) });
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
      `${home.folder} is in use by ${holder}. Stop that process first, or choose another --home.`,
      { cause: error },
    );
  }
}
