/** The shapes of who is connected to whom. TypeScript has them in `model/views/topology.ts`. */
import type * as topology from '../../model/views/topology.ts';
import { boolean, count, id, listOf, nullable, objectOf, type Schema, shape, string } from './schema.ts';

export const topologyShapes: Record<string, Schema> = {
  Topology: objectOf<topology.TopologyView>({ devices: listOf(shape('TopologyDevice')) }),
  TopologyDevice: objectOf<topology.TopologyDeviceView>({
    deviceId: id,
    version: nullable(string),
    pages: listOf(string),
    links: listOf(objectOf<topology.TopologyLinkView>({ deviceId: id, rttMs: count })),
    traffic: nullable(
      objectOf<topology.TrafficView>({
        sentBytes: count,
        receivedBytes: count,
        sentBytesPerSecond: count,
        receivedBytesPerSecond: count,
      }),
    ),
  }),
  FolderCheck: objectOf<topology.FolderCheckView>({
    missing: boolean,
    sharesDiskWith: listOf(string),
    onSystemDisk: boolean,
    freeBytes: count,
    totalBytes: count,
  }),
  TransferDay: objectOf<topology.TransferDayView>({
    day: string,
    devices: listOf(
      objectOf<topology.TransferDayView['devices'][number]>({
        deviceId: id,
        sentBytes: count,
        receivedBytes: count,
      }),
    ),
  }),
};
