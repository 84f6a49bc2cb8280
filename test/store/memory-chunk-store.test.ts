import { MemoryChunkStore } from '../../src/store/index.ts';
import { describeChunkStore } from '../contract/chunk-store.contract.ts';
import { ManualClock } from '../support/manual-clock.ts';

describeChunkStore('MemoryChunkStore', async ({ limitBytes }) => {
  const clock = new ManualClock();
  const store = new MemoryChunkStore({ limitBytes, clock });
  return {
    store,
    rot: (id, bytes) => store.rot(id, bytes),
    advance: (ms) => clock.pass(ms),
    remove: async () => {},
  };
});
