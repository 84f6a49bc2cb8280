/** Who is connected to whom, put together from what the devices tell each other. */
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { TopologyDeviceView, TopologyView, TrafficView } from '../../model/views/topology.ts';
import type { Presence } from './presence.ts';

export interface TopologyParts {
  catalog: Pick<CatalogReader, 'get'>;
  directory: { members(): readonly { id: DeviceId }[] };
  presence: Pick<Presence, 'aboutOf'>;
  traffic: { with(device: DeviceId): TrafficView };
  transport: Pick<Transport, 'self' | 'isConnected'>;
}

export function topologyView({
  catalog,
  directory,
  presence,
  traffic,
  transport,
}: TopologyParts): TopologyView {
  const devices = directory.members().map(({ id }): TopologyDeviceView => {
    const isSelf = id === transport.self;
    const about = presence.aboutOf(id);
    // What an unreachable device told last is not true any more.
    const isThere = isSelf || transport.isConnected(id);
    return {
      deviceId: id,
      version: about?.version || null,
      // Nobody can sign in at a device that only keeps copies.
      pages: catalog.get('device', id)?.body?.storageOnly ? [] : [...(about?.pages ?? [])],
      links: isThere ? (about?.links ?? []).map(({ device, rttMs }) => ({ deviceId: device, rttMs })) : [],
      traffic: isSelf ? null : traffic.with(id),
    };
  });
  return { devices };
}
