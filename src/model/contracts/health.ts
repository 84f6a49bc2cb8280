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
}
