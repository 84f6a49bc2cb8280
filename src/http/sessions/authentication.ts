/** Who is asking: the session of a cookie and its proof, or of an access token. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { SignedInView } from '../../model/api.ts';
import type { Clock } from '../../model/clock.ts';
import type { DeviceFront } from '../../model/contracts/device.ts';
import type { Session } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { provenSessionsMax } from '../limits/http-limits.ts';
import { basicPassword, bearerSecret, isFromForeignPage, proofOf } from './credentials.ts';
import { createSessionCookies, proofHalf, sessionSecret } from './session-cookie.ts';
import { deviceWords } from './user-agent.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Routes need somebody who signed in unless they say otherwise; `files` takes access tokens too,
     * within their scope and rights; `signed` checks itself who asks, before it does anything.
     */
    access?: 'session' | 'files' | 'public' | 'signed';
    /** A browser fetches this without headers: `?k=` of the entry `:id`, or of the list `?ids=`, stands for the proof. */
    takesAddressKey?: true;
    /** Programs that mount a drive show a token as a password, which plain http would show to everybody on the way. */
    takesPassword?: true;
  }
  interface FastifyRequest {
    session: Session | null;
  }
}

/** Route configuration: what an access token opens, too. */
export const openToTokens = { access: 'files' } as const;
/** The same, of what browsers fetch without headers. Only for GET and HEAD, of `…/entries/:id/…` or with `?ids=`. */
export const openToBrowsers = { ...openToTokens, takesAddressKey: true } as const;

/** The same, of what programs mount. */
export const openToMounts = { ...openToTokens, takesPassword: true } as const;

export interface Authentication {
  /** The hook that runs before any body is read. @throws `not-signed-in`, `forbidden` */
  require(request: FastifyRequest): Promise<void>;
  /** Finds the session, a token's included, and keeps it for `signedIn`. @throws `not-signed-in` */
  sessionOf(request: FastifyRequest): Promise<Session>;
  /** The session of a person, or null where nobody is signed in: an access token is nobody here. */
  visitor(request: FastifyRequest): Promise<Session | null>;
  /** Gives the browser the cookie of a new session. @returns what the page gets */
  begin(request: FastifyRequest, reply: FastifyReply, session: Session): SignedInView;
  /** Takes the cookie back. */
  end(request: FastifyRequest, reply: FastifyReply): void;
}

export function createAuthentication(front: DeviceFront, clock: Clock): Authentication {
  const cookies = createSessionCookies(front.healthz().deviceId, clock);
  /** By cookie, the whole secret of sessions that proved themselves: what `?k=` is held against. */
  const proven = new LRUCache<string, string>({ max: provenSessionsMax });

  /** The session of a cookie; its proof is in a header or, of one entry's address, in `?k=`. */
  async function sessionOfBrowser(request: FastifyRequest): Promise<Session | undefined> {
    const cookie = cookies.of(request);
    if (cookie === undefined) return undefined;
    const proof = proofOf(request);
    if (proof !== undefined) {
      const secret = sessionSecret(cookie, proof);
      const session = await front.accounts.resume(secret);
      if (session?.rights !== null) return undefined;
      proven.set(cookie, secret);
      return session;
    }
    const secret = proven.get(cookie);
    const key = addressKeyOf(request);
    if (secret === undefined || key === undefined) return undefined;
    const session = await front.accounts.resume(secret);
    return session?.addressKeys?.opens(key.entryId, key.text) ? session : undefined;
  }

  /** The session of an access token. A session's secret is none. */
  async function sessionOfToken(token: string): Promise<Session | undefined> {
    const session = await front.accounts.resume(token);
    return session?.rights === null ? undefined : session;
  }

  async function find(request: FastifyRequest): Promise<Session | undefined> {
    const bearer = bearerSecret(request);
    // An access token, or both halves of a session's secret, which programs keep in one file. A cookie alone is
    // neither: a service on another port that reads it cannot replay it.
    if (bearer !== undefined) return front.accounts.resume(bearer);
    const password = basicPassword(request);
    if (password === undefined) return sessionOfBrowser(request);
    // Browsers keep what was typed as name and password, and send it along from other pages.
    return isFromForeignPage(request) ? undefined : sessionOfToken(password);
  }

  const authentication: Authentication = {
    async require(request) {
      const { access = 'session' } = request.routeOptions.config;
      if (request.is404 || access === 'public' || access === 'signed') return;
      const session = await authentication.sessionOf(request);
      if (access === 'session' && session.rights !== null) {
        throw new PeerstorError(
          'forbidden',
          'An access token opens files only: sign in with name and password for this.',
        );
      }
    },
    async sessionOf(request) {
      request.session = (await find(request)) ?? null;
      const session = signedIn(request);
      session.noteUse(useOf(request));
      return session;
    },
    async visitor(request) {
      const session = await find(request);
      if (session === undefined || session.rights !== null) return null;
      session.noteUse(useOf(request));
      return session;
    },
    begin(request, reply, session) {
      cookies.give(request, reply, session);
      session.noteUse(useOf(request));
      return { user: session.user, proof: proofHalf(session.secret) };
    },
    end: cookies.take,
  };
  return authentication;
}

/** For the list of a user's sessions. */
function useOf({ headers, ip }: FastifyRequest) {
  return { device: deviceWords(headers['user-agent']), address: ip };
}

/** The key in the address of something that browsers fetch by itself. */
function addressKeyOf({ routeOptions, method, query, params }: FastifyRequest) {
  if (!routeOptions.config.takesAddressKey || (method !== 'GET' && method !== 'HEAD')) return undefined;
  const text = textOf(query, 'k');
  const entryId = textOf(params, 'id') ?? textOf(query, 'ids');
  return text === undefined || entryId === undefined ? undefined : { text, entryId };
}

function textOf(fields: unknown, name: string): string | undefined {
  const value: unknown = Object(fields)[name];
  return typeof value === 'string' ? value : undefined;
}

/** The session of a request that needed one. @throws `not-signed-in` */
export function signedIn(request: FastifyRequest): Session {
  if (request.session !== null) return request.session;
  throw new PeerstorError(
    'not-signed-in',
    'Sign in first: this needs a session (its cookie and its proof) or an access token.',
  );
}

/** The session of an admin. @throws `forbidden` */
export function signedInAdmin(request: FastifyRequest): Session {
  const session = signedIn(request);
  if (session.user.role !== 'admin') {
    throw new PeerstorError('forbidden', 'Only an admin of this network may do this.');
  }
  return session;
}

/**
 * Another site's page may change nothing, and may open no WebSocket: browsers send the cookie along.
 * @throws `forbidden`
 */
export function refuseForeignPage(request: FastifyRequest): void {
  const { method, ws } = request;
  if ((ws || !safeMethods.has(method)) && isFromForeignPage(request)) {
    throw new PeerstorError('forbidden', 'Only a page of this device may do this.');
  }
}

/** Methods that change nothing (RFC 9110 section 9.2.1). */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT']);
