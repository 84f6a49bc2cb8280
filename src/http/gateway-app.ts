/** The web framework with everything of peerstor in it; listens nowhere yet. */

import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import cookie from '@fastify/cookie';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { jsonBodyBytesMax } from '../model/limits.ts';
import { createHttp2Sessions } from './http2-sessions.ts';
import { callerOf } from './limits/caller.ts';
import {
  eventFrameBytesMax,
  headerBytesMax,
  headersCheckMs,
  headersWaitDefaultMs,
} from './limits/http-limits.ts';
import { limitPublicRequests } from './limits/public-requests.ts';
import { limitRates } from './limits/rate-limits.ts';
import { createSlots } from './limits/slots.ts';
import { type ServerCertificates, serveTlsToo } from './one-port.ts';
import { collectRoutes } from './openapi/collected-routes.ts';
import { documentRoutes } from './openapi/routes.ts';
import { certificateRoutes } from './pages/certificate.ts';
import { webPages } from './pages/web-pages.ts';
import { answerConnectionError, noteReplies } from './replies/connection-error.ts';
import { createErrorReply } from './replies/error-reply.ts';
import { RequestCounts } from './replies/request-counts.ts';
import { apiHeaders, everyReplyHeaders } from './replies/security-headers.ts';
import { noSuchAddress } from './replies/unknown-address.ts';
import { collectMethods } from './requests/allowed-methods.ts';
import { holdContinue } from './requests/expect-continue.ts';
import { jsonBodyParser } from './requests/json-body.ts';
import { lazyValidators } from './requests/lazy-validators.ts';
import { requireOwnHost } from './requests/own-host.ts';
import { normalTarget, pathnameOf, requireOneTarget } from './requests/target.ts';
import { auditRoutes } from './routes/accounts/audit.ts';
import { authRoutes } from './routes/accounts/auth.ts';
import { passkeyRoutes } from './routes/accounts/passkeys.ts';
import { recoveryRoutes } from './routes/accounts/recovery.ts';
import { sessionRoutes } from './routes/accounts/sessions.ts';
import { setupRoutes } from './routes/accounts/setup.ts';
import { tokenRoutes } from './routes/accounts/tokens.ts';
import { totpRoutes } from './routes/accounts/totp.ts';
import { userRoutes } from './routes/accounts/users.ts';
import { backupRoutes } from './routes/devices/backups.ts';
import { deviceRoutes } from './routes/devices/devices.ts';
import { healthRoutes } from './routes/devices/health.ts';
import { healthzRoutes } from './routes/devices/healthz.ts';
import { metricRoutes } from './routes/devices/metrics.ts';
import { pairingRoutes } from './routes/devices/pairing.ts';
import { davRoutes } from './routes/doors/dav.ts';
import { s3Routes } from './routes/doors/s3.ts';
import { archiveRoutes } from './routes/entries/archives.ts';
import { contentRoutes } from './routes/entries/content.ts';
import { entryRoutes } from './routes/entries/entries.ts';
import { entriesAtOnceRoutes } from './routes/entries/entries-at-once.ts';
import { pathRoutes } from './routes/entries/path.ts';
import { searchRoutes } from './routes/entries/search.ts';
import { posterRoutes, renditionRoutes, thumbnailRoutes } from './routes/entries/thumbnail.ts';
import { trashRoutes } from './routes/entries/trash.ts';
import { uploadRoutes } from './routes/entries/uploads.ts';
import { versionRoutes } from './routes/entries/versions.ts';
import { eventRoutes, eventsPath } from './routes/events.ts';
import { albumRoutes } from './routes/photos/albums.ts';
import { photoGroupRoutes } from './routes/photos/groups.ts';
import { photoRoutes } from './routes/photos/photos.ts';
import { guestRoutes } from './routes/sharing/guests.ts';
import { shareRoutes } from './routes/sharing/shares.ts';
import { createAuthentication, refuseForeignPage } from './sessions/authentication.ts';
import { refusePasswordInClear } from './sessions/clear-text.ts';
import { eventsProtocol } from './sessions/credentials.ts';
import { addEntryKeys } from './sessions/entry-keys.ts';
import { createGuestAccess } from './sessions/guest-access.ts';
import type { RouteContext } from './sessions/route-context.ts';

const routeGroups = [
  healthzRoutes,
  setupRoutes,
  authRoutes,
  sessionRoutes,
  totpRoutes,
  recoveryRoutes,
  passkeyRoutes,
  userRoutes,
  tokenRoutes,
  entryRoutes,
  entriesAtOnceRoutes,
  searchRoutes,
  trashRoutes,
  pathRoutes,
  uploadRoutes,
  contentRoutes,
  archiveRoutes,
  thumbnailRoutes,
  posterRoutes,
  renditionRoutes,
  davRoutes,
  photoRoutes,
  photoGroupRoutes,
  albumRoutes,
  s3Routes,
  versionRoutes,
  shareRoutes,
  deviceRoutes,
  backupRoutes,
  pairingRoutes,
  healthRoutes,
  auditRoutes,
  metricRoutes,
  eventRoutes,
];

