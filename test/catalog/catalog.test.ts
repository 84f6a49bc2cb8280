import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryOutbox, createOutbox } from '../../src/catalog/index.ts';
import { LevelStore } from '../../src/store/level/level-store.ts';
import { MemoryOrderedStore } from '../../src/store/level/memory-ordered-store.ts';
import { catalogContract } from '../contract/catalog.contract.ts';

catalogContract('memory', async () => {
  const parts = { store: new MemoryOrderedStore(), outbox: createMemoryOutbox() };
  return { open: () => Promise.resolve(parts), remove: () => Promise.resolve() };
});

catalogContract('LevelDB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'peerstor-catalog-'));
  let store: LevelStore | undefined;
  return {
    async open() {
      await store?.close();
      store = await LevelStore.open(join(folder, 'db'));
      return { store, outbox: createOutbox(join(folder, 'outbox.log')) };
    },
    async remove() {
      await store?.close();
      await rm(folder, { recursive: true });
    },
  };
});
