import type { FastifyRequest } from 'fastify';
import { PeerstorError } from '../../model/errors.ts';
import { type DrivePath, drivePathOf } from '../requests/drive-path.ts';
import { restOfRoute } from '../requests/target.ts';

export const davPrefix = '/dav';

/** The path of the drive that a request is about. @throws `bad-name` */
export function davPathOf(request: FastifyRequest): DrivePath {
  return drivePathOf(restOfRoute(request));
}

/** The address of an entry, percent-encoded; that of a folder ends with a slash. */
export function hrefOf(names: readonly string[], isFolder: boolean): string {
  const path = names.map((name) => `/${encodeURIComponent(name)}`).join('');
  return `${davPrefix}${path}${isFolder ? '/' : ''}`;
}

/**
 * The path of the drive that a header names, as an address or as a path.
 * @throws `bad-request` for what is no address; `forbidden` for one of another server
 */
export function pathInHeader(request: FastifyRequest, text: string | undefined): DrivePath {
  const [, authority, path = ''] = /^(?:https?:\/\/([^/?#]*))?(\/[^?#]*)$/i.exec(utf8Of(text ?? '')) ?? [];
  if (path !== davPrefix && !path.startsWith(`${davPrefix}/`)) {
    throw new PeerstorError('bad-request', `The address must lie below ${davPrefix}/ of this device.`);
  }
  if (authority !== undefined && authority.toLowerCase() !== request.host.toLowerCase()) {
    throw new PeerstorError('forbidden', 'Nothing is moved or copied to another server.');
  }
  return drivePathOf(path.slice(davPrefix.length));
}

/** Headers come as Latin-1; some clients send names in them without percent-encoding. */
function utf8Of(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
