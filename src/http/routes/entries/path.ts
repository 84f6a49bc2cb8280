import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EntryView } from '../../../model/api.ts';
import { PeerstorError } from '../../../model/errors.ts';
import type { EntryId } from '../../../model/ids.ts';
import { entityTag } from '../../content/preconditions.ts';
import { drivePathOf, drivePathPrefix } from '../../requests/drive-path.ts';
import { restOfRoute } from '../../requests/target.ts';
import { openToTokens, signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { placeAtPath, placeOfFile } from '../../uploads/upload-place.ts';
import {
  filePathOf,
  leaveBodiesAlone,
  receiveUpload,
  refuseUpload,
  sendUploaded,
  type UploadQuery,
  uploadQuery,
} from '../../uploads/upload-request.ts';
import { entryIdOf } from './entry-id.ts';

/** Entries by their path: look them up, and upload in one request; a new version of a file also by its id. */
export function pathRoutes(app: FastifyInstance, context: RouteContext): void {
  for (const url of [drivePathPrefix, `${drivePathPrefix}/*`]) {
    app.get(url, { config: openToTokens }, async (request, reply) => lookUp(request, reply));
  }
  // The same below a folder that is named by its id.
  app.get<{ Params: { id: string } }>(
    '/api/v1/entries/:id/path/*',
    { config: openToTokens },
    async (request, reply) => {
      return lookUp(request, reply, await entryIdOf(signedIn(request).drive, request.params.id));
    },
  );
  // A scope of its own: whatever the type, the body of an upload is not read before the handler asks.
  app.register(async (scope) => uploadRoute(scope, context));
}

/** @param top where the path begins; the root by default */
async function lookUp(request: FastifyRequest, reply: FastifyReply, top?: EntryId): Promise<EntryView> {
  const { names, folder } = drivePathOf(restOfRoute(request));
  const { drive } = signedIn(request);
  const entry =
    names.length > 0 ? await drive.resolve(names, top) : await (top ? drive.entry(top) : drive.root());
  if (folder && entry.kind === 'file') {
    throw new PeerstorError(
      'not-found',
      `"${entry.name}" is a file: ask for it without the slash at the end.`,
    );
  }
  reply.header('etag', entityTag(entry.version));
  return entry;
}

function uploadRoute(app: FastifyInstance, context: RouteContext): void {
  leaveBodiesAlone(app);
  const refuseEarly = async (request: FastifyRequest) => refuseUpload(request, context.maxUploadBytes);

  app.put<{ Querystring: UploadQuery }>(
    `${drivePathPrefix}/*`,
    { config: openToTokens, schema: { querystring: uploadQuery }, onRequest: refuseEarly },
    async (request, reply) => {
      const { drive } = signedIn(request);
      const { folders, name } = filePathOf(request);
      const place = placeAtPath(drive, folders, name);
      return sendUploaded(reply, await receiveUpload(request, { place }, context));
    },
  );

  app.put<{ Params: { id: string }; Querystring: UploadQuery }>(
    '/api/v1/entries/:id/content',
    { config: openToTokens, schema: { querystring: uploadQuery }, onRequest: refuseEarly },
    async (request, reply) => {
      const { drive } = signedIn(request);
      const place = await placeOfFile(drive, await entryIdOf(drive, request.params.id));
      return sendUploaded(reply, await receiveUpload(request, { place }, context));
    },
  );

  // The same below a folder that has no path in the own drive, because somebody shared it.
  app.put<{ Params: { id: string }; Querystring: UploadQuery }>(
    '/api/v1/entries/:id/path/*',
    { config: openToTokens, schema: { querystring: uploadQuery }, onRequest: refuseEarly },
    async (request, reply) => {
      const { drive } = signedIn(request);
      const { folders, name } = filePathOf(request);
      const place = placeAtPath(drive, folders, name, await entryIdOf(drive, request.params.id));
      return sendUploaded(reply, await receiveUpload(request, { place }, context));
    },
  );
}
