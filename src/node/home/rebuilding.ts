/**
 * Renames damaged databases and makes new ones; never repairs in place, because LevelDB's own repair silently
 * drops what it cannot read. The index comes from the volumes and the peers. The catalog comes from the
 * readable part of the old one, the outbox and the peers.
 */
import type { Audit } from '../../model/contracts/audit.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError, sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { LevelStore } from '../../store/index.ts';
import type { Home } from './home.ts';

/** The index must be closed. */
export async function putIndexAside(home: Home, log: Log, error: unknown): Promise<void> {
  await home.setAside(['db/index']);
  const sentence = `${sentenceOf(error)} The damaged database was kept under another name, and a new one is being built. All users have to sign in again.`;
  log.error({}, sentence);
}

/**
 * Opens the catalog's database and starts what needs it.
 * @param start throws `index-corrupt` where the database is damaged, after closing everything except that
 * database; its parameter `damaged` is the readable part of the old one
 */
export async function withCatalogStore<Started>(
  home: Home,
  notes: { log: Log; audit: Audit },
  start: (store: LevelStore, damaged?: Pick<OrderedStore, 'range'>) => Promise<Started>,
): Promise<Started> {
  const path = home.file('db', 'catalog');
  let store: LevelStore | undefined;
  try {
    store = await LevelStore.open(path, { onDamage: (sentence) => notes.log.error({}, sentence) });
    return await start(store);
  } catch (error) {
    await store?.close();
    if (!isPeerstorError(error, 'index-corrupt')) throw error;
    const what =
      'was put aside and is made again from what is readable of it, the outbox and the other devices.';
    notes.log.error({}, `${sentenceOf(error)} It ${what}`);
    notes.audit.note({
      event: 'catalog-rebuilt',
      sentence: `The database of the catalog was damaged: it ${what}`,
    });
  }
  const [aside] = await home.setAside(['db/catalog']);
  const damaged = aside === undefined ? undefined : await LevelStore.damaged(aside);
  store = await LevelStore.open(path);
  try {
    return await start(store, damaged);
  } catch (error) {
    await store.close();
    throw error;
  }
}
