/** PROPPATCH (RFC 4918, section 9.2): properties that programs keep with an entry; all of a request or none. */
import type { EntryView } from '../../model/api.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { entryId } from '../../model/ids.ts';
import { httpDateMs } from '../requests/times.ts';
import {
  childElements,
  davChild,
  escapeXml,
  isDav,
  parseXml,
  textOf,
  writeElement,
} from '../requests/xml.ts';
import { hrefOf } from './dav-path.ts';
import { isProtected, keyOf, type PropertyName, propertyElement, propstat } from './properties.ts';
import { multistatusClose, multistatusOpen } from './propfind.ts';

interface Change {
  property: PropertyName;
  /** The element as it is kept; null takes it away. */
  element: string | null;
  /** The text in it. */
  text: string;
}

/** @throws `bad-request` */
export function readChanges(body: string): Change[] {
  const root = parseXml(body);
  if (root === undefined || !isDav(root, 'propertyupdate')) {
    throw new PeerstorError('bad-request', 'The body must be a "propertyupdate".');
  }
  return childElements(root).flatMap((step) => {
    const isSet = isDav(step, 'set');
    if (!isSet && !isDav(step, 'remove')) return [];
    return childElements(davChild(step, 'prop')).map((element) => ({
      property: { namespace: element.namespace, name: element.name },
      element: isSet ? writeElement(element) : null,
      text: textOf(element),
    }));
  });
}

/** Makes the changes. @returns the answer, with a status of each property */
export async function changeProperties(
  drive: Drive,
  { entry, names, changes }: { entry: EntryView; names: readonly string[]; changes: readonly Change[] },
): Promise<string> {
  const refused = changes.some(({ property }) => isProtected(property));
  const failure = refused ? '424 Failed Dependency' : await make(drive, entry, changes);
  const statuses = changes.map(({ property }) => {
    const status = isProtected(property) ? '403 Forbidden' : (failure ?? '200 OK');
    return propstat(propertyElement(property), status);
  });
  const href = `<D:href>${escapeXml(hrefOf(names, entry.kind === 'folder'))}</D:href>`;
  const all = statuses.length > 0 ? statuses.join('') : propstat('', '200 OK');
  return `${multistatusOpen}<D:response>${href}${all}</D:response>${multistatusClose}`;
}

/** @returns the status line of what failed */
async function make(
  drive: Drive,
  { id, kind }: EntryView,
  changes: readonly Change[],
): Promise<string | undefined> {
  const kept: Record<string, string | null> = {};
  for (const { property, element } of changes) kept[keyOf(property)] = element;
  try {
    if (changes.length > 0) await drive.setProperties(entryId(id), kept);
  } catch (error) {
    if (isPeerstorError(error, 'too-large')) return '507 Insufficient Storage';
    throw error;
  }
  const date = changes.findLast(({ property }) => isDateOfFile(property));
  const ms = date === undefined ? undefined : dateIn(date);
  if (ms !== undefined && kind === 'file') await drive.touch(entryId(id), { modifiedAtMs: ms });
  return undefined;
}

/** Windows sets the date of a file so after it has put it, and Nextcloud's clients name it so. */
function isDateOfFile({ namespace, name }: PropertyName): boolean {
  return (
    (namespace === 'urn:schemas-microsoft-com:' && name === 'Win32LastModifiedTime') ||
    (namespace === 'DAV:' && name === 'lastmodified')
  );
}

function dateIn({ element, text }: Change): number | undefined {
  if (element === null) return undefined;
  const date = text.trim();
  return /^\d{1,11}$/.test(date) ? Number(date) * 1000 : httpDateMs(date);
}
