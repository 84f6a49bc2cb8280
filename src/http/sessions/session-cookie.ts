/** The cookie of a session: half of its secret, named after the device. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../model/clock.ts';
import type { Session } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';

const deviceIdCharacters = 12;

export interface SessionCookies {
  /**
   * The session cookie of a request. Another port of this host can set a cookie of the same name, so two are none.
   * @throws `not-signed-in` for two
   */
  of(request: FastifyRequest): string | undefined;
  /** Gives the browser its half of the secret: scripts cannot read it, other sites cannot send it. */
  give(request: FastifyRequest, reply: FastifyReply, session: Session): void;
  take(request: FastifyRequest, reply: FastifyReply): void;
}

/** @param deviceId two devices on one host name their cookies apart, since cookies ignore ports */
export function createSessionCookies(deviceId: string, clock: Clock): SessionCookies {
  const plainName = `peerstor_${deviceId.slice(0, deviceIdCharacters)}`;
  // The browser takes the prefix from https only, so that no other port can overwrite the cookie.
  const nameFor = ({ protocol }: FastifyRequest) =>
    protocol === 'https' ? `__Host-${plainName}` : plainName;
  const scopeOf = ({ protocol }: FastifyRequest) =>
    ({ path: '/', httpOnly: true, sameSite: 'strict', secure: protocol === 'https' }) as const;

  return {
    of(request) {
      const [cookie, another] = cookiesNamed(request, nameFor(request));
      if (another === undefined) return cookie;
      throw new PeerstorError(
        'not-signed-in',
        'Two session cookies of this device arrived: delete the cookies of this host, then sign in again.',
      );
    },
    give(request, reply, session) {
      reply.setCookie(nameFor(request), cookieHalf(session.secret), {
        ...scopeOf(request),
        maxAge: Math.max(0, Math.floor((session.expiresAtMs - clock.wallMs()) / 1000)),
      });
    },
    take(request, reply) {
      reply.clearCookie(nameFor(request), scopeOf(request));
    },
  };
}

/** All cookies of a name; a parser that makes an object of them shows one. */
function cookiesNamed({ headers }: FastifyRequest, name: string): string[] {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
}

/** The half that the browser keeps as a cookie. */
export function cookieHalf(secret: string): string {
  return secret.slice(0, secret.indexOf('.'));
}

/** The half that the page keeps. */
export function proofHalf(secret: string): string {
  return secret.slice(secret.indexOf('.') + 1);
}

/** Both halves joined: what `Accounts.resume` takes. */
export function sessionSecret(cookie: string, proof: string): string {
  return `${cookie}.${proof}`;
}
