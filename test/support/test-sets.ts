/** Which test files belong to which run. A file's folder and name decide; nobody keeps a list by hand. */

export const setNames = ['fast', 'usual', 'long'] as const;
export type SetName = (typeof setNames)[number];

/** Folders whose tests start processes, browsers or whole simulated networks. The longest first. */
const slowFolders = [
  'test/browser/',
  'test/cluster/',
  'test/clients/',
  'test/cli/',
  'test/sim/',
  'test/chaos/',
];

const isLong = (path: string) => path.endsWith('.long.test.ts');
/** Whether a file starts processes, browsers or whole simulated networks; such files run in a process of their own. */
export const isSlow = (path: string): boolean =>
  /\.(slow|long)\.test\.ts$/.test(path) || slowFolders.some((folder) => path.startsWith(folder));

/**
 * `fast`: neither slow nor long; `usual` (npm test): all but long; `long`: only long.
 * @returns files in the order in which they should start: slow ones first, so that no core is idle at the end
 */
export function filesOf(set: SetName, all: readonly string[]): string[] {
  const wanted = all.filter((path) => {
    if (set === 'long') return isLong(path);
    return !isLong(path) && (set === 'usual' || !isSlow(path));
  });
  const rank = (path: string) => {
    const folder = slowFolders.findIndex((each) => path.startsWith(each));
    return folder >= 0 ? folder : isSlow(path) ? slowFolders.length : slowFolders.length + 1;
  };
  return wanted.sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
}
