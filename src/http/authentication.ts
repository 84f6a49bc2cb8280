/** Who is asking: the session behind a cookie or a bearer token, or the owner of this home. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../model/clock.ts';
import type { DeviceFront } from '../model/contracts/device.ts';
import type { Session } from '../model/contracts/drive.ts';
import { PeerstorError } from '../model/errors.ts';

export const sessionCookie = 'peerstor_session';
const csrfHeader = 'x-peerstor';
/** Methods that change nothing (RFC 9110 section 9.2.1). */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Routes need a session unless they say otherwise. */
    access?: 'session' | 'public';
  }
  interface FastifyRequest {
    session: Session | null;
  }
}

/**
 * Makes the hook that runs before any body is read.
 * @returns a hook that throws `csrf-header-missing` or `not-signed-in`
 */
export function requireSession(front: DeviceFront): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    if (request.is404 || request.routeOptions.config.access === 'public') return;
    request.session = (await front.accounts.resume(secretOf(request))) ?? null;
    signedIn(request);
  };
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

function authorization(request: FastifyRequest, scheme: string): string | undefined {
  const [given = '', secret] = (request.headers.authorization ?? '').split(' ', 2);
  return given.toLowerCase() === scheme.toLowerCase() ? secret : undefined;
}
