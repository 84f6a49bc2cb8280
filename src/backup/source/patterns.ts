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

/** @returns whether a path is left out; its names are those from the source folder on */
export type LeavesOut = (names: readonly string[], isFolder: boolean) => boolean;

/** A person's patterns come after the presets, so that `!pattern` takes in again what a preset leaves out. */
export function leavesOut(chosen: readonly string[], patterns: readonly string[]): LeavesOut {
  const rules = ignore({ ignorecase: false });
  for (const name of chosen) if (isPreset(name)) rules.add([...presets[name]]);
  rules.add([...patterns]);
  rules.add(`/${snapshotsFolderName}/`);
  return (names, isFolder) => rules.ignores(`${names.join('/')}${isFolder ? '/' : ''}`);
}
