import type { FastifyInstance } from 'fastify';
import type { AuditView } from '../../../model/api.ts';
import type { AuditFilter } from '../../../model/contracts/audit.ts';
import type { DeviceFront } from '../../../model/contracts/device.ts';
import { listLimitMax } from '../../../model/limits.ts';
import { csvText } from '../../replies/csv.ts';
import { dayOrTime, dayOrTimeMs } from '../../requests/days.ts';
import { type ListQuery, listOptionsOf, pageParameters, query } from '../../requests/schemas.ts';
import { signedInAdmin } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';

interface AuditQuery extends Pick<ListQuery, 'limit' | 'cursor'> {
  event?: string;
  username?: string;
  q?: string;
  from?: string;
  to?: string;
  format?: 'json' | 'csv';
}

const auditQuery = query({
  event: { type: 'string', maxLength: 100, description: 'a kind of event such as sign-in' },
  username: { type: 'string', maxLength: 200, description: 'a user name' },
  q: { type: 'string', maxLength: 200, description: 'a text of at most 200 characters' },
  from: dayOrTime,
  to: dayOrTime,
  format: { enum: ['json', 'csv'] },
  ...pageParameters,
});

const columns = ['at', 'device', 'event', 'user', 'sentence'];

/** What this device noted, newest first. */
export function auditRoutes(app: FastifyInstance, { front }: RouteContext): void {
  app.get<{ Querystring: AuditQuery }>(
    '/api/v1/audit',
    { schema: { querystring: auditQuery } },
    async (request, reply) => {
      signedInAdmin(request);
      const { limit, cursor } = listOptionsOf(request.query);
      const filter = filterOf(request.query);
      if (request.query.format !== 'csv') {
        return front.audit({ ...filter, limit, ...(cursor === undefined ? {} : { before: cursor }) });
      }
      const rows = (await everything(front, filter)).map((note) => [
        note.at,
        note.deviceName,
        note.event,
        note.username ?? '',
        note.sentence,
      ]);
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="audit.csv"')
        .send(csvText([columns, ...rows]));
    },
  );
}

function filterOf({ event, username, q, from, to }: AuditQuery): AuditFilter {
  return {
    ...(event ? { event } : {}),
    ...(username ? { username } : {}),
    ...(q ? { text: q } : {}),
    ...(from ? { fromMs: dayOrTimeMs('from', from) } : {}),
    ...(to ? { toMs: dayOrTimeMs('to', to) } : {}),
  };
}

/** All pages; the log is a ring, so there is an end. */
async function everything(front: DeviceFront, filter: AuditFilter): Promise<AuditView[]> {
  const notes: AuditView[] = [];
  let before: string | null = null;
  do {
    const page: Awaited<ReturnType<DeviceFront['audit']>> = await front.audit({
      ...filter,
      limit: listLimitMax,
      ...(before === null ? {} : { before }),
    });
    for (const note of page.items) notes.push(note);
    before = page.nextCursor;
  } while (before !== null);
  return notes;
}
