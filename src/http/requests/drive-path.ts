import { PeerstorError } from '../../model/errors.ts';
import { nameBytesMax, pathBytesMax } from '../../model/limits.ts';

export const drivePathPrefix = '/api/v1/path';

export interface DrivePath {
  /** From the root down; empty for the root itself. */
  names: string[];
  /** True when the path ended with a slash, so only a folder can be meant. */
  folder: boolean;
}

/**
 * Reads a drive path, each segment decoded by itself.
 * @param path percent-encoded: empty, or beginning with a slash
 * Names are judged by the drive; here only what would change the path's shape, and the length, so
 * that an upload which must fail makes no folders first.
 * @throws `bad-name` naming the rule: `/` inside a name, `.` and `..`, empty, too long, not UTF-8
 */
export function drivePathOf(path: string): DrivePath {
  return pathOf(path, (segment) => nameOf(decodeName(segment)));
}

/**
 * The names of a path such as `/a/b` that stands as it is in a field or a query; none for the root. The first slash
 * may be left away. One rule for all paths, so that a path which one door refuses is no other path at the next.
 * @throws as `drivePathOf`
 */
export function pathNames(path: string): string[] {
  return pathOf(path === '' || path.startsWith('/') ? path : `/${path}`, nameOf).names;
}

function pathOf(path: string, read: (segment: string) => string): DrivePath {
  if (path === '' || path === '/') return { names: [], folder: true };
  const names: string[] = [];
  let bytes = 0;
  const folder = path.endsWith('/');
  for (const segment of path.slice(1, folder ? -1 : undefined).split('/')) {
    const name = read(segment);
    bytes += Buffer.byteLength(name) + 1;
    names.push(name);
  }
  if (bytes > pathBytesMax) {
    throw new PeerstorError('bad-name', `A path has at most ${pathBytesMax} bytes; this one has ${bytes}.`);
  }
  return { names, folder };
}

function refuse(why: string): PeerstorError {
  return new PeerstorError('bad-name', why, { details: { field: 'path' } });
}

function decodeName(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw refuse('A name in the path is not percent-encoded UTF-8.');
  }
}

function nameOf(name: string): string {
  if (name === '') throw refuse('A name in the path is empty: two slashes follow each other.');
  if (name === '.' || name === '..') {
    throw refuse(`"${name}" is not a name: write the path without "." and "..".`);
  }
  if (name.includes('/')) throw refuse('A name cannot contain "/" (%2F).');
  const bytes = Buffer.byteLength(name);
  if (bytes > nameBytesMax) {
    throw refuse(`A name has at most ${nameBytesMax} bytes in UTF-8; this one has ${bytes}.`);
  }
  return name;
}
