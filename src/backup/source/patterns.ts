/** What a backup leaves out: patterns as in a .gitignore file, and presets. */
import ignore from 'ignore';

/** In the target: what lies in a source under this name is not saved. */
export const snapshotsFolderName = '.peerstor-snapshots';

const presets = {
  caches: [
    '.cache/',
    'Cache/',
    'Caches/',
    '__pycache__/',
    '.gradle/',
    '.mypy_cache/',
    '.pytest_cache/',
    'CACHEDIR.TAG',
  ],
  node_modules: ['node_modules/'],
  system: [
    '.DS_Store',
    'Thumbs.db',
    'desktop.ini',
    '.Trash/',
    '.Trash-*/',
    '$RECYCLE.BIN/',
    'System Volume Information/',
    'lost+found/',
    '.Spotlight-V100/',
    '.fseventsd/',
    '~$*',
    '.~lock.*#',
    '*.part',
    '*.crdownload',
  ],
} as const;

export const presetNames = Object.keys(presets);

export function isPreset(name: string): name is keyof typeof presets {
  return Object.hasOwn(presets, name);
}

/** @returns whether a path, from the source folder on and joined by `/`, is left out */
export type LeavesOut = (path: string, isFolder: boolean) => boolean;

/** The library remembers each path that it was asked for: so few are forgotten while they are young. */
const askedMax = 1000;

/** A person's patterns come after the presets, so that `!pattern` takes in again what a preset leaves out. */
export function leavesOut(chosen: readonly string[], patterns: readonly string[]): LeavesOut {
  const make = () => {
    const rules = ignore({ ignorecase: false });
    for (const name of chosen) if (isPreset(name)) rules.add([...presets[name]]);
    rules.add([...patterns]);
    return rules.add(`/${snapshotsFolderName}/`);
  };
  let rules = make();
  let asked = 0;
  return (path, isFolder) => {
    asked += 1;
    if (asked % askedMax === 0) rules = make();
    return rules.ignores(isFolder ? `${path}/` : path);
  };
}
