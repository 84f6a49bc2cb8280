import type { FastifyInstance } from 'fastify';
import type { DeviceSettings } from '../../../model/contracts/device.ts';
import { deviceId } from '../../../model/ids.ts';
import { countOrNone, fields, flag, isOn, onePage, query, text } from '../../requests/schemas.ts';
import { signedIn, signedInAdmin } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';

const hour = {
  type: 'string',
  pattern: '^(?:[01][0-9]|2[0-3]):[0-5][0-9]$',
  description: 'an hour of the day such as 22:00',
};
const volume = fields(
  {
    path: text(4096, 'the path of a folder'),
    limitBytes: countOrNone(0),
    state: { enum: ['active', 'draining'] },
    adopt: { type: 'boolean', description: 'true or false' },
  },
  ['path'],
);
const changeBody = {
  ...fields(
    {
      name: text(64, 'a name of 1 to 64 characters'),
      class: { enum: ['always-on', 'sleeper'] },
      place: { type: 'string', maxLength: 64, description: 'a text of at most 64 characters' },
      volumes: { type: 'array', maxItems: 64, items: volume, description: 'a list of folders' },
      upLimit: countOrNone(1),
      downLimit: countOrNone(1),
      limitLan: { type: 'boolean', description: 'true or false' },
      wire: { enum: ['sealed', 'noise'] },
      schedule: { ...fields({ from: hour, to: hour }, ['from', 'to']), type: ['object', 'null'] },
    },
    [],
  ),
  minProperties: 1,
};

const days = {
  type: 'string',
  pattern: '^(?:[1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6])$',
  description: 'a number from 1 to 366',
};

interface ById {
  Params: { id: string };
}

/** The devices of this network, and those that could join it. */
export function deviceRoutes(app: FastifyInstance, { front }: RouteContext): void {
  app.get('/api/v1/devices', (request) => onePage(front.devices.list(signedIn(request))));

  app.get('/api/v1/devices/nearby', () => onePage(front.devices.nearby()));

  app.get('/api/v1/devices/topology', (request) => {
    signedIn(request);
    return front.devices.topology();
  });

  app.get<{ Querystring: { days?: string } }>(
    '/api/v1/devices/transfers',
    { schema: { querystring: query({ days }) } },
    (request) => {
      signedIn(request);
      return onePage(front.devices.transfers(Number(request.query.days ?? 30)));
    },
  );

  app.post<{ Body: { path: string } }>(
    '/api/v1/devices/folder-check',
    { schema: { body: fields({ path: text(4096, 'the path of a folder') }, ['path']) } },
    (request) => front.devices.checkFolder(request.body.path, signedInAdmin(request)),
  );

  app.patch<ById & { Body: DeviceSettings }>(
    '/api/v1/devices/:id',
    { schema: { body: changeBody } },
    (request) => front.devices.change(deviceId(request.params.id), request.body, signedIn(request)),
  );

  app.post<ById>('/api/v1/devices/:id/drain', (request) =>
    front.devices.drain(deviceId(request.params.id), signedInAdmin(request), true),
  );

  app.delete<ById>('/api/v1/devices/:id/drain', (request) =>
    front.devices.drain(deviceId(request.params.id), signedInAdmin(request), false),
  );

  app.get<ById>('/api/v1/devices/:id/impact', (request) =>
    front.devices.impact(deviceId(request.params.id), signedIn(request)),
  );

  app.delete<ById & { Querystring: { lost?: string } }>(
    '/api/v1/devices/:id',
    { schema: { querystring: query({ lost: flag }) } },
    async (request, reply) => {
      const session = signedInAdmin(request);
      const lost = isOn(request.query.lost);
      await front.devices.remove(deviceId(request.params.id), session, { lost });
      return reply.code(204).send();
    },
  );
}