export interface AppOptions {
  /** Folder of the built web UI; undefined to serve the API alone. */
  webRoot: string | undefined;
  /** Names of this machine, and those that the owner gave it, besides addresses and names without a dot. */
  hostNames?: readonly string[];
  /** Addresses or networks (CIDR) whose X-Forwarded-For, -Proto and -Host are believed. */
  trustedProxies?: readonly string[];
  /** For https on the same port; undefined to serve plain http alone. */
  certificates?: ServerCertificates | undefined;
  /** True where programs may send a token as a password over plain http from other machines. */
  plainDav?: boolean;
  /** Longest wait for the headers of a request; tests shorten it. */
  headersWaitMs?: number;
}

export async function createGatewayApp(
  parts: Omit<RouteContext, 'authentication' | 'counts' | 'downloads'>,
  options: AppOptions,
): Promise<FastifyInstance> {
  const { webRoot, hostNames = [], trustedProxies = [], headersWaitMs = headersWaitDefaultMs } = options;
  const { certificates, plainDav = false } = options;
  const { front, clock, log } = parts;
  const authentication = createAuthentication(front, clock);
  const counts = new RequestCounts();
  const context: RouteContext = { ...parts, authentication, counts, downloads: createSlots() };
  const requireOwn = requireOwnHost(hostNames);
  const countPublic = limitPublicRequests(clock);
  const sendError = createErrorReply(log, clock);
  const app = Fastify({
    logger: false,
    bodyLimit: jsonBodyBytesMax,
    // Uploads may take hours; they are watched byte by byte instead.
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    rewriteUrl: normalTarget,
    routerOptions: { maxParamLength: 256 },
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    http: {
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersWaitMs,
      connectionsCheckingInterval: headersCheckMs,
      shouldUpgradeCallback: upgrades,
    },
    frameworkErrors: (error, request, reply) => {
      sendError(error, request, reply.headers({ ...everyReplyHeaders, ...apiHeaders }));
    },
    clientErrorHandler: answerConnectionError,
  });
  const http2 = createHttp2Sessions(app.server, clock);
  if (certificates !== undefined) serveTlsToo(app.server, certificates, headersWaitMs, http2);
  app.decorate('http2', http2);
  app.addHook('preClose', async () => http2.close());
  holdContinue(app.server);
  noteReplies(app.server);
  app.setErrorHandler(sendError);
  app.setValidatorCompiler(lazyValidators());
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', jsonBodyParser(clock));

  const allowed = collectMethods(app);
  const collected = collectRoutes(app);
  await app.register(cookie);
  await app.register(websocket, {
    options: { maxPayload: eventFrameBytesMax, handleProtocols: chooseProtocol },
  });
  await limitRates(app);
  app.decorateRequest('session', null);
  app.addHook('onRequest', async (request, reply) => {
    counts.begin(request);
    reply.headers(everyReplyHeaders);
    if (request.routeOptions.url !== '/*') reply.headers(apiHeaders);
    requireOneTarget(request);
    requireOwn(request);
    if (!plainDav) refusePasswordInClear(request);
    const { url, config } = request.routeOptions;
    if (config.access === 'public' && url !== '/*') countPublic(callerOf(request));
    // Before the body is looked at: a wrong address or method is told at once.
    if (request.is404) throw noSuchAddress(request, reply, allowed);
    refuseForeignPage(request);
  });
  app.addHook('onRequest', authentication.require);
  app.addHook('preSerialization', addEntryKeys);
  app.addHook('onSend', closeUnsent);
  app.addHook('onResponse', async (request, reply) => {
    counts.note(request, reply);
    const { method, routeOptions } = request;
    log.debug(
      { method, route: routeOptions.url, status: reply.statusCode, ms: reply.elapsedTime },
      'answered',
    );
  });
  app.setNotFoundHandler((request, reply) => {
    throw noSuchAddress(request, reply, allowed);
  });

  for (const addRoutes of routeGroups) addRoutes(app, context);
  if (certificates !== undefined) certificateRoutes(app, certificates);
  const guests = createGuestAccess(front, clock);
  guestRoutes(app, context, guests);
  documentRoutes(app, collected);
  if (webRoot !== undefined) await webPages(app, webRoot, allowed, guests);
  await app.ready();
  return app;
}

/** Only our WebSocket is upgraded; other offers (curl's h2c) are ignored, as RFC 9110 section 7.8 allows. */
function upgrades(request: IncomingMessage): boolean {
  return (
    request.headers.upgrade?.toLowerCase() === 'websocket' && pathnameOf(request.url ?? '') === eventsPath
  );
}

/** A browser that offered subprotocols wants one of them back; the proof is not said again if ours was offered. */
function chooseProtocol(offered: ReadonlySet<string>): string | false {
  if (offered.has(eventsProtocol)) return eventsProtocol;
  return [...offered][0] ?? false;
}

/** Who took the request back gets no body: a stream that was opened for it would stay open, and its file with it. */
async function closeUnsent(
  _request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  const { raw } = reply;
  const isGone = raw.destroyed || (raw as { stream?: { destroyed: boolean } }).stream?.destroyed;
  if (isGone && payload instanceof Readable) payload.destroy();
  return payload;
}
