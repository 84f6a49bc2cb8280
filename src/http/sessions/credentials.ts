/** What the headers of a request claim; nothing here is believed. */
import type { FastifyRequest } from 'fastify';
import type { DeviceFront } from '../../model/contracts/device.ts';

const proofHeader = 'x-peerstor';
/** The subprotocol that our WebSocket speaks; the page offers its proof as a second one. */
export const eventsProtocol = 'peerstor';

/** The secret of `Authorization: Bearer`. */
export function bearerSecret(request: FastifyRequest): string | undefined {
  return authorization(request, 'Bearer');
}

/** The password of `Authorization: Basic`: an access token, or that of a link; the name says nothing. */
export function basicPassword(request: FastifyRequest): string | undefined {
  const pair = authorization(request, 'Basic');
  if (pair === undefined) return undefined;
  const text = Buffer.from(pair, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

/** The proof of a session: of the header, or of a WebSocket, whose headers a page cannot choose. */
export function proofOf({ headers, ws }: FastifyRequest): string | undefined {
  const header = headers[proofHeader];
  if (typeof header === 'string') return header;
  if (!ws) return undefined;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return offered.find((name) => name !== '' && name !== eventsProtocol);
}

/** True when the caller proved, by `Authorization: Local SECRET`, that they can read this home. */
export function ownsThisHome(request: FastifyRequest, front: DeviceFront): boolean {
  const secret = authorization(request, 'Local');
  return secret !== undefined && front.isLocalSecret(secret);
}

/** Another site's page made this request. Programs send no Origin. */
export function isFromForeignPage({ headers, host, protocol }: FastifyRequest): boolean {
  const { origin } = headers;
  if (origin === undefined) return false;
  if (!URL.canParse(origin)) return true;
  const page = new URL(origin);
  // A proxy may end TLS for us; a page that came over plain http is never one of an https address.
  return (
    page.host !== new URL(`${page.protocol}//${host}`).host ||
    (protocol === 'https' && page.protocol !== 'https:')
  );
}

function authorization(request: FastifyRequest, scheme: string): string | undefined {
  const [given = '', secret] = (request.headers.authorization ?? '').split(' ', 2);
  return given.toLowerCase() === scheme.toLowerCase() ? secret : undefined;
}
