/** The public interface of the replication room. */

export { createReplication } from './create-replication.ts';
export { Placement, rank, wantedHolders } from './placement/placement.ts';
export type { Replication, ReplicationParts } from './replication.ts';
export type { AuditFigures } from './verify/audits.ts';
