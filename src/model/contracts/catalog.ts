/**
 * The replicated metadata on this device, in parts: what reads it, what writes to it, what exchanges it with
 * other devices, and what proves membership. Ask for the smallest part that does.
 */
import type { DeviceId, EntryId, GrantId, NetworkId, PrincipalId, Revision, UserId } from '../ids.ts';
import type { CatalogRecord, DeviceBody, TableName, Tables, VersionVector } from '../records.ts';

/** Whoever may sign: holds a private key for as long as it lives. */
export interface Signer {
  readonly principal: PrincipalId;
  /** Ed25519 over `bytes`. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** A record to be written: the catalog adds device, sequence, clock and base. */
export type Draft<Name extends TableName = TableName> = {
  [Table in Name]: {
    table: Table;
    id: string;
    body: Tables[Table] | null;
    /** Revisions this replaces; by default every head known here. */
    base?: readonly Revision[];
    /** Who signs this one, where it is not the signer of the whole batch. */
    signer?: Signer;
  };
}[Name];

export interface CatalogChange {
  /** The winner of a register that changed; where none is left, one that stood there. */
  record: CatalogRecord;
  /** True when it was written on this device. */
  local: boolean;
}

export interface AcceptOutcome {
  accepted: number;
  /** Already here or superseded by what is here. */
  known: number;
  /** Kept and forwarded, applied when what would allow them arrives (or when their time comes). */
  pending: number;
  /** One sentence for each refused record: bad signature, no right, too large, … */
  refused: string[];
}

/** A state of the catalog on this device. */
export interface CatalogMark {
  readonly vector: VersionVector;
  /** Changes when registers change that the vector does not tell of. */
  readonly late: string;
}

/** Reads registers and views. Nothing here changes the catalog. */
export interface CatalogReader {
  readonly networkId: NetworkId;
  readonly self: DeviceId;

  /** The winning record of a register, or undefined when there is none or it is a tombstone. */
  get<Name extends TableName>(table: Name, id: string): CatalogRecord<Tables[Name]> | undefined;
  /** The last record of a register that was no tombstone: what a deletion took away. */
  lastLive<Name extends TableName>(table: Name, id: string): CatalogRecord<Tables[Name]> | undefined;
  /** All concurrent heads of a register, winner first, tombstones included. */
  heads<Name extends TableName>(table: Name, id: string): CatalogRecord<Tables[Name]>[];
  /** Live registers of a table in id order. */
  list<Name extends TableName>(
    table: Name,
    options?: { after?: string },
  ): AsyncIterable<CatalogRecord<Tables[Name]>>;

  /**
   * Entries whose effective parent is `parent` (cycles, orphans and fallbacks resolved the same way
   * on every device), trashed ones included, in id order.
   */
  children(parent: EntryId): AsyncIterable<CatalogRecord<Tables['entry']>>;
  /** Where an entry really is: its parent after cycles and orphans were resolved, with the key wrap to use. */
  placeOf(entry: EntryId): { parent: EntryId; wrappedKey: Uint8Array } | null;
  /** Live versions of a file, newest first in the total order; the first is the current one. */
  versions(entry: EntryId): Promise<CatalogRecord<Tables['version']>[]>;
  /** Versions that no other version replaces: more than one means concurrent edits. Winner first. */
  currentVersions(entry: EntryId): Promise<CatalogRecord<Tables['version']>[]>;
  /** False when a file surely has at most one current version: for folders that ask for all of theirs. */
  mayConflict(entry: EntryId): boolean;

  /** Grants of an entry, revoked ones included, deleted ones not; in id order. */
  grantsOf(entry: EntryId): Promise<CatalogRecord<Tables['grant']>[]>;
  /** Grants whose grantee this is, revoked ones included; in id order. */
  grantsFor(principal: PrincipalId): Promise<CatalogRecord<Tables['grant']>[]>;
  /** What each device says of how often it served a link. */
  usesOf(grant: GrantId): Promise<CatalogRecord<Tables['use']>[]>;
  /** Live versions in a user's drive, whoever wrote them. Looks at all versions of the network. */
  versionsOwnedBy(owner: UserId): AsyncIterable<CatalogRecord<Tables['version']>>;

