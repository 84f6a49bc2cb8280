/** The replication room's door. */
export { createReplication, type Replication, type ReplicationParts } from './create-replication.ts';
export { Placement, rank, wantedHolders } from './placement.ts';
