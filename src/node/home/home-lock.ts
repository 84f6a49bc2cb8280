/** Lets one process at a time use a home. */
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { LevelStore } from '../../store/index.ts';
import { type Home, homeFormat, readRunFacts } from './home.ts';
import { migrateHome } from './migrations.ts';
import { putIndexAside } from './rebuilding.ts';

/**
 * Opens `db/index`, which locks the home, and brings the home to the format of this program.
 * @param takesBack a newer program was tried on this home and failed: what it migrated is taken back
 * @throws as `lockIndex` and `migrateHome`
 */
export async function openIndex(home: Home, log: Log, takesBack: boolean): Promise<LevelStore> {
  const index = await lockIndex(home, log);
  try {
    await migrateHome({ folder: home.folder, format: homeFormat, takesBack, log });
    return index;
  } catch (error) {
    await index.close();
    throw error;
  }
}

/**
 * Opens `db/index`. A damaged one is renamed and replaced by an empty one. LevelDB's own lock keeps a second
 * process out.
 * @throws `home-locked` naming the process that has the home
 */
async function lockIndex(home: Home, log: Log): Promise<LevelStore> {
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
