import { opendir } from 'node:fs/promises';

/**
 * Whether a folder is there. An empty one is not: it is what is left of a drive that was pulled, and there is
 * nothing in it to serve.
 */
export async function isThere(folder: string): Promise<boolean> {
  try {
    const entries = await opendir(folder);
    try {
      return (await entries.read()) !== null;
    } finally {
      await entries.close();
    }
  } catch {
    return false;
  }
}
