/** `/s/SECRET`: what people without an account may do who have a link. No session, no CSRF header: the link is all. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EntryView, GuestView } from '../../../model/api.ts';
import type { Drive, Guest } from '../../../model/contracts/drive.ts';
import { thumbnailSizes } from '../../../model/contracts/media/media-maker.ts';
import { entryId } from '../../../model/ids.ts';
import { passwordBytesMax } from '../../../model/limits.ts';
import { archiveName, sendArchive } from '../../archive/archive-reply.ts';
import { sendContent } from '../../content/content-reply.ts';
import { unlocksPerMinute } from '../../limits/http-limits.ts';
import { openToAnyone } from '../../limits/rate-limits.ts';
import { guestContentHeaders } from '../../replies/security-headers.ts';
import { pathNames } from '../../requests/drive-path.ts';
import {
  fields,
  flag,
  isOn,
  type ListQuery,
  listOptionsOf,
  listQuery,
  query,
  text,
} from '../../requests/schemas.ts';
import { downloadSlot } from '../../sessions/download-slot.ts';
import type { GuestAccess } from '../../sessions/guest-access.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { tusRoutes } from '../../uploads/tus.ts';
import { placeAtPath, type UploadPlace } from '../../uploads/upload-place.ts';
import {
  filePathOf,
  leaveBodiesAlone,
  receiveUpload,
  refuseUpload,
  sendUploaded,
  type UploadQuery,
  uploadQuery,
} from '../../uploads/upload-request.ts';
import { entriesOf, idsQuery } from '../entries/archives.ts';
import { currentVersion, refuseOtherVersion } from '../entries/current-version.ts';
import { entryIdOf } from '../entries/entry-id.ts';
import { sendThumbnail, sizeOf, type ThumbnailQuery, thumbnailQuery } from '../entries/thumbnail.ts';

interface BySecret {
  Params: { secret: string };
}
interface ById {
  Params: { secret: string; id: string };
}
interface FileQuery {
  entry?: string;
  path?: string;
  version?: string;
}

const publicly = { access: 'public' } as const;
const unlockBody = fields(
  { password: text(passwordBytesMax, `a text of 1 to ${passwordBytesMax} characters`) },
  ['password'],
);
const fileQuery = query({
  entry: { type: 'string', maxLength: 64, description: 'the id of a file' },
  path: { type: 'string', maxLength: 16 * 1024, description: 'the path of a file below the shared folder' },
  version: currentVersion,
});

export function guestRoutes(app: FastifyInstance, context: RouteContext, access: GuestAccess): void {
  app.post<BySecret & { Body: { password: string } }>(
    '/s/:secret/unlock',
    { config: openToAnyone(unlocksPerMinute), schema: { body: unlockBody } },
    async (request, reply) => {
      const { secret } = request.params;
      return viewFor(secret, await access.unlock(request, reply, secret, request.body.password));
    },
  );

  app.get<BySecret>('/s/:secret/api', { config: publicly }, async (request) => {
    const { secret } = request.params;
    return viewFor(secret, await access.open(request, secret));
  });

  app.get<ById>('/s/:secret/api/entries/:id', { config: publicly }, async (request) => {
    const { secret, id } = request.params;
    const { drive } = await access.open(request, secret);
    return forGuest(secret, await drive.entry(await entryIdOf(drive, id)));
  });

  app.get<ById & { Querystring: ListQuery }>(
    '/s/:secret/api/entries/:id/children',
    { config: publicly, schema: { querystring: listQuery } },
    async (request) => {
      const { secret, id } = request.params;
      const { drive } = await access.open(request, secret);
      const page = await drive.children(await entryIdOf(drive, id), listOptionsOf(request.query));
      return { ...page, items: page.items.map((entry) => forGuest(secret, entry)) };
    },
  );

  downloadRoutes(app, access, context);
  thumbnailRoute(app, access, context);
  app.register(async (scope) => uploadRoute(scope, access, context));
  app.register(async (scope) => {
    leaveBodiesAlone(scope);
    tusRoutes(scope, context, {
      base: '/s/:secret/api/uploads',
      config: publicly,
      async holderOf(request: FastifyRequest) {
        const guest = await access.open(request, secretOf(request));
        const { id, uploads, drive, rights } = guest;
        const beforeListing = () => guest.countUse();
        return { key: `link ${id}`, uploads, drive, isDrop: rights === 'upload', beforeListing };
      },
    });
  });
}

function secretOf({ params }: FastifyRequest): string {
  const { secret }: { secret?: unknown } = Object(params);
  return String(secret);
}

async function viewFor(secret: string, guest: Guest): Promise<GuestView> {
  const view = await guest.view();
  return { ...view, entry: view.entry && forGuest(secret, view.entry) };
}

/** Addresses that a guest can reach. */
function forGuest(secret: string, entry: EntryView): EntryView {
  if (entry.thumbnail === null) return entry;
  return { ...entry, thumbnail: `/s/${secret}/api/entries/${entry.id}/thumbnail` };
}

