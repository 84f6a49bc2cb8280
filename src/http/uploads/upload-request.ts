/** A file that comes as the body of a PUT: what the headers say of it, and handing it to the drive. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EntryView, SafetyLevel } from '../../model/api.ts';
import type { UploadOptions, UploadOutcome } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { isFileTime } from '../../model/file-time.ts';
import { essence, typeOfUpload } from '../content/content-type.ts';
import { entityTag, isOfDate, versionsNamed } from '../content/preconditions.ts';
import { safetyWaitSecondsMax, uploadStallMs } from '../limits/http-limits.ts';
import { drivePathOf } from '../requests/drive-path.ts';
import { declaredLength, openBody, tooLarge } from '../requests/request-body.ts';
import { query } from '../requests/schemas.ts';
import { restOfRoute } from '../requests/target.ts';
import { httpDateMs, isoTimeMs } from '../requests/times.ts';
import type { RouteContext } from '../sessions/route-context.ts';
import { watchSession } from '../sessions/session-watch.ts';
import { changedMeanwhile, versionExpected } from './if-match.ts';
import type { UploadPlace } from './upload-place.ts';

export interface UploadQuery {
  copies?: SafetyLevel;
  wait?: string;
  onConflict?: UploadOptions['onConflict'];
}

export const uploadQuery = query({
  copies: { enum: ['accepted', 'safe', 'full'] },
  wait: {
    type: 'string',
    pattern: '^[0-9]{1,4}(?:[.][0-9]{1,3})?$',
    description: `a number of seconds from 0 to ${safetyWaitSecondsMax}`,
  },
  onConflict: { enum: ['version', 'rename', 'skip'] },
});

export interface UploadTarget {
  place: UploadPlace;
  onConflict?: UploadOptions['onConflict'];
  /** A date that came in another way than by the headers of the API. */
  modifiedAtMs?: number;
  /** Awaited before the first byte is asked for. */
  before?(): Promise<void>;
}

/** In this scope no body is read before its handler asks, whatever its type. */
export function leaveBodiesAlone(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
}

/**
 * Stores the body of a request.
 * @throws what the drive throws, and `aborted`, `request-timeout`, `too-large` for what the client did
 */
export async function receiveUpload(
  request: FastifyRequest<{ Querystring: UploadQuery }>,
  { place, onConflict = request.query.onConflict, modifiedAtMs, before }: UploadTarget,
  context: RouteContext,
): Promise<UploadOutcome> {
  const { clock, maxUploadBytes } = context;
  const options = {
    ...(await conditionOf(request, place)),
    ...safetyOf(request.query),
    ...factsOf(request, place.name),
    ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }),
    ...(onConflict === undefined ? {} : { onConflict }),
  };
  const bounds = { bytesMax: maxUploadBytes, stallMs: uploadStallMs };
  const body = openBody(request.raw, { ...bounds, clock, lendsPieces: true });
  const stopWatching = watchSession(request, () => {
    body.fail(new PeerstorError('not-signed-in', 'The session ended meanwhile; nothing was stored.'));
  });
  try {
    await before?.();
    const outcome = await place.upload(body.content, { ...options, signal: body.signal });
    if (body.failure !== undefined) throw body.failure;
    return outcome;
  } catch (error) {
    // A drive may wrap what its source threw; the source's own error says what the client did.
    throw body.failure ?? error;
  } finally {
    stopWatching();
    body.close();
  }
}

/**
 * Says what became of an upload: 201 for a new file, 200 for a new version.
 * @param entries address below which the caller finds entries
 */
export function sendUploaded(
  reply: FastifyReply,
  { entry, created }: UploadOutcome,
  entries = '/api/v1/entries',
): EntryView {
  reply.code(created ? 201 : 200).header('etag', entityTag(entry.version));
  if (created) reply.header('location', `${entries}/${entry.id}`);
  return entry;
}

