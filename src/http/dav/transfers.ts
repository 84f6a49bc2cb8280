/** COPY and MOVE (RFC 4918, sections 9.8 and 9.9). What they overwrite goes to the trash. */
import type { FastifyReply } from 'fastify';
import type { EntryView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import { entryId } from '../../model/ids.ts';
import { pathInHeader } from './dav-path.ts';
import { type DavRequest, depthOf, sendNothing } from './dav-request.ts';
import { locate, nameOf, type Resource, requireParent, requireThere } from './resources.ts';

export async function move(dav: DavRequest): Promise<FastifyReply> {
  const { drive, guard, locks, resource, reply } = dav;
  const entry = requireThere(resource);
  const target = await targetOf(dav, entry);
  const folder = requireParent(target);
  await guard.requireUnlocked(resource, { member: true, deep: true });
  await guard.requireUnlocked(target, { member: true, deep: true });
  const left = new Set((await guard.inside(resource)).map((lock) => lock.entry)).add(entry.id);
  const isRenamed = target.entry?.id === entry.id;
  const replaced = isRenamed ? undefined : target.entry;
  await replacing(dav, replaced, () =>
    drive.patch(entryId(entry.id), { parentId: entryId(folder.id), name: nameOf(target) }),
  );
  // A lock belongs to an address, not to what lay there.
  locks.removeOf(left);
  return sendNothing(reply, replaced === undefined ? 201 : 204);
}

export async function copy(dav: DavRequest): Promise<FastifyReply> {
  const { drive, guard, resource, request, reply } = dav;
  const entry = requireThere(resource);
  const isBare = entry.kind === 'folder' && depthOf(request) === '0';
  const target = await targetOf(dav, entry);
  const folder = requireParent(target);
  await guard.requireUnlocked(target, { member: true, deep: true });
  await replacing(dav, target.entry, async () => {
    const [id, parent, name] = [entryId(entry.id), entryId(folder.id), nameOf(target)];
    if (!isBare) return drive.copy(id, parent, name);
    const made = await drive.createFolder(parent, name);
    const properties = await drive.properties(id);
    if (Object.keys(properties).length > 0) await drive.setProperties(entryId(made.id), properties);
    return made;
  });
  return sendNothing(reply, target.entry === undefined ? 201 : 204);
}

/** @throws `forbidden` for a place in the entry itself, `precondition-failed` where nothing may be overwritten */
async function targetOf({ request, drive }: DavRequest, entry: EntryView): Promise<Resource> {
  const { destination, overwrite } = request.headers;
  const path = pathInHeader(request, typeof destination === 'string' ? destination : undefined);
  const target = await locate(drive, path.names);
  const isSelf = target.entry?.id === entry.id;
  if (isSelf && (request.method === 'COPY' || target.entry?.name === nameOf(target))) {
    throw new PeerstorError('forbidden', 'Source and destination are the same.');
  }
  const around = target.parent === undefined ? [] : await drive.ancestors(entryId(target.parent.id));
  if ([...around, target.parent].some((folder) => folder?.id === entry.id)) {
    throw new PeerstorError('forbidden', 'A folder cannot be put into itself.');
  }
  const holds = target.entry === undefined ? [] : await drive.ancestors(entryId(entry.id));
  if (holds.some(({ id }) => id === target.entry?.id)) {
    throw new PeerstorError('forbidden', 'A folder cannot be replaced by something that is in it.');
  }
  if (target.entry !== undefined && !isSelf && String(overwrite).toUpperCase() === 'F') {
    throw new PeerstorError('precondition-failed', 'There is something of this name already.');
  }
  return target;
}

/** Puts what is in the way into the trash, and takes it back where the work fails. */
async function replacing(
  { drive, locks }: DavRequest,
  there: EntryView | undefined,
  work: () => Promise<unknown>,
): Promise<void> {
  if (there === undefined) {
    await work();
    return;
  }
  await drive.trash(entryId(there.id), there.version);
  try {
    await work();
  } catch (error) {
    await drive.restore(entryId(there.id));
    throw error;
  }
  locks.removeOf(new Set([there.id]));
}
