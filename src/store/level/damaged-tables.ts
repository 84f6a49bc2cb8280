/** The table files of a LevelDB folder, read without LevelDB: checks them, and reads the rows of sound blocks. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { sentenceOf } from '../../model/errors.ts';
import { checkTable, readableEntries } from './level-table.ts';

const tableName = /\.(ldb|sst)$/;

/**
 * Reads every table once: about 1 s of reckoning a GiB, and the reads that follow come from the cache.
 * @param options.names only these tables; one that is gone counts as sound; @param options.pause called after each
 * @returns a sentence naming the first damaged table, or undefined. Tables that somebody is just writing seem damaged.
 */
export async function damageOfTables(
  path: string,
  options: { names?: readonly string[]; pause?: () => Promise<void> } = {},
): Promise<string | undefined> {
  const { names = await tablesIn(path), pause = breathe } = options;
  for (const name of names) {
    const file = await readFile(join(path, name)).catch(unlessGone);
    try {
      if (file) checkTable(file);
    } catch (error) {
      return `its file ${name} is damaged, ${sentenceOf(error)}`;
    }
    await pause();
  }
  return undefined;
}

/** Raw rows of all tables that can be read, in no order; older ones and deleted ones among them. */
export async function* readableRowsOf(path: string): AsyncIterable<{ key: Buffer; value: Buffer }> {
  for (const name of await tablesIn(path)) {
    const file = await readFile(join(path, name)).catch(unlessGone);
    try {
      if (file) yield* readableEntries(file);
    } catch {
      // Its index is damaged: what is in it comes from the other devices.
    }
  }
}

export async function tablesIn(path: string): Promise<string[]> {
  const names = await readdir(path).catch((): string[] => []);
  return names.filter((name) => tableName.test(name)).sort();
}

function unlessGone(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
