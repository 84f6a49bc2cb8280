/** A device's disk without its network: what the pipeline benchmark writes to and reads from. */
import { join } from 'node:path';
import type { ChunkNetwork, ChunkUpload } from '../src/model/contracts/replication.ts';
import { deviceId } from '../src/model/ids.ts';
import { DiskChunkStore, LevelStore } from '../src/store/index.ts';

export type Sink = Pick<ChunkUpload, 'put' | 'adopt'> &
  Pick<ChunkNetwork, 'read' | 'reportCorruptLocal'> & { stop(): Promise<void> };

/** @param dir an empty folder */
export async function openSink(dir: string): Promise<Sink> {
  const index = await LevelStore.open(join(dir, 'db'));
  const volumes = [{ path: join(dir, 'volume'), limitBytes: 2 ** 40 }];
  const store = new DiskChunkStore({ volumes, index, device: deviceId('0'.repeat(64)) });
  await store.start();
  return {
    put: async (id, bytes) => {
      await store.put(id, bytes, { trusted: true });
    },
    adopt: (id) => store.touch(id),
    read: (id, options) => store.get(id, options),
    reportCorruptLocal: (id) => store.reportCorrupt(id),
    stop: async () => {
      await store.stop();
      await index.close();
    },
  };
}
