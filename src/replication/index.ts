/** The replication room's door. */
export type { AuditFigures } from './audits.ts';
export { createReplication } from './create-replication.ts';
export { Placement, rank, wantedHolders } from './placement.ts';
export type { Replication, ReplicationParts } from './replication.ts';
