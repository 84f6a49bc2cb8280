/** LOCK and UNLOCK (RFC 4918, sections 9.10 and 9.11). */
import type { FastifyReply } from 'fastify';
import type { EntryView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import { entryId } from '../../model/ids.ts';
import { davChild, isDav, parseXml, writeContent, xmlHead } from '../requests/xml.ts';
import { hrefOf } from './dav-path.ts';
import { type DavRequest, depthOf, readText, sendNothing, sendXml } from './dav-request.ts';
import { type Lock, secondsOf } from './locks.ts';
import { activeLock } from './properties.ts';
import { nameOf, requireParent } from './resources.ts';

/** Takes a lock, or makes one that the request shows last longer. Where nothing is, an empty file is made. */
export async function lock(dav: DavRequest): Promise<FastifyReply> {
  const { request, reply, guard, resource, locks } = dav;
  const { timeout } = request.headers;
  const seconds = secondsOf(typeof timeout === 'string' ? timeout : undefined);
  const info = parseXml(await readText(dav));
  if (info === undefined) {
    const [shown] = await guard.shown(resource);
    if (shown === undefined) {
      throw new PeerstorError('precondition-failed', 'The header "If" names no lock of this that is yours.');
    }
    return sendXml(reply, 200, discovery(locks.refresh(shown, seconds)));
  }
  if (!isDav(info, 'lockinfo')) throw new PeerstorError('bad-request', 'The body must be a "lockinfo".');
  const depth = depthOf(request) ?? 'infinity';
  if (depth === '1') throw new PeerstorError('bad-request', 'A lock has the depth 0 or infinity.');
  const shared = davChild(davChild(info, 'lockscope'), 'shared') !== undefined;
  const deep = depth === 'infinity';
  if (resource.entry !== undefined) requireMayChange(resource.entry);
  await requireFree(dav, { shared, deep });
  const made = resource.entry === undefined ? await makeEmpty(dav) : undefined;
  const entry = resource.entry ?? made;
  if (entry === undefined) throw new PeerstorError('conflict', 'This went away meanwhile.');
  // What somebody else locked while an empty file was made.
  await requireFree({ ...dav, resource: { ...resource, entry } }, { shared, deep });
  const owner = davChild(info, 'owner');
  const taken = locks.add({
    entry: entry.id,
    deep,
    shared,
    holder: guard.holder,
    owner: owner === undefined ? '' : writeContent(owner),
    href: hrefOf(resource.names, entry.kind === 'folder'),
    seconds,
  });
  reply.header('lock-token', `<${taken.token}>`);
  return sendXml(reply, made === undefined ? 200 : 201, discovery(taken, guard.holder));
}

/** Who may only look keeps nobody from changing. @throws `forbidden` */
function requireMayChange({ rights }: EntryView): void {
  if (rights === undefined || rights === null || rights === 'edit') return;
  throw new PeerstorError('forbidden', 'You may look at this, not change it, so you cannot lock it.');
}

/** @throws `locked` where another lock is in the way, also of what lies in a folder */
async function requireFree(
  { guard, resource }: Pick<DavRequest, 'guard' | 'resource'>,
  { shared, deep }: { shared: boolean; deep: boolean },
): Promise<void> {
  const there = [...(await guard.covering(resource)), ...(deep ? await guard.inside(resource) : [])];
  if (!there.some((lock) => !lock.shared || !shared)) return;
  throw new PeerstorError(
    'locked',
    'A program has locked this: close it there, or wait until the lock ends.',
  );
}

async function makeEmpty({ drive, guard, resource, context }: DavRequest) {
  const folder = requireParent(resource);
  await guard.requireUnlocked(resource, { member: true });
  async function* nothing(): AsyncGenerator<Uint8Array> {}
  const modifiedAtMs = context.clock.wallMs();
  const { entry } = await drive.upload(entryId(folder.id), nameOf(resource), nothing(), {
    ifMatch: 'none',
    modifiedAtMs,
  });
  return entry;
}

export async function unlock({ request, reply, guard, locks, resource }: DavRequest): Promise<FastifyReply> {
  const header = request.headers['lock-token'];
  const token = /^\s*<([^<>]+)>\s*$/.exec(String(header))?.[1];
  if (token === undefined) throw new PeerstorError('bad-request', 'The header "Lock-Token" is missing.');
  const held = (await guard.covering(resource)).find((one) => one.token === token);
  if (held === undefined) throw new PeerstorError('conflict', 'This is not locked by that token.');
  if (held.holder !== guard.holder) {
    throw new PeerstorError('forbidden', 'Another program took this lock: only that one may end it.');
  }
  locks.remove(token);
  return sendNothing(reply, 204);
}

function discovery(lock: Lock, asker = lock.holder): string {
  const active = activeLock(lock, asker);
  return `${xmlHead}<D:prop xmlns:D="DAV:"><D:lockdiscovery>${active}</D:lockdiscovery></D:prop>`;
}
