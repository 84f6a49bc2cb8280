/** Paths of the drive, as people type them, and the routes that they become. */
import { PeerstorError } from '../../model/errors.ts';

/** "/a/b c" → "/api/v1/path/a/b%20c". @throws `bad-input` when the path does not start with "/" */
export function drivePathRoute(path: string): string {
  return `/api/v1/path${splitDrivePath(path)
    .map((name) => `/${encodeURIComponent(name)}`)
    .join('')}`;
}

/** The names of a drive path; none for the root. @throws `bad-input` when it does not start with "/" */
export function splitDrivePath(path: string): string[] {
  if (!path.startsWith('/')) {
    throw new PeerstorError('bad-input', `"${path}" is not a path of the drive; those start with "/".`);
  }
  return path.split('/').filter((name) => name !== '');
}