/** What can be said before a byte is read. @throws `too-large`, `unsupported-media-type`, `bad-request` */
export function refuseUpload(request: FastifyRequest, maxUploadBytes: number): void {
  const { headers } = request;
  if ((declaredLength(request.raw) ?? 0) > maxUploadBytes) throw tooLarge(maxUploadBytes);
  const type = essence(headers['content-type'] ?? '');
  // Other multipart types are files, such as a saved web page (multipart/related).
  if (type === 'multipart/form-data') {
    throw new PeerstorError('unsupported-media-type', 'Send the file itself as the body, not a form.');
  }
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new PeerstorError('unsupported-media-type', 'Send the file without "Content-Encoding".');
  }
  if (headers['content-range'] !== undefined) {
    throw new PeerstorError('bad-request', 'A part of a file cannot be sent with PUT: send the whole file.');
  }
}

/** The file that a wildcard route names. @throws `bad-name` */
export function filePathOf(request: FastifyRequest): { folders: string[]; name: string } {
  const { names, folder } = drivePathOf(restOfRoute(request));
  const name = names.at(-1);
  if (name === undefined || folder) {
    throw new PeerstorError('bad-name', 'An upload needs the name of a file at the end of the path.');
  }
  return { folders: names.slice(0, -1), name };
}

/**
 * If-Match, If-None-Match and If-Unmodified-Since. What the file must be is checked here as well as by the drive, so
 * that a refused upload leaves no new folders behind.
 * @throws `precondition-failed`
 */
async function conditionOf(
  request: FastifyRequest,
  place: UploadPlace,
): Promise<Pick<UploadOptions, 'ifMatch'>> {
  const {
    'if-match': ifMatch,
    'if-none-match': ifNoneMatch,
    'if-unmodified-since': unmodified,
  } = request.headers;
  // What is no date is ignored (RFC 9110 section 13.1.4).
  const since = httpDateMs(unmodified) === undefined ? undefined : unmodified;
  if (ifMatch === undefined && ifNoneMatch === undefined && since === undefined) return {};
  const current = await place.current();
  if (ifNoneMatch !== undefined) {
    const named = versionsNamed(ifNoneMatch);
    if (current !== undefined && (named === '*' || named.includes(current.version))) throw changedMeanwhile();
    if (named === '*') return { ifMatch: 'none' };
  }
  if (ifMatch === undefined) {
    if (since === undefined) return {};
    if (current === undefined || !isOfDate(since, Date.parse(current.modifiedAt))) throw changedMeanwhile();
    return { ifMatch: current.version };
  }
  if (current === undefined) throw changedMeanwhile();
  const version = await versionExpected(ifMatch, async () => current);
  if (version !== undefined && version !== current.version) throw changedMeanwhile();
  return { ifMatch: version ?? '*' };
}

/** @throws `bad-input` */
export function safetyOf({ copies, wait }: UploadQuery): Pick<UploadOptions, 'copies' | 'waitMs'> {
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

/** What the headers tell of the file: type, size, time of its last change, whether it may be run. */
function factsOf(
  request: FastifyRequest,
  name: string,
): Pick<UploadOptions, 'mime' | 'sizeHint' | 'modifiedAtMs' | 'executable'> {
  const size = declaredLength(request.raw);
  const { 'x-modified-at': own, 'last-modified': standard, 'x-executable': executable } = request.headers;
  const date = own ?? standard;
  const ms = typeof date === 'string' ? (isoTimeMs(date) ?? httpDateMs(date)) : undefined;
  if (date !== undefined && (ms === undefined || !isFileTime(ms))) {
    const field = own === undefined ? 'Last-Modified' : 'X-Modified-At';
    const rule =
      ms === undefined
        ? 'must be a time with its zone, such as 2026-11-21T10:00:00Z'
        : 'lies before 1700, which is no time of a file: leave it away where the time is not known';
    throw new PeerstorError('bad-input', `The header "${field}" ${rule}.`, { details: { field } });
  }
  if (executable !== undefined && executable !== 'true' && executable !== 'false') {
    throw new PeerstorError('bad-input', 'The header "X-Executable" is true or false.', {
      details: { field: 'X-Executable' },
    });
  }
  return {
    mime: typeOfUpload(request.headers['content-type'], name),
    ...(size === undefined ? {} : { sizeHint: size }),
    ...(ms === undefined ? {} : { modifiedAtMs: ms }),
    ...(executable === undefined ? {} : { executable: executable === 'true' }),
  };
}
