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

/** How busy the machine of the device that answers is. */
export interface SystemView {
  /** `percent` of all cores together, over the last seconds. */
  cpu: { cores: number; model: string; percent: number };
  memory: { totalBytes: number; usedBytes: number; processBytes: number };
  /** File systems of the home and the lent folders, each once; `paths` only for admins. */
  disks: { paths: string[]; totalBytes: number; usedBytes: number; freeBytes: number }[];
  /** null where the system does not tell. */
  network: { receivedBytesPerSecond: number | null; sentBytesPerSecond: number | null };
  /** Degrees Celsius of the hottest sensor; null where there is none. */
  temperature: number | null;
  /** Of the machine. */
  uptimeSeconds: number;
  /** Of peerstor. */
  version: string;
  transfers: TransfersView;
}

/** What moves between this device and others. */
export interface TransfersView {
  /** Uploads that this device takes now. */
  uploads: number;
  /** Chunks that this device has and that still have too few copies elsewhere. */
  unprotectedChunks: number;
  /** Chunks of which this device makes further copies. */
  repairs: number;
}
