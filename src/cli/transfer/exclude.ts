/** Files that a transfer leaves out: patterns as in a .gitignore file. */
import ignore from 'ignore';

/** @returns whether a path is left out. Names are those from the top of what is transferred. */
export type Exclude = (names: readonly string[], isFolder: boolean) => boolean;

/** @param patterns in the order in which they were given; a later `!pattern` takes files in again */
export function excludeBy(patterns: readonly string[] | undefined): Exclude {
  if (patterns === undefined || patterns.length === 0) return () => false;
  const rules = ignore({ ignorecase: false }).add([...patterns]);
  return (names, isFolder) => names.length > 0 && rules.ignores(`${names.join('/')}${isFolder ? '/' : ''}`);
}
