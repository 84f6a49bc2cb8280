import { MemoryChunkStore } from '../../src/store/index.ts';
import { describeChunkStore } from '../contract/chunk-store.contract.ts';
import { VirtualClock } from '../sim/virtual-clock.ts';

describeChunkStore('MemoryChunkStore', async ({ limitBytes }) => {
  const clock = new VirtualClock();
  const store = new MemoryChunkStore({ limitBytes, clock });
  return {
    store,
    rot: (id, bytes) => store.rot(id, bytes),
    advance: (ms) => clock.advance(ms),
    remove: async () => {},
  };
});
