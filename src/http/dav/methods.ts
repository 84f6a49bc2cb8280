/** The methods of WebDAV, each over the same calls of the drive as the API. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EntryView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import { entryId } from '../../model/ids.ts';
import { sendContent } from '../content/content-reply.ts';
import { entityTag } from '../content/preconditions.ts';
import { sendStream } from '../replies/streamed-reply.ts';
import { escapeXml, xmlHead } from '../requests/xml.ts';
import { downloadSlot } from '../sessions/download-slot.ts';
import { watchSession } from '../sessions/session-watch.ts';
import { receiveUpload, refuseUpload, type UploadQuery } from '../uploads/upload-request.ts';
import { type DavRequest, depthOf, readText, sendNothing, sendXml } from './dav-request.ts';
import { lock, unlock } from './locking.ts';
import { type Finding, multistatus, readWish } from './propfind.ts';
import { changeProperties, readChanges } from './proppatch.ts';
import { nameOf, requireParent, requireThere } from './resources.ts';
import { copy, move } from './transfers.ts';

export type DavMethod = (dav: DavRequest) => Promise<FastifyReply>;

export const davMethods: Readonly<Record<string, DavMethod>> = {
  GET: get,
  HEAD: get,
  PUT: put,
  DELETE: remove,
  MKCOL: makeFolder,
  COPY: copy,
  MOVE: move,
  PROPFIND: propfind,
  PROPPATCH: proppatch,
  LOCK: lock,
  UNLOCK: unlock,
};

async function get({ request, reply, resource, drive, context }: DavRequest): Promise<FastifyReply> {
  const entry = requireThere(resource);
  if (entry.kind === 'folder') return sendFolderPage(reply, entry);
  return sendContent(request, reply, await drive.open(entryId(entry.id)), {
    ...context,
    download: false,
    watch: (onEnd) => watchSession(request, onEnd),
    takeSlot: downloadSlot(request, context),
  });
}

/** For people who open the address in a browser. */
function sendFolderPage(reply: FastifyReply, { id, name }: EntryView): FastifyReply {
  const title = escapeXml(name === '' ? 'peerstor' : name);
  const text = `<!doctype html><title>${title}</title><p>This address is for programs that mount a drive (WebDAV). To look at the folder with a browser, open <a href="/drive/${id}">its page</a>.</p>`;
  return reply.code(200).header('content-type', 'text/html; charset=utf-8').send(Buffer.from(text));
}

async function put(dav: DavRequest): Promise<FastifyReply> {
  const { request, reply, drive, guard, resource, context } = dav;
  refuseUpload(request, context.maxUploadBytes);
  if (resource.entry?.kind === 'folder' || resource.names.length === 0) {
    throw new PeerstorError('method-not-allowed', 'This is a folder: a file cannot take its place.');
  }
  const folder = requireParent(resource);
  await guard.requireUnlocked(resource, { member: resource.entry === undefined });
  const name = nameOf(resource);
  const place = {
    name,
    current: async () => resource.entry,
    upload: (content: AsyncIterable<Uint8Array>, options: object) =>
      drive.upload(entryId(folder.id), name, content, options),
  };
  const modifiedAtMs = dateGiven(request);
  const { entry, created } = await receiveUpload(
    request as FastifyRequest<{ Querystring: UploadQuery }>,
    { place, onConflict: 'version', ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }) },
    context,
  );
  if (modifiedAtMs !== undefined) reply.header('x-oc-mtime', 'accepted');
  reply.header('etag', entityTag(entry.version));
  return sendNothing(reply, created ? 201 : 204);
}

/** Clients of ownCloud and Nextcloud, rclone and davfs2 among them, tell a file's date in Unix seconds. */
function dateGiven({ headers }: FastifyRequest): number | undefined {
  const seconds = /^(\d{1,11})(?:\.\d+)?$/.exec(String(headers['x-oc-mtime'] ?? ''))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** To the trash. */
async function remove({ reply, drive, guard, locks, resource }: DavRequest): Promise<FastifyReply> {
  const entry = requireThere(resource);
  await guard.requireUnlocked(resource, { member: true, deep: true });
  const gone = new Set((await guard.inside(resource)).map((one) => one.entry)).add(entry.id);
  await drive.trash(entryId(entry.id));
  locks.removeOf(gone);
  return sendNothing(reply, 204);
}

async function makeFolder(dav: DavRequest): Promise<FastifyReply> {
  const { reply, drive, guard, resource } = dav;
  if (resource.entry !== undefined) {
    throw new PeerstorError('method-not-allowed', 'There is something of this name already.');
  }
  const folder = requireParent(resource);
  if ((await readText(dav)) !== '') {
    throw new PeerstorError('unsupported-media-type', 'A folder is made without a body.');
  }
  await guard.requireUnlocked(resource, { member: true });
  await drive.createFolder(entryId(folder.id), nameOf(resource));
  return sendNothing(reply, 201);
}

async function propfind(dav: DavRequest): Promise<FastifyReply> {
  const { request, reply, drive, guard, resource, context } = dav;
  const wish = readWish(await readText(dav));
  const entry = requireThere(resource);
  const depth = depthOf(request) ?? 'infinity';
  if (depth === 'infinity') {
    const error = `${xmlHead}<D:error xmlns:D="DAV:"><D:propfind-finite-depth/></D:error>`;
    return sendXml(reply, 403, error);
  }
  const finding: Finding = {
    drive,
    wish,
    holder: guard.holder,
    locksOf: (of, names) => guard.covering({ names, entry: of, parent: undefined }),
  };
  await sendStream(
    reply,
    {
      status: 207,
      headers: { 'content-type': 'application/xml; charset=utf-8' },
      length: undefined,
      open: () => multistatus(finding, { entry, names: resource.names, deep: depth === '1' }),
    },
    { ...context, watch: (onEnd) => watchSession(request, onEnd) },
  );
  return reply;
}

async function proppatch(dav: DavRequest): Promise<FastifyReply> {
  const { reply, drive, guard, resource } = dav;
  const changes = readChanges(await readText(dav));
  const entry = requireThere(resource);
  await guard.requireUnlocked(resource);
  return sendXml(reply, 207, await changeProperties(drive, { entry, names: resource.names, changes }));
}
