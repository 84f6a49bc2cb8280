/** The parts of a running device, as the files that connect them see each other. */

import type { AdoptedChunks } from '../../backup/index.ts';
import type { CatalogSync, LocalCatalog } from '../../catalog/index.ts';
import type { SigningKey } from '../../crypto/index.ts';
import type { NearbyDevice } from '../../model/api.ts';
import type { Clock } from '../../model/clock.ts';
import type { UploadCopies } from '../../model/contracts/uploads.ts';
import type { UseReservations } from '../../model/contracts/use-reservations.ts';
import type { Replication } from '../../replication/index.ts';
import type { DiskChunkStore } from '../../store/index.ts';
import type { Presence } from '../health/presence.ts';
import type { TransferHistory } from '../health/transfer-history.ts';
import type { DeviceConfig } from '../home/config.ts';
import type { HomeSettings } from '../home/home.ts';
import type { NetworkSecrets } from '../home/network-secrets.ts';
import type { CatalogDirectory } from '../membership/device-directory.ts';
import type { KeyClones } from '../membership/key-clones.ts';
import type { OwnRemoval } from '../membership/own-removal.ts';
import type { Rollback } from '../membership/rollback.ts';
import type { Libp2pTransport, Traffic, WireGaps } from '../network/index.ts';
import type { PairingWindow } from '../pairing/pairing-window.ts';
import type { OwnSettings } from '../settings/own-settings.ts';
import type { AuditLog } from './audit-log.ts';
import type { EventListener, EventTopic } from './event-hub.ts';

/** The parts that exist only inside a network. */
export interface NetworkParts {
  catalog: LocalCatalog;
  sync: CatalogSync;
  transport: Libp2pTransport;
  chunks: Replication;
  directory: CatalogDirectory;
  presence: Presence;
  traffic: Traffic;
  gaps: WireGaps;
  transfers: TransferHistory;
  pairing: PairingWindow;
  secrets: NetworkSecrets;
  removal: OwnRemoval;
  rollback: Rollback;
  clones: KeyClones;
  reservations: UseReservations;
  uploadCopies: UploadCopies;
  stop(): Promise<void>;
}

export interface DeviceParts {
  readonly clock: Clock;
  /** The time that links, sessions and the like end by. */
  readonly agreedClock: Clock;
  readonly config: DeviceConfig;
  readonly identity: SigningKey;
  readonly store: DiskChunkStore;
  /** What plain files of adopted folders stand for. */
  readonly adopted: AdoptedChunks;
  readonly own: OwnSettings;
  readonly localSecret: string;
  /** null when this device belonged to a network when it started. */
  readonly setupCode: string | null;
  settings(): HomeSettings;
  network(): NetworkParts | undefined;
  /** The port of the page. */
  port(): number;
  nearby(): NearbyDevice[];
  /** Joins a network; or reenters this device's own network after its secret has changed. */
  join(
    code: string,
    address: string | undefined,
    options: { storageOnly: boolean },
  ): Promise<{ networkId: string }>;
  readonly audit: AuditLog;
  onEvent(listener: EventListener): () => void;
  /** Tells all listeners that the topic changed. */
  tell(topic: EventTopic): void;
}
