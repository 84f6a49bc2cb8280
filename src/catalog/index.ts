/** The public part of the catalog room: for code that writes records, and for code that carries them between devices. */
export { type CatalogOptions, createCatalog, type LocalCatalog } from './catalog.ts';
export { isBody } from './records/record-bodies.ts';
export { type Genesis, genesisId, readGenesis, writeGenesis } from './records/record-format.ts';
export { deviceProofBytes } from './rights/policy.ts';
export { createMemoryOutbox, createOutbox, type Outbox } from './state/outbox.ts';
export { type CatalogSync, type CatalogSyncOptions, createCatalogSync } from './sync/sync.ts';
