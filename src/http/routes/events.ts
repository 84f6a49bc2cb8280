import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { EventView } from '../../model/api.ts';
import type { Timer } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';
import { createEventFeeds } from '../events/event-feed.ts';
import {
  eventBufferBytesMax,
  eventPingMs,
  eventSocketsMax,
  eventSocketsPerSession,
  eventSocketsPerUser,
} from '../limits/http-limits.ts';
import { createSlots } from '../limits/slots.ts';
import { query } from '../requests/schemas.ts';
import { signedIn } from '../sessions/authentication.ts';
import type { RouteContext } from '../sessions/route-context.ts';
import { watchSession } from '../sessions/session-watch.ts';

export const eventsPath = '/api/v1/events';

/** Close codes 4000 to 4999 are ours (RFC 6455 section 7.4.2). */
const closedBySignOut = 4401;

const sinceQuery = query({
  since: { type: 'string', pattern: '^[0-9]{1,16}$', description: 'the last rev that the page had' },
});

/** What is used of the `ws` library's socket. */
interface EventSocket {
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: 'close' | 'pong', listener: () => void): void;
}

/** `GET /api/v1/events`: a WebSocket that says what changed. */
export function eventRoutes(app: FastifyInstance, context: RouteContext): void {
  const feeds = createEventFeeds(context.front, context.clock);
  app.addHook('onClose', async () => feeds.stop());
  const slots = createSlots();
  const slotsOf = new WeakMap<FastifyRequest, () => void>();

  app.route<{ Querystring: { since?: string } }>({
    method: 'GET',
    url: eventsPath,
    exposeHeadRoute: false,
    schema: { querystring: sinceQuery },
    onRequest: async (request) => {
      if (!request.ws) return;
      const session = signedIn(request);
      const limits = [
        { key: `session ${session.secret}`, max: eventSocketsPerSession },
        { key: `user ${session.user.id}`, max: eventSocketsPerUser },
        { key: 'all', max: eventSocketsMax },
      ];
      const free = slots.take(limits, 'Too many pages are connected to this device: close some.');
      slotsOf.set(request, free);
      request.raw.socket.once('close', free);
    },
    handler: (_request, reply) => {
      reply.header('upgrade', 'websocket');
      throw new PeerstorError('bad-request', 'This address speaks WebSocket only.');
    },
    wsHandler: (socket: EventSocket, request) => {
      const session = signedIn(request);
      const { since } = request.query;
      const stopFeed = feeds.listen(session, since === undefined ? undefined : Number(since), (event) =>
        give(socket, event),
      );
      const stopPings = keepAlive(socket, context);
      const stopWatch = watchSession(request, () => {
        // Nothing more is told, however long the other side takes to close.
        stopFeed();
        socket.close(closedBySignOut, 'signed out');
      });
      socket.on('close', () => {
        slotsOf.get(request)?.();
        stopFeed();
        stopPings();
        stopWatch();
      });
    },
  });
}

function give(socket: EventSocket, event: EventView): void {
  if (socket.bufferedAmount > eventBufferBytesMax) socket.terminate();
  else socket.send(JSON.stringify(event));
}

/** Pings; drops a page that is gone. */
function keepAlive(socket: EventSocket, { clock }: RouteContext): () => void {
  let answered = true;
  let timer: Timer;
  const run = () => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
    timer = clock.after(eventPingMs, run);
  };
  socket.on('pong', () => {
    answered = true;
  });
  timer = clock.after(eventPingMs, run);
  return () => timer.cancel();
}
