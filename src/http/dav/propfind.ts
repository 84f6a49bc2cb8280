/** PROPFIND (RFC 4918, section 9.1): what is there, and what is known of it. */
import type { EntryView } from '../../model/api.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { entryId } from '../../model/ids.ts';
import { listLimitMax } from '../../model/limits.ts';
import {
  childElements,
  davChild,
  davNamespace,
  escapeXml,
  isDav,
  parseXml,
  xmlHead,
} from '../requests/xml.ts';
import { hrefOf } from './dav-path.ts';
import type { Lock } from './locks.ts';
import {
  keyOf,
  liveNames,
  liveValue,
  nameOfKey,
  type PropertyName,
  propertyElement,
  propstat,
} from './properties.ts';

/** What a client asks for. */
export type Wish =
  | { kind: 'all'; also: PropertyName[] }
  | { kind: 'names' }
  | { kind: 'some'; names: PropertyName[] };

const pieceBytes = 32 * 1024;
export const multistatusOpen = `${xmlHead}<D:multistatus xmlns:D="DAV:">`;
export const multistatusClose = '</D:multistatus>';

/** An answer that names folders and tells nothing else of them. */
export function foldersOnly(hrefs: readonly string[]): string {
  const kind = propstat('<D:resourcetype><D:collection/></D:resourcetype>', '200 OK');
  const responses = hrefs.map(
    (href) => `<D:response><D:href>${escapeXml(href)}</D:href>${kind}</D:response>`,
  );
  return multistatusOpen + responses.join('') + multistatusClose;
}

/** @throws `bad-request` */
export function readWish(body: string): Wish {
  const root = parseXml(body);
  if (root === undefined) return { kind: 'all', also: [] };
  if (!isDav(root, 'propfind')) throw new PeerstorError('bad-request', 'The body must be a "propfind".');
  const some = davChild(root, 'prop');
  if (some !== undefined) return { kind: 'some', names: childElements(some) };
  if (davChild(root, 'propname') !== undefined) return { kind: 'names' };
  if (davChild(root, 'allprop') !== undefined) {
    return { kind: 'all', also: childElements(davChild(root, 'include')) };
  }
  throw new PeerstorError('bad-request', 'The body says neither "prop" nor "propname" nor "allprop".');
}

export interface Finding {
  drive: Drive;
  wish: Wish;
  holder: string;
  /** Locks of an entry. @param around ids of the folders around it */
  locksOf(entry: EntryView, names: readonly string[]): Promise<readonly Lock[]>;
}

/** The whole answer, in pieces, of an entry and, where asked, of what is in it. */
export async function* multistatus(
  finding: Finding,
  { entry, names, deep }: { entry: EntryView; names: readonly string[]; deep: boolean },
): AsyncGenerator<Uint8Array> {
  let text = multistatusOpen + (await responseOf(finding, entry, names));
  let cursor: string | null = null;
  while (deep && entry.kind === 'folder') {
    const page = await finding.drive.children(entryId(entry.id), {
      sort: 'name',
      order: 'asc',
      limit: listLimitMax,
      ...(cursor === null ? {} : { cursor }),
    });
    for (const child of page.items) {
      text += await responseOf(finding, child, [...names, child.name]);
      if (text.length < pieceBytes) continue;
      yield Buffer.from(text);
      text = '';
    }
    cursor = page.nextCursor;
    if (cursor === null) break;
  }
  yield Buffer.from(text + multistatusClose);
}

async function responseOf(finding: Finding, entry: EntryView, names: readonly string[]): Promise<string> {
  const { drive, wish, holder } = finding;
  const locks = await finding.locksOf(entry, names);
  const asked = { entry, drive, locks, holder };
  const wanted = wish.kind === 'some' ? wish.names : wish.kind === 'all' ? wish.also : [];
  // Most clients ask only for what the drive itself knows.
  const asksKept = wish.kind !== 'some' || wanted.some(({ namespace }) => namespace !== davNamespace);
  const kept = asksKept ? await drive.properties(entryId(entry.id)) : {};
  const found: string[] = [];
  const missing: string[] = [];
  const add = async (property: PropertyName, isAskedByName: boolean) => {
    const value = property.namespace === davNamespace ? await liveValue(property.name, asked) : undefined;
    const stored = Object.hasOwn(kept, keyOf(property)) ? kept[keyOf(property)] : undefined;
    if (value === undefined && stored === undefined) {
      if (isAskedByName) missing.push(propertyElement(property));
      return;
    }
    const isNameOnly = wish.kind === 'names';
    found.push(isNameOnly ? propertyElement(property) : (stored ?? propertyElement(property, value)));
  };
  if (wish.kind !== 'some') {
    for (const name of liveNames) await add({ namespace: davNamespace, name }, false);
    for (const key of Object.keys(kept)) await add(nameOfKey(key), false);
  }
  for (const property of wanted) await add(property, true);
  const href = `<D:href>${escapeXml(hrefOf(names, entry.kind === 'folder'))}</D:href>`;
  // A response has at least one status, also of no property at all.
  const ok = found.length > 0 || missing.length === 0 ? propstat(found.join(''), '200 OK') : '';
  const none = missing.length > 0 ? propstat(missing.join(''), '404 Not Found') : '';
  return `<D:response>${href}${ok}${none}</D:response>`;
}
