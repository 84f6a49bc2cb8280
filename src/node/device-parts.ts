/** The parts of a running device, as those who wire them see each other. */
import type { LocalCatalog } from '../catalog/index.ts';
import type { SigningKey } from '../crypto/index.ts';
import type { NearbyDevice } from '../model/api.ts';
import type { ChunkStore } from '../model/contracts/chunk-store.ts';
import type { Replication } from '../replication/index.ts';
import type { DeviceConfig } from './config.ts';
import type { CatalogDirectory } from './device-directory.ts';
import type { EventListener } from './event-hub.ts';
import type { HomeSettings } from './home.ts';
import type { Libp2pTransport } from './network/index.ts';
import type { PairingWindow } from './pairing-window.ts';
import type { Presence } from './presence.ts';

/** What exists only in a network. */
export interface NetworkParts {
  catalog: LocalCatalog;
  transport: Libp2pTransport;
  chunks: Replication;
  directory: CatalogDirectory;
  presence: Presence;
  pairing: PairingWindow;
  stop(): Promise<void>;
}

export interface DeviceParts {
  readonly config: DeviceConfig;
  readonly identity: SigningKey;
  readonly store: ChunkStore;
  readonly localSecret: string;
  /** null when this device belonged to a network when it started. */
  readonly setupCode: string | null;
  settings(): HomeSettings;
  network(): NetworkParts | undefined;
  /** Port of the page. */
  port(): number;
  nearby(): NearbyDevice[];
  join(code: string, address: string | undefined): Promise<{ networkId: string }>;
  onEvent(listener: EventListener): () => void;
}
