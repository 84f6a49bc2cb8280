/** The catalog room's door. Who writes records, and who carries them between devices, comes in here. */
export { type CatalogOptions, createCatalog, type LocalCatalog } from './catalog.ts';
export { createMemoryOutbox, createOutbox, type Outbox } from './outbox.ts';
export { deviceProofBytes } from './policy.ts';
export { isBody } from './record-bodies.ts';
export { type Genesis, genesisId, readGenesis, writeGenesis } from './record-format.ts';
export { type CatalogSync, type CatalogSyncOptions, createCatalogSync } from './sync.ts';
