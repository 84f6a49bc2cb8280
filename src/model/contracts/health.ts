/** What replication knows of the copies of all chunks. */
export interface ChunkHealth {
  /** Chunks and manifests that live versions reference. */
  total: number;
  /** number of reachable copies → chunks. */
  byCopies: Record<string, number>;
  /** Sealed bytes of one copy of everything. */
  bytes: number;
  /** Versions whose references could not be read yet (their manifest is on no connected device). */
  unknownVersions: number;
  offSite: OffSite;
}

/** Whether a fire would leave a copy of everything. */
export interface OffSite {
  /** Different places that the devices' owners named. */
  places: number;
  /** Chunks whose known copies, reachable or not, are all in one of them. 0 while there is only one. */
  onePlaceChunks: number;
}

/** Chunks of this device that nothing references. */
export interface GarbageReport {
  chunks: number;
  bytes: number;
  /** Those of them whose grace is over. */
  dueChunks: number;
  dueBytes: number;
  /** Since when the oldest of them has been garbage; ISO 8601 UTC. */
  oldestAt: string | null;
  /** For people: why nothing is deleted now, whatever is due. */
  waitsFor: string | null;
  /** So much would go without anybody having deleted it: an admin is asked first. */
  stopped: { chunks: number; bytes: number } | null;
}
