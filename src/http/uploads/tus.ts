/**
 * tus 1.0.0, and the draft of the IETF: uploads that go on after a cut, in requests of their own (decision 0045 says why it
 * is our own).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Drive } from '../../model/contracts/drive.ts';
import type { AppendOptions, ResumableUploads, UploadProgress } from '../../model/contracts/uploads.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type UploadId, uploadId } from '../../model/ids.ts';
import { essence } from '../content/content-type.ts';
import { callerOf } from '../limits/caller.ts';
import { appendsMax, appendsPerAddress, appendsPerHolder, uploadStallMs } from '../limits/http-limits.ts';
import { createSlots } from '../limits/slots.ts';
import { declaredLength, openBody, tooLarge } from '../requests/request-body.ts';
import { pathnameOf } from '../requests/target.ts';
import type { RouteContext } from '../sessions/route-context.ts';
import { watchSession } from '../sessions/session-watch.ts';
import { concatOf, concatText, nameOfParts } from './concatenation.ts';
import {
  bytesIn,
  checksumOf,
  lengthOf,
  metadataOf,
  requireTus,
  tellProgress,
  tusContentType,
  tusExtensions,
  tusVersion,
} from './tus-headers.ts';
import { tusTarget } from './tus-target.ts';
import {
  announce,
  bringsBody,
  type DraftRequest,
  draftOf,
  lengthByEnd,
  requirePart,
  tellDraft,
} from './upload-draft.ts';
import { safetyOf, type UploadQuery, uploadQuery } from './upload-request.ts';

/** Whose uploads a request is about. */
export interface TusHolder {
  /** Such as `user ID` or `link ID`. */
  key: string;
  uploads: ResumableUploads;
  drive: Drive;
  /** True for a drop box: an upload there replaces nothing, and the guest learns nothing about its content. */
  isDrop: boolean;
  beforeListing?: () => Promise<void>;
}

export interface TusOptions {
  /** Where uploads are begun; below it each has its address. */
  base: string;
  config: { readonly access: 'files' | 'public' };
  holderOf(request: FastifyRequest): Promise<TusHolder>;
}

interface ById {
  Params: { id: string };
  Querystring: UploadQuery;
}

/** Adds the routes to a scope whose bodies are left alone. */
export function tusRoutes(app: FastifyInstance, context: RouteContext, options: TusOptions): void {
  const { base, config } = options;
  const handlers = new TusHandlers(context, options);
  const schema = { querystring: uploadQuery };

  for (const url of [base, `${base}/:id`]) {
    app.options(url, { config: { access: 'public' } }, async (_request, reply) => {
      reply.code(204).headers({
        'tus-resumable': tusVersion,
        'tus-version': tusVersion,
        'tus-extension': tusExtensions,
        'tus-checksum-algorithm': 'sha1,sha256',
        'tus-max-size': String(context.maxUploadBytes),
        'upload-limit': `max-size=${context.maxUploadBytes}`,
      });
    });
  }
  app.post<{ Querystring: UploadQuery }>(base, { config, schema }, (request, reply) =>
    handlers.create(request, reply),
  );
  app.head<ById>(`${base}/:id`, { config }, (request, reply) => handlers.look(request, reply));
  app.patch<ById>(`${base}/:id`, { config, schema }, (request, reply) => handlers.append(request, reply));
  app.delete<ById>(`${base}/:id`, { config }, (request, reply) => handlers.remove(request, reply));
  // For clients that can only send POST: the method is in a header.
  app.post<ById>(`${base}/:id`, { config, schema }, (request, reply) => {
    switch (request.headers['x-http-method-override']) {
      case 'PATCH':
        return handlers.append(request, reply);
      case 'DELETE':
        return handlers.remove(request, reply);
      case 'HEAD':
        return handlers.look(request, reply);
      default:
        throw new PeerstorError('bad-request', 'Bytes of an upload are sent with PATCH.');
    }
  });
}

class TusHandlers {
  readonly #context: RouteContext;
  readonly #options: TusOptions;
  readonly #slots = createSlots();

  constructor(context: RouteContext, options: TusOptions) {
    this.#context = context;
    this.#options = options;
  }

  async create(
    request: FastifyRequest<{ Querystring: UploadQuery }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const draft = speak(request, reply);
    const { maxUploadBytes } = this.#context;
    const holder = await this.#options.holderOf(request);
    const concat = draft ? undefined : concatOf(request);
    const size = sizeOf(request, draft, Array.isArray(concat));
    if ((size ?? 0) > maxUploadBytes) throw tooLarge(maxUploadBytes);
    const { text: metadata, fields } = metadataOf(request);
    const isPartial = concat === 'partial';
    const target = await tusTarget(holder.drive, fields, isPartial ? nameOfParts : undefined);
    const rule = holder.isDrop ? { onConflict: 'rename' as const } : {};
    const wish = { ...target, metadata, ...safetyOf(request.query), ...rule };
    const begun = Array.isArray(concat)
      ? await holder.uploads.join(wish, concat, listingOf(holder))
      : await holder.uploads.create({ ...wish, size, ...(isPartial && { isPartial }) }, listingOf(holder));
    const location = `${pathnameOf(request.raw.url ?? '')}/${begun.id}`;
    reply.header('location', location);
    const hasBody = draft ? bringsBody(request) : isTusBody(request) && declaredLength(request.raw);
    if (draft && hasBody) announce(reply, draft, location);
    const upload =
      hasBody && !begun.finished ? await this.#take(request, holder, uploadId(begun.id), 0, draft) : begun;
    tellProgress(reply, upload, holder);
    if (draft) tellDraft(reply, draft, upload);
    return reply.code(201).send();
  }

