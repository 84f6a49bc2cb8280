/**
 * What a clean end left of a database: its files with their sizes and times, in `left.json` among them. Where all are still
 * the same at the next start, they need not be read before the database is used (decision 0055).
 */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const listName = 'left.json';
/** Not its lock, nor the notes that LevelDB makes of each opening. */
const counted = /^(CURRENT|MANIFEST-\d+|\d+\.(ldb|sst|log))$/;

/** Writes the list. The database is closed. */
export async function writeLeft(path: string): Promise<void> {
  await writeFile(join(path, listName), JSON.stringify(await filesIn(path)));
}

/** Is everything as the list says? The list is gone afterwards: it is true only until the database is opened. */
export async function isAsLeft(path: string): Promise<boolean> {
  const file = join(path, listName);
  const list = await readFile(file, 'utf8').catch(() => undefined);
  if (list === undefined) return false;
  await rm(file, { force: true });
  return list === JSON.stringify(await filesIn(path));
}

/** Names, sizes and times to the nanosecond, in the order of the names. */
async function filesIn(path: string): Promise<[name: string, size: string, changedNs: string][]> {
  const names = (await readdir(path)).filter((name) => counted.test(name)).sort();
  return await Promise.all(
    names.map(async (name): Promise<[string, string, string]> => {
      const { size, mtimeNs } = await stat(join(path, name), { bigint: true });
      return [name, `${size}`, `${mtimeNs}`];
    }),
  );
}
