import type { FastifyInstance } from 'fastify';
import type { DeviceSettings } from '../../model/contracts/device.ts';
import { deviceId } from '../../model/ids.ts';
import { signedIn } from '../authentication.ts';
import { fields, onePage, text } from './schemas.ts';
import type { Surroundings } from './surroundings.ts';

const changeBody = {
  ...fields(
    {
      name: text(64, 'a name of 1 to 64 characters'),
      class: { enum: ['always-on', 'sleeper'] },
      place: { type: 'string', maxLength: 64, description: 'a text of at most 64 characters' },
    },
    [],
  ),
  minProperties: 1,
};

/** The devices of this network, and those that could join it. */
export function deviceRoutes(app: FastifyInstance, { front }: Surroundings): void {
  app.get('/api/v1/devices', () => onePage(front.devices.list()));

  app.get('/api/v1/devices/nearby', () => onePage(front.devices.nearby()));

  app.patch<{ Params: { id: string }; Body: DeviceSettings }>(
    '/api/v1/devices/:id',
    { schema: { body: changeBody } },
    (request) => front.devices.change(deviceId(request.params.id), request.body, signedIn(request)),
  );
}
