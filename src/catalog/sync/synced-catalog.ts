/** What the sync between devices asks of the catalog, beside the contract of `CatalogExchange`. */
import type { CatalogExchange, CatalogReader } from '../../model/contracts/catalog.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { CountedRecord, DigestsAt } from '../durability/digest-scan.ts';
import type { Met } from '../durability/start.ts';

export interface SyncedCatalog extends CatalogExchange, Pick<CatalogReader, 'onChange'> {
  /** A peer said what its wall clock shows (Unix ms) just now. */
  peerClock(device: DeviceId, wallMs: number): void;
  /** The newest head of a log that is known, in bytes. */
  headOf(device: DeviceId): Uint8Array | undefined;
  /** A peer told this head of a log; it counts when the device of the log signed it. */
  heardHead(device: DeviceId, head: Uint8Array): Promise<void>;
  /** New or rebuilt, and without what other devices have. */
  readonly isFilling: boolean;
  /** Says what the connected devices have; all of it is here. */
  caughtUp(met: Met): Promise<void>;
  /** All digests, with the vector that they belong to. */
  digests(): Promise<DigestsAt>;
  /** Counted records of some buckets of a table, by id; `next` goes on after a list that was cut. */
  counted(
    table: string,
    buckets: ReadonlySet<number>,
    after?: string,
  ): Promise<{ records: CountedRecord[]; next: string | undefined }>;
  /** The bytes of a record of the log, if it is here. */
  bytesOf(record: CountedRecord): Uint8Array | undefined;
  /** Takes records that should be here and are not. @returns how many there were */
  heal(records: readonly Uint8Array[]): Promise<number>;
}