function downloadRoutes(app: FastifyInstance, access: GuestAccess, context: RouteContext): void {
  const send = async (
    request: FastifyRequest,
    reply: FastifyReply,
    guest: Guest,
    options: { id: string; download: boolean; version: string | undefined },
  ) => {
    const content = await guest.drive.open(await entryIdOf(guest.drive, options.id));
    refuseOtherVersion(options.version, content.etag);
    return sendContent(request, reply, content, {
      ...context,
      takeSlot: downloadSlot(request, context, guest.id),
      download: options.download,
      headers: guestContentHeaders,
      beforeFirstByte: (startsAtByte) => access.count(request, guest, content.etag, startsAtByte),
    });
  };

  const archive = (
    request: FastifyRequest,
    reply: FastifyReply,
    guest: Guest,
    entries: readonly EntryView[],
  ) =>
    sendArchive(
      request,
      reply,
      { drive: guest.drive, entries, name: archiveName(entries) },
      {
        ...context,
        headers: guestContentHeaders,
        takeSlot: downloadSlot(request, context, guest.id),
        // It cannot go on in the middle, so each one is a use.
        beforeFirstByte: () => guest.countUse(),
      },
    );

  app.route<BySecret & { Querystring: FileQuery }>({
    method: ['GET', 'HEAD'],
    url: '/s/:secret/dl',
    config: publicly,
    schema: { querystring: fileQuery },
    handler: async (request, reply) => {
      const guest = await access.open(request, request.params.secret);
      const entry = await entryAt(guest.drive, request.query);
      const { version } = request.query;
      if (entry.kind === 'file')
        return send(request, reply, guest, { id: entry.id, download: true, version });
      refuseOtherVersion(version, entry.version);
      return archive(request, reply, guest, [entry]);
    },
  });

  app.route<BySecret & { Querystring: { ids?: string } }>({
    method: ['GET', 'HEAD'],
    url: '/s/:secret/api/archive',
    config: publicly,
    schema: { querystring: idsQuery },
    handler: async (request, reply) => {
      const guest = await access.open(request, request.params.secret);
      const { ids } = request.query;
      const root = async () => [await guest.drive.root()];
      return archive(
        request,
        reply,
        guest,
        ids === undefined ? await root() : await entriesOf(guest.drive, ids.split(',')),
      );
    },
  });

  app.route<ById & { Querystring: { download?: string; version?: string } }>({
    method: ['GET', 'HEAD'],
    url: '/s/:secret/api/entries/:id/content',
    config: publicly,
    schema: { querystring: query({ download: flag, version: currentVersion }) },
    handler: async (request, reply) => {
      const guest = await access.open(request, request.params.secret);
      const { download, version } = request.query;
      return send(request, reply, guest, { id: request.params.id, download: isOn(download), version });
    },
  });
}

/** A large one is nearly the picture itself, so it counts as a download; the smaller ones are for looking around. */
function thumbnailRoute(app: FastifyInstance, access: GuestAccess, context: RouteContext): void {
  app.route<ById & { Querystring: ThumbnailQuery }>({
    method: ['GET', 'HEAD'],
    url: '/s/:secret/api/entries/:id/thumbnail',
    config: publicly,
    schema: { querystring: thumbnailQuery },
    handler: async (request, reply) => {
      const { secret, id } = request.params;
      const guest = await access.open(request, secret);
      const size = sizeOf(request.query);
      const { version } = request.query;
      return sendThumbnail(reply, { drive: guest.drive, id, size, version }, (content) =>
        sendContent(request, reply, content, {
          ...context,
          download: false,
          headers: guestContentHeaders,
          ...(size === thumbnailSizes.at(-1) && {
            beforeFirstByte: (at: number) => access.count(request, guest, content.etag, at),
          }),
        }),
      );
    },
  });
}

/** What is meant: the shared entry, or one below the shared folder. */
async function entryAt(drive: Drive, { entry: id, path }: FileQuery): Promise<EntryView> {
  const names = pathNames(path ?? '');
  if (id !== undefined) return drive.entry(entryId(id));
  return names.length > 0 ? drive.resolve(names) : drive.root();
}

/** A drop into a box that shows nothing, or a file of a folder that guests may change. */
function uploadRoute(app: FastifyInstance, access: GuestAccess, context: RouteContext): void {
  leaveBodiesAlone(app);
  const refuseEarly = async (request: FastifyRequest) => refuseUpload(request, context.maxUploadBytes);

  const receive = async (
    request: FastifyRequest<BySecret & { Querystring: UploadQuery }>,
    reply: FastifyReply,
    guest: Guest,
    place: UploadPlace,
  ) => {
    const isDrop = guest.rights === 'upload';
    const outcome = await receiveUpload(
      request,
      {
        place,
        // A drop neither replaces what is there nor tells that it is there.
        ...(isDrop ? { onConflict: 'rename' } : {}),
        before: () => guest.countUse(),
      },
      context,
    );
    if (!isDrop) return sendUploaded(reply, outcome, `/s/${request.params.secret}/api/entries`);
    const { entry } = outcome;
    return reply.code(201).send({ name: entry.name, size: entry.size, safety: entry.safety });
  };

  app.put<BySecret & { Querystring: UploadQuery }>(
    '/s/:secret/api/path/*',
    { config: publicly, schema: { querystring: uploadQuery }, onRequest: refuseEarly },
    async (request, reply) => {
      const { folders, name } = filePathOf(request);
      const guest = await access.open(request, request.params.secret);
      return receive(request, reply, guest, placeAtPath(guest.drive, folders, name));
    },
  );

  // Below a folder that the guest has open: its id holds when the owner renames or trashes it meanwhile.
  app.put<ById & { Querystring: UploadQuery }>(
    '/s/:secret/api/entries/:id/path/*',
    { config: publicly, schema: { querystring: uploadQuery }, onRequest: refuseEarly },
    async (request, reply) => {
      const { folders, name } = filePathOf(request);
      const guest = await access.open(request, request.params.secret);
      const folder = await entryIdOf(guest.drive, request.params.id);
      return receive(request, reply, guest, placeAtPath(guest.drive, folders, name, folder));
    },
  );
}
