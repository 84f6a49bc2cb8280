/** What the sync between devices asks of the catalog, in addition to `CatalogExchange`. */
import type { CatalogExchange, CatalogReader } from '../../model/contracts/catalog.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { CountedRecord, DigestsAt } from '../durability/digest-scan.ts';
import type { Met } from '../durability/start.ts';

export interface SyncedCatalog extends CatalogExchange, Pick<CatalogReader, 'onChange'> {
  /** Notes what the wall clock of a peer shows now (Unix ms). */
  peerClock(device: DeviceId, wallMs: number): void;
  /** The bytes of the newest known head of a log. */
  headOf(device: DeviceId): Uint8Array | undefined;
  /** Takes the head of a log from a peer; it counts if the device of the log signed it. */
  heardHead(device: DeviceId, head: Uint8Array): Promise<void>;
  /** True while this catalog is new or rebuilt, and lacks records of other devices. */
  readonly isFilling: boolean;
  /** Call it when everything that the connected devices have is here. */
  caughtUp(met: Met): Promise<void>;
  /** All digests, with the vector to which they belong. */
  digests(): Promise<DigestsAt>;
  /** Counted records of some buckets of a table, by id. `next` is set when the list was cut: pass it as `after`. */
  counted(
    table: string,
    buckets: ReadonlySet<number>,
    after?: string,
  ): Promise<{ records: CountedRecord[]; next: string | undefined }>;
  /** The bytes of a record of the log, if it is here. */
  bytesOf(record: CountedRecord): Uint8Array | undefined;
  /** Takes records that should be here but are missing. @returns how many were missing */
  heal(records: readonly Uint8Array[]): Promise<number>;
}
