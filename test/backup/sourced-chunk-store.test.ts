import { AdoptedChunks, SourcedChunkStore } from '../../src/backup/index.ts';
import { MemoryChunkStore, MemoryOrderedStore } from '../../src/store/index.ts';
import { describeChunkStore } from '../contract/chunk-store.contract.ts';
import { ManualClock } from '../support/manual-clock.ts';

describeChunkStore('SourcedChunkStore', async ({ limitBytes }) => {
  const clock = new ManualClock();
  const volumes = new MemoryChunkStore({ limitBytes, clock });
  const adopted = new AdoptedChunks({ rows: new MemoryOrderedStore(), clock });
  return {
    store: new SourcedChunkStore(volumes, adopted),
    rot: (id, bytes) => volumes.rot(id, bytes),
    advance: (ms) => clock.pass(ms),
    remove: async () => {},
  };
});
