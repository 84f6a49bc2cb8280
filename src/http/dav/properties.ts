/** What WebDAV calls live properties: what the drive itself knows of an entry (RFC 4918 section 15, RFC 4331). */
import type { EntryView } from '../../model/api.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import { entryId } from '../../model/ids.ts';
import { entityTag } from '../content/preconditions.ts';
import { davNamespace, escapeXml } from '../requests/xml.ts';
import type { Lock } from './locks.ts';

/** A property by namespace and name. */
export interface PropertyName {
  namespace: string;
  name: string;
}

/** The name under which a drive stores a property that a program set. */
export function keyOf({ namespace, name }: PropertyName): string {
  return `{${namespace}}${name}`;
}

export function nameOfKey(key: string): PropertyName {
  const end = key.lastIndexOf('}');
  return { namespace: key.slice(1, end), name: key.slice(end + 1) };
}

export interface Asked {
  entry: EntryView;
  drive: Drive;
  locks: readonly Lock[];
  /** Whose request it is: others do not see the tokens of a lock. */
  holder: string;
}

type Value = (asked: Asked) => string | undefined | Promise<string | undefined>;

const lockEntry = (scope: string) =>
  `<D:lockentry><D:lockscope><D:${scope}/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>`;

/** XML in the property, or undefined where an entry has no such property. */
const live: Readonly<Record<string, Value>> = {
  resourcetype: ({ entry }) => (entry.kind === 'folder' ? '<D:collection/>' : ''),
  displayname: ({ entry }) => escapeXml(entry.name),
  creationdate: ({ entry }) => entry.createdAt,
  getlastmodified: ({ entry }) => new Date(entry.modifiedAt).toUTCString(),
  getcontentlength: ({ entry }) => (entry.kind === 'file' ? String(entry.size) : undefined),
  getcontenttype: ({ entry }) => (entry.kind === 'file' ? escapeXml(entry.mime ?? '') : undefined),
  getetag: ({ entry }) => (entry.kind === 'file' ? escapeXml(entityTag(entry.version)) : undefined),
  supportedlock: () => lockEntry('exclusive') + lockEntry('shared'),
  lockdiscovery: ({ locks, holder }) => locks.map((lock) => activeLock(lock, holder)).join(''),
};

/** Only for who asks by name: they cost more, and RFC 4331 asks for it. */
const liveOnDemand: Readonly<Record<string, Value>> = {
  'quota-used-bytes': async ({ entry, drive }) => (await quotaOf(drive, entry))?.used,
  'quota-available-bytes': async ({ entry, drive }) => (await quotaOf(drive, entry))?.available,
};

export const liveNames: readonly string[] = Object.keys(live);

/** True for what nobody can set. */
export function isProtected({ namespace, name }: PropertyName): boolean {
  return namespace === davNamespace && (Object.hasOwn(live, name) || Object.hasOwn(liveOnDemand, name));
}

/** The XML in a live property; undefined for one that is none, or that the entry does not have. */
export async function liveValue(name: string, asked: Asked): Promise<string | undefined> {
  const value = Object.hasOwn(live, name) ? live[name] : undefined;
  const onDemand = Object.hasOwn(liveOnDemand, name) ? liveOnDemand[name] : undefined;
  return (value ?? onDemand)?.(asked);
}

async function quotaOf(drive: Drive, { kind, id }: EntryView) {
  if (kind !== 'folder') return undefined;
  const quota = await drive.quota(entryId(id));
  if (quota === undefined) return undefined;
  const { usedBytes, quotaBytes } = quota;
  return { used: String(usedBytes), available: String(Math.max(0, quotaBytes - usedBytes)) };
}

export function activeLock(
  { token, deep, shared, holder, owner, href, seconds }: Lock,
  asker: string,
): string {
  return [
    '<D:activelock><D:locktype><D:write/></D:locktype>',
    `<D:lockscope><D:${shared ? 'shared' : 'exclusive'}/></D:lockscope>`,
    `<D:depth>${deep ? 'infinity' : '0'}</D:depth>`,
    owner === '' ? '' : `<D:owner>${owner}</D:owner>`,
    `<D:timeout>Second-${seconds}</D:timeout>`,
    holder === asker ? `<D:locktoken><D:href>${token}</D:href></D:locktoken>` : '',
    `<D:lockroot><D:href>${escapeXml(href)}</D:href></D:lockroot></D:activelock>`,
  ].join('');
}

/** An element of a property. @param content XML; none for the bare name */
export function propertyElement({ namespace, name }: PropertyName, content = ''): string {
  const [open, close] =
    namespace === davNamespace
      ? [`D:${name}`, `D:${name}`]
      : [`${name} xmlns="${escapeXml(namespace)}"`, name];
  return content === '' ? `<${open}/>` : `<${open}>${content}</${close}>`;
}

export function propstat(properties: string, status: string): string {
  return `<D:propstat><D:prop>${properties}</D:prop><D:status>HTTP/1.1 ${status}</D:status></D:propstat>`;
}
