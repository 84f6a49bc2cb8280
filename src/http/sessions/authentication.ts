/** Who is asking: the session behind a cookie or a token, or the owner of this home. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../model/clock.ts';
import type { DeviceFront } from '../../model/contracts/device.ts';
import type { Session } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';

export const sessionCookie = 'peerstor_session';
const csrfHeader = 'x-peerstor';
/** Methods that change nothing (RFC 9110 section 9.2.1). */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Routes need somebody who signed in unless they say otherwise; `files` takes access tokens too,
     * within their scope and rights.
     */
    access?: 'session' | 'files' | 'public';
  }
  interface FastifyRequest {
    session: Session | null;
  }
}

/** Route configuration: what an access token opens, too. */
export const openToTokens = { access: 'files' } as const;

/**
 * Makes the hook that runs before any body is read.
 * @returns a hook that throws `csrf-header-missing` or `not-signed-in`
 */
export function requireSession(front: DeviceFront): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const { access = 'session' } = request.routeOptions.config;
    if (request.is404 || access === 'public') return;
    const session = await sessionOf(request, front);
    if (access === 'session' && session.rights !== null) {
      throw new PeerstorError(
        'forbidden',
        'An access token opens files only: sign in with name and password for this.',
      );
    }
  };
}

/**
 * Finds the session, a token's included, and keeps it for `signedIn`.
 * @throws `not-signed-in`, `csrf-header-missing`
 */
export async function sessionOf(request: FastifyRequest, front: DeviceFront): Promise<Session> {
  const password = basicPassword(request);
  const session = (await front.accounts.resume(password ?? secretOf(request))) ?? null;
  // Browsers keep what was typed as name and password, and send it along from other pages.
  const usable = password === undefined || (session?.rights !== null && !isFromForeignPage(request));
  request.session = usable ? session : null;
  return signedIn(request);
}

/** Another site's page made this request. Programs send no Origin. */
export function isFromForeignPage({ headers }: FastifyRequest): boolean {
  const { origin, host } = headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}

/** The session of a request that needed one. @throws `not-signed-in` */
export function signedIn(request: FastifyRequest): Session {
  if (request.session === null) {
    throw new PeerstorError('not-signed-in', 'This session has ended: sign in again.');
  }
  return request.session;
}

/** The session of an admin. @throws `forbidden` */
export function signedInAdmin(request: FastifyRequest): Session {
  const session = signedIn(request);
  if (session.user.role !== 'admin') {
    throw new PeerstorError('forbidden', 'Only an admin of this network may do this.');
  }
  return session;
}

/** True when the caller proved, by `Authorization: Local SECRET`, that they can read this home. */
export function ownsThisHome(request: FastifyRequest, front: DeviceFront): boolean {
  const secret = authorization(request, 'Local');
  return secret !== undefined && front.isLocalSecret(secret);
}

/** Gives the browser its session: not readable by scripts, not sent along from other sites. */
export function giveCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
  clock: Clock,
): void {
  reply.setCookie(sessionCookie, session.secret, {
    ...cookieScope(request),
    maxAge: Math.max(0, Math.floor((session.expiresAtMs - clock.wallMs()) / 1000)),
  });
}

export function takeCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(sessionCookie, cookieScope(request));
}

function cookieScope(request: FastifyRequest) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' } as const;
}

function secretOf(request: FastifyRequest): string {
  const bearer = authorization(request, 'Bearer');
  if (bearer !== undefined) return bearer;
  const cookie = request.cookies[sessionCookie];
  if (cookie === undefined) {
    throw new PeerstorError('not-signed-in', 'Sign in first: this needs a session or an access token.');
  }
  // A foreign page can make a browser send the cookie with a form, but not with this header.
  if (!safeMethods.has(request.method) && request.headers[csrfHeader] !== '1') {
    throw new PeerstorError(
      'csrf-header-missing',
      'Requests that change something need the header "X-Peerstor: 1".',
    );
  }
  return cookie;
}

/** The password of `Authorization: Basic`: an access token, or that of a link; the name says nothing. */
export function basicPassword(request: FastifyRequest): string | undefined {
  const pair = authorization(request, 'Basic');
  if (pair === undefined) return undefined;
  const text = Buffer.from(pair, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

function authorization(request: FastifyRequest, scheme: string): string | undefined {
  const [given = '', secret] = (request.headers.authorization ?? '').split(' ', 2);
  return given.toLowerCase() === scheme.toLowerCase() ? secret : undefined;
}
