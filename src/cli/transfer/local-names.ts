/** Where a name of the drive lies on this machine; the names themselves: `model/names/local-names.ts`. */
import { basename, dirname, join } from 'node:path';
import { PeerstorError } from '../../model/errors.ts';

export { FolderNames, localName, type NameRules } from '../../model/names/local-names.ts';

/**
 * The path of a name in a folder.
 * @throws `bad-name` when the system would take the name for anything but one entry of that folder
 */
export function childPath(folder: string, name: string): string {
  const path = join(folder, name);
  // A last look, whatever the rules above missed: nothing is ever written outside the folder.
  if (name !== '' && basename(path) === name && dirname(path) === dirname(join(folder, 'x'))) return path;
  throw new PeerstorError('bad-name', `"${name}" cannot be the name of a file here.`);
}
