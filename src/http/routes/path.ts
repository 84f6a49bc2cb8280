import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { SafetyLevel } from '../../model/api.ts';
import type { Drive, UploadOptions } from '../../model/contracts/drive.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId } from '../../model/ids.ts';
import { signedIn } from '../authentication.ts';
import { essence, typeOfUpload } from '../content-type.ts';
import { drivePathOf, drivePathPrefix } from '../drive-path.ts';
import { safetyWaitSecondsMax, uploadStallMs } from '../http-limits.ts';
import { entityTag, httpDateMs, versionsNamed } from '../preconditions.ts';
import { declaredLength, openBody, tooLarge } from '../request-body.ts';
import { changedMeanwhile, versionExpected } from './if-match.ts';
import { query } from './schemas.ts';
import type { Surroundings } from './surroundings.ts';

interface UploadQuery {
  copies?: SafetyLevel;
  wait?: string;
}

const uploadQuery = query({
  copies: { enum: ['accepted', 'safe', 'full'] },
  wait: {
    type: 'string',
    pattern: '^[0-9]{1,4}(?:[.][0-9]{1,3})?$',
    description: `a number of seconds from 0 to ${safetyWaitSecondsMax}`,
  },
});

/** Entries by their path: look them up, and upload in one request. */
export function pathRoutes(app: FastifyInstance, surroundings: Surroundings): void {
  for (const url of [drivePathPrefix, `${drivePathPrefix}/*`]) {
    app.get(url, async (request, reply) => {
      const { names, folder } = drivePathOf(request.raw.url ?? '');
      const { drive } = signedIn(request);
      const entry = names.length === 0 ? await drive.root() : await drive.resolve(names);
      if (folder && entry.kind === 'file') {
        throw new PeerstorError(
          'not-found',
          `"${entry.name}" is a file: ask for it without the slash at the end.`,
        );
      }
      reply.header('etag', entityTag(entry.version));
      return entry;
    });
  }
  // A scope of its own: whatever the type, the body of an upload is not read before the handler asks.
  app.register(async (scope) => uploadRoute(scope, surroundings));
}

function uploadRoute(app: FastifyInstance, { clock, maxUploadBytes }: Surroundings): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const refuseEarly = async (request: FastifyRequest) => refuseUpload(request, maxUploadBytes);

  app.put<{ Querystring: UploadQuery }>(
    `${drivePathPrefix}/*`,
    { schema: { querystring: uploadQuery }, onRequest: refuseEarly },
    async (request, reply) => {
      const { drive } = signedIn(request);
      const { folders, name } = filePathOf(request);
      const options = {
        ...(await conditionOf(request, drive, [...folders, name])),
        ...safetyOf(request.query),
        ...factsOf(request, name),
      };
      const body = openBody(request.raw, { bytesMax: maxUploadBytes, stallMs: uploadStallMs, clock });
      try {
        const parent = await parentOf(drive, folders);
        const outcome = await drive.upload(parent, name, body.content, { ...options, signal: body.signal });
        if (body.failure !== undefined) throw body.failure;
        const { entry, created } = outcome;
        reply.code(created ? 201 : 200).header('etag', entityTag(entry.version));
        if (created) reply.header('location', `/api/v1/entries/${entry.id}`);
        return entry;
      } catch (error) {
        // A drive may wrap what its source threw; the source's own error says what the client did.
        throw body.failure ?? error;
      } finally {
        body.close();
      }
    },
  );
}

/** What can be said before a byte is read. @throws `too-large`, `unsupported-media-type`, `bad-request` */
function refuseUpload(request: FastifyRequest, maxUploadBytes: number): void {
  const { headers } = request;
  if ((declaredLength(request.raw) ?? 0) > maxUploadBytes) throw tooLarge(maxUploadBytes);
  const type = essence(headers['content-type'] ?? '');
  if (type.startsWith('multipart/')) {
    throw new PeerstorError('unsupported-media-type', 'Send the file itself as the body, not a form.');
  }
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new PeerstorError('unsupported-media-type', 'Send the file without "Content-Encoding".');
  }
  if (headers['content-range'] !== undefined) {
    throw new PeerstorError('bad-request', 'A part of a file cannot be sent with PUT: send the whole file.');
  }
}

function filePathOf(request: FastifyRequest): { folders: string[]; name: string } {
  const { names, folder } = drivePathOf(request.raw.url ?? '');
  const name = names.at(-1);
  if (name === undefined || folder) {
    throw new PeerstorError('bad-name', 'An upload needs the name of a file at the end of the path.');
  }
  return { folders: names.slice(0, -1), name };
}

async function parentOf(drive: Drive, folders: readonly string[]): Promise<EntryId> {
  const parent = folders.length === 0 ? await drive.root() : await drive.ensureFolder(folders);
  return entryId(parent.id);
}

/**
 * If-Match and If-None-Match. What the file must be is checked here as well as by the drive, so
 * that a refused upload leaves no new folders behind.
 * @throws `precondition-failed`
 */
async function conditionOf(
  request: FastifyRequest,
  drive: Drive,
  names: readonly string[],
): Promise<Pick<UploadOptions, 'ifMatch'>> {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
  if (ifMatch === undefined && ifNoneMatch === undefined) return {};
  const current = await drive.resolve(names).catch((error: unknown) => {
    if (isPeerstorError(error, 'not-found')) return undefined;
    throw error;
  });
  if (ifNoneMatch !== undefined) {
    const named = versionsNamed(ifNoneMatch);
    if (current !== undefined && (named === '*' || named.includes(current.version))) throw changedMeanwhile();
    if (named === '*') return { ifMatch: 'none' };
  }
  if (ifMatch === undefined) return {};
  if (current === undefined) throw changedMeanwhile();
  const version = await versionExpected(ifMatch, async () => current);
  if (version !== undefined && version !== current.version) throw changedMeanwhile();
  return { ifMatch: version ?? '*' };
}

function safetyOf({ copies, wait }: UploadQuery): Pick<UploadOptions, 'copies' | 'waitMs'> {
  const seconds = wait === undefined ? undefined : Number(wait);
  if (seconds !== undefined && seconds > safetyWaitSecondsMax) {
    throw new PeerstorError(
      'bad-input',
      `The parameter "wait" must be a number of seconds from 0 to ${safetyWaitSecondsMax}.`,
      { details: { field: 'wait' } },
    );
  }
  return {
    ...(copies === undefined ? {} : { copies }),
    ...(seconds === undefined ? {} : { waitMs: Math.round(seconds * 1000) }),
  };
}

/** What the headers tell of the file: type, size, time of its last change. */
function factsOf(
  request: FastifyRequest,
  name: string,
): Pick<UploadOptions, 'mime' | 'sizeHint' | 'modifiedAtMs'> {
  const size = declaredLength(request.raw);
  const { 'x-modified-at': own, 'last-modified': standard } = request.headers;
  const date = own ?? standard;
  const modifiedAtMs = typeof date === 'string' ? httpDateMs(date) : undefined;
  if (date !== undefined && modifiedAtMs === undefined) {
    const field = own === undefined ? 'Last-Modified' : 'X-Modified-At';
    throw new PeerstorError(
      'bad-input',
      `The header "${field}" must be a date such as 2026-11-21T10:00:00Z.`,
      {
        details: { field },
      },
    );
  }
  return {
    mime: typeOfUpload(request.headers['content-type'], name),
    ...(size === undefined ? {} : { sizeHint: size }),
    ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }),
  };
}