  /** How far the log of each device is here. */
  vector(): VersionVector;
  /** The present state, to be stored with what was made from it. */
  mark(): CatalogMark;
  /**
   * Records that came since a mark, in the order of their logs: read their registers again. Some may be older.
   * @returns undefined where that cannot be told: make it anew
   */
  changedSince(mark: CatalogMark): AsyncIterable<CatalogRecord> | undefined;
  /** Called after each batch is durable. Returns the unsubscriber. */
  onChange(listener: (changes: readonly CatalogChange[]) => void): () => void;
}

/** Reads, and writes records that are signed here. */
export interface CatalogAuthor extends CatalogReader {
  /**
   * Signs and writes all drafts in one durable batch (database synced and outbox journal synced).
   * Who writes by a grant gives `via` with the grant, with the nonce of what they create, and with
   * `steps: {}`: the catalog fills in the way up to the granted entry that is not given.
   * @throws `forbidden` when the signer has no right to one of them, `clock-wrong` when this
   * device's clock is far off its peers', `bad-record` when one is too large
   */
  author(drafts: readonly Draft[], signer: Signer): Promise<CatalogRecord[]>;

  /**
   * Waits until so many other members have said that they have all that was written here so far. An abort ends the
   * waiting and is no error.
   * @returns how many have; `devices` too when all members have it and there are not so many
   */
  waitUntilReplicated(devices: number, waitMs: number, signal?: AbortSignal): Promise<number>;
}

/** Gives records to other devices, and takes theirs. */
export interface CatalogExchange {
  readonly self: DeviceId;
  /** How far the log of each device is here. */
  vector(): VersionVector;
  /**
   * Records of other devices. One durable batch, vector included (I2, I5).
   * @param options.head how far the page reaches; believed as far as `signed` (or an earlier one) goes,
   * and where everything up to `since` (by default 0) is here
   */
  accept(
    records: readonly Uint8Array[],
    options?: { head?: { device: DeviceId; since?: number; seq: number; signed?: Uint8Array } },
  ): Promise<AcceptOutcome>;

  /**
   * What `since` lacks of one author, in sequence order, the sequence this page reaches to, and the
   * newest head that the author signed.
   */
  missing(
    device: DeviceId,
    sinceSeq: number,
  ): Promise<{
    records: Uint8Array[];
    reachesSeq: number;
    signed: Uint8Array | undefined;
    complete: boolean;
  }>;
  /** 256 XOR buckets over the revisions that this device holds of a table: equal vectors must mean equal digests. */
  digest(table: string): Promise<Uint8Array>;

  /** Tells the catalog how far a peer's catalog reaches: the outbox and tombstones need to know. */
  peerHas(device: DeviceId, vector: VersionVector): void;
}

/** Says who is a member of the network, and proves it. */
export interface CatalogMembership {
  /** Proof that a device is a member, for devices that have not this catalog yet: its record and its admin's. */
  certificatesOf(device: DeviceId): Uint8Array[];
  /** Checks such a proof, or the own catalog, without storing anything. Undefined when it is not a member. */
  verifyMember(device: DeviceId, certificates: readonly Uint8Array[]): DeviceBody | undefined;

  /** Does the catalog, with these records of others, show that an admin removed the device? Stores nothing. */
  isRemoved(device: DeviceId, certificates: readonly Uint8Array[]): boolean;
  /** The highest number of a record of the device that is here: what it only says it wrote is not in it. */
  lastSeqHere(device: DeviceId): number;
}

export interface Catalog extends CatalogAuthor, CatalogExchange, CatalogMembership {
  start(): Promise<void>;
  stop(): Promise<void>;
}