  async look(request: FastifyRequest<ById>, reply: FastifyReply): Promise<FastifyReply> {
    const draft = speak(request, reply);
    const holder = await this.#options.holderOf(request);
    const upload = await holder.uploads.look(idOf(request), listingOf(holder));
    tellProgress(reply, upload, holder);
    if (upload.size !== null) reply.header('upload-length', String(upload.size));
    if (draft) {
      tellDraft(reply, draft, upload);
      return reply.code(204).send();
    }
    if (upload.size === null) reply.header('upload-defer-length', '1');
    if (upload.metadata !== '') reply.header('upload-metadata', upload.metadata);
    const base = pathnameOf(request.raw.url ?? '').replace(/\/[^/]*$/, '');
    const concat = concatText(upload, base);
    if (concat !== undefined) reply.header('upload-concat', concat);
    return reply.code(200).send();
  }

  async append(request: FastifyRequest<ById>, reply: FastifyReply): Promise<FastifyReply> {
    const draft = speak(request, reply);
    if (draft) requirePart(request, draft);
    else if (!isTusBody(request)) {
      throw new PeerstorError(
        'unsupported-media-type',
        `Send the bytes as "Content-Type: ${tusContentType}".`,
      );
    }
    const offset = bytesIn(request, 'upload-offset');
    if (offset === undefined) {
      throw new PeerstorError('bad-request', 'The header "upload-offset" says where the bytes begin.');
    }
    const holder = await this.#options.holderOf(request);
    try {
      const upload = await this.#take(request, holder, idOf(request), offset, draft);
      tellProgress(reply, upload, holder);
      if (draft) tellDraft(reply, draft, upload);
    } catch (error) {
      if (isPeerstorError(error, 'conflict') && typeof error.details.offset === 'number') {
        reply.header('upload-offset', String(error.details.offset));
      }
      throw error;
    }
    return reply.code(204).send();
  }

  async remove(request: FastifyRequest<ById>, reply: FastifyReply): Promise<FastifyReply> {
    speak(request, reply);
    const { uploads } = await this.#options.holderOf(request);
    await uploads.remove(idOf(request));
    return reply.code(204).send();
  }

  async #take(
    request: FastifyRequest,
    holder: TusHolder,
    id: UploadId,
    offset: number,
    draft: DraftRequest | undefined,
  ): Promise<UploadProgress> {
    const { clock, maxUploadBytes } = this.#context;
    const options = appendOptionsOf(request, holder, draft && lengthByEnd(request, draft, offset));
    const limits = [
      { key: holder.key, max: appendsPerHolder },
      { key: `address ${callerOf(request)}`, max: appendsPerAddress },
      { key: 'all', max: appendsMax },
    ];
    const free = this.#slots.take(
      limits,
      'Too many uploads are under way at once: let one of them end first.',
    );
    const bytesMax = Math.max(0, maxUploadBytes - offset);
    const bounds = { bytesMax, stallMs: uploadStallMs };
    const body = openBody(request.raw, { ...bounds, clock, keepsArrived: true, lendsPieces: true });
    const stopWatching = watchSession(request, () => {
      body.fail(new PeerstorError('not-signed-in', 'The session ended meanwhile: sign in, then go on.'));
    });
    try {
      const upload = await holder.uploads.append(id, offset, body.content, options);
      if (!draft?.isComplete || upload.size !== null) return upload;
      // A body of unknown length was the last one, and only its end told how long the file is.
      const ended = { ...listingOf(holder), size: upload.offset };
      return await holder.uploads.append(id, upload.offset, nothing(), ended);
    } finally {
      stopWatching();
      body.close();
      free();
    }
  }
}

/** Says which protocol is spoken. @throws `precondition-failed` for none that is known here */
function speak(request: FastifyRequest, reply: FastifyReply): DraftRequest | undefined {
  const draft = draftOf(request);
  if (draft) tellDraft(reply, draft);
  else requireTus(request, reply);
  return draft;
}

/** @returns the length in all, or null when it comes later. @throws `bad-request` */
function sizeOf(request: FastifyRequest, draft: DraftRequest | undefined, isJoined: boolean): number | null {
  if (draft) return bytesIn(request, 'upload-length') ?? lengthByEnd(request, draft, 0) ?? null;
  if (!isJoined) return lengthOf(request);
  if (request.headers['upload-length'] === undefined) return null;
  throw new PeerstorError('bad-request', 'A file that is joined has the length of its parts: send none.');
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** @param byEnd bytes in all, where only this request tells */
function appendOptionsOf(
  request: FastifyRequest,
  holder: TusHolder,
  byEnd: number | undefined,
): AppendOptions {
  const size = byEnd ?? (request.method === 'POST' ? undefined : bytesIn(request, 'upload-length'));
  return {
    ...listingOf(holder),
    ...checksumOf(request),
    ...(size === undefined ? {} : { size }),
    length: declaredLength(request.raw),
  };
}

function listingOf({ beforeListing }: TusHolder): Pick<AppendOptions, 'beforeListing'> {
  return beforeListing ? { beforeListing } : {};
}

function isTusBody({ headers }: FastifyRequest): boolean {
  return essence(headers['content-type'] ?? '') === tusContentType;
}

function idOf(request: FastifyRequest<ById>): UploadId {
  return uploadId(request.params.id);
}
