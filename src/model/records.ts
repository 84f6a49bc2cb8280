/**
 * The catalog's tables: what each record's body holds. Bodies are CBOR maps; ids inside them are
 * hex strings, keys and sealed parts are bytes. Unknown tables and unknown fields are stored and
 * forwarded untouched. Byte formats: docs/FORMAT.md.
 */

import type { RecoveryBody, TrusteesBody } from './accounts/recovery-records.ts';
import type {
  ChunkId,
  DeviceId,
  EntryId,
  GrantId,
  NetworkId,
  PrincipalId,
  Revision,
  UserId,
  VersionId,
} from './ids.ts';

/** Hybrid logical clock: Unix ms × 256 + counter, so one integer comparison orders two records. */
export type Hlc = number;
export const hlcTicksPerMs = 256;

/** What a record says, before it is signed. `body: null` is a tombstone. */
export interface RecordFields<Body = unknown> {
  readonly table: string;
  readonly id: string;
  /** The device that wrote it down, with its own sequence number, counted from 1. */
  readonly device: DeviceId;
  readonly seq: number;
  readonly hlc: Hlc;
  /** Revisions of the same (table, id) that this one replaces. */
  readonly base: readonly Revision[];
  /** Who signed: the right to write is checked against this key. */
  readonly principal: PrincipalId;
  readonly body: Body | null;
}

/** A record as received: `bytes` are stored and forwarded exactly as they came. */
export interface CatalogRecord<Body = unknown> extends RecordFields<Body> {
  readonly revision: Revision;
  readonly bytes: Uint8Array;
}

/** A value sealed under a symmetric key: 12-byte nonce, ciphertext, 16-byte tag. */
export type Sealed = Uint8Array;

/** id: the network id is the hash of this record, so it is written once and never replaced. */
export interface GenesisBody {
  /** Public root key: settles disputes between admins. */
  root: PrincipalId;
  /** The first admin and the first device, trusted by the genesis itself. */
  admin: UserId;
  device: DeviceId;
  createdAt: number;
  random: Uint8Array;
}

export type UserRole = 'admin' | 'member';

/** id: UserId. Signed by an admin (the first one by itself). */
export interface UserBody {
  username: string;
  role: UserRole;
  /** Raw X25519 public key that grants are sealed to. */
  sealingKey: Uint8Array;
  disabled: boolean;
  /** Logical bytes, or null for no limit. */
  quotaBytes: number | null;
  /** How often an admin ended all sessions of this user, by disabling them: sessions of before stay ended. */
  signOuts?: number;
  /** Of an admin: the network's authority in PEM, and its key, HPKE to the user's sealing key (`network-authority/1`). */
  authority?: { certificate: string; sealedKey: Uint8Array };
  /** The invite that this user came by; the founder came by none. */
  invite?: PrincipalId;
}

/** id: UserId. The user's secrets, sealed under the password and under the recovery code. */
export interface BundleBody {
  /** Argon2id parameters and salt that turn the password into the key of `byPassword`. */
  kdf: { name: 'argon2id'; memoryKiB: number; passes: number; parallelism: number; salt: Uint8Array };
  byPassword: Sealed;
  byRecovery: Sealed;
  /** The recovery words themselves, sealed under the key of the password: they can be shown again. */
  wordsByPassword?: Sealed;
  /** Only in the founder's bundle: the network's root key, sealed under the recovery code alone. */
  rootByRecovery?: Sealed;
  /** The user's own word for `UserBody.sealingKey`, which an admin signs: this one counts. */
  sealingKey?: Uint8Array;
  /** The secret of an authenticator app, sealed under a key of the user: signing in asks for its code. */
  secondFactor?: Sealed;
  /** Counts password changes: sessions and caches of an older one end. */
  generation: number;
  /** Passkeys that open the account; a new password ends them. */
  passkeys?: readonly PasskeyBody[];
  /** Who may help this user back in. */
  trustees?: TrusteesBody;
  /** Unix ms when the user last proved that the recovery words are at hand. */
  wordsTestedAt?: number;
}

/** A passkey (WebAuthn Level 3) whose authenticator gives a secret (PRF extension): it opens the user's keys. */
export interface PasskeyBody {
  /** Credential id, base64url. */
  id: string;
  /** COSE key. */
  publicKey: Uint8Array;
  /** The relying party: the host where it was made, and where it works. */
  host: string;
  /** The user's secrets, sealed under a key from the secret of the authenticator. */
  sealedKeys: Sealed;
  /** CBOR {name, createdAt}, sealed under a key of the user. */
  facts: Sealed;
}

/**
 * id: the public key (PrincipalId) of a one-time signing key whose seed is the invite's code. Signed by
 * an admin. Lets that key sign one user record with this role and quota, before it expires.
 */
export interface InviteBody {
  role: UserRole;
  quotaBytes: number | null;
  createdAt: number;
  /** Unix ms; the new user's record must be dated before. */
  expiresAt: number;
  /** True takes it back; a user who came in before stays. */
  withdrawn: boolean;
}

export type GrantKind = 'user' | 'link' | 'token';
/** `upload`: may add, sees nothing (a drop box). `edit` includes both others. Only owners purge and share. */
export type GrantRights = 'view' | 'upload' | 'edit';

/** id: GrantId. What opens an entry, and all under it, to somebody. Signed by the entry's owner alone. */
export interface GrantBody {
  kind: GrantKind;
  owner: UserId;
  entry: EntryId;
  rights: GrantRights;
  /** Who signs what is written by this grant: the other user, or the key derived from the secret. */
  grantee: PrincipalId;
  /**
   * The entry's key: HPKE to the user's sealing key (`grant-user/1`), or sealed under the key derived
   * from the secret and the password (`grant-secret/1`). Made anew when the entry's key changes.
   */
  sealedKey: Uint8Array;
  keyVersion: number;
  /** Of a link with a password: how it becomes a key. */
  kdf: BundleBody['kdf'] | null;
  createdAt: number;
  /** Unix ms, or null. */
  expiresAt: number | null;
  /** Downloads (and drops) that a link is good for, or null. */
  maxUses: number | null;
  /** Revoked grants are kept: what was written by them before still counts. */
  revoked: boolean;
  /** For the owner's eyes: GrantNotes under a key of their own. */
  notes: Sealed;
}

/** Inside GrantBody.notes. */
export interface GrantNotes {
  /** Of a token. */
  name?: string;
  note?: string;
  /** Of a link, so that its owner can see the address again. */
  secret?: string;
  /** Of a link or token: what `sealedKey` is sealed under, so that its owner can renew it without the password. */
  key?: Uint8Array;
}

/** id: GrantId ‖ '.' ‖ DeviceId. How often a device served a link; signed by the link's key. Sums over devices. */
export interface UseBody {
  count: number;
  /** Unix ms of the last one. */
  lastAt: number;
}

/**
 * How the writer of a record that is not its owner shows the right to it: a grant, and the way from
 * the entry up to the granted one, as it was when this was written. Every device checks it (I5).
 */
export interface Via {
  grant: GrantId;
  /** entry → the revision of its register that has the next entry of the way as its parent. */
  steps: Record<EntryId, Revision>;
  /** Of what this record creates: the id is derived from signer and nonce, so nobody can take another's. */
  nonce?: Uint8Array;
}

export type DeviceClass = 'always-on' | 'sleeper';
export type DeviceState = 'active' | 'draining' | 'removed';

/** id: DeviceId. Signed by an admin, counter-signed by the device itself in `proof`. */
export interface DeviceBody {
  name: string;
  class: DeviceClass;
  state: DeviceState;
  /** Bytes that the device lends, in total: the weight of placement. */
  capacityBytes: number;
  /** "home", "parents": copies prefer different places. Empty where nobody named one. */
  place: string;
  /** Holds copies and the catalog, but may author nothing for users. */
  storageOnly: boolean;
  /** Ed25519 by the device over ("peerstor device/1", network id, device id). */
  proof: Uint8Array;
  addedAt: number;
  /** Of a removed device: its last sequence that counts. */
  lastSeq?: number;
  /** Raw X25519 key, derived from the device's own: new network secrets are sealed to it. */
  sealingKey?: Uint8Array;
  /** The device's own authority for https: its name, its public key (SPKI), and the host names of the machine. */
  tls?: { name: string; publicKey: Uint8Array; hostNames: string[] };
  /** By an admin: a certificate of the network's authority for that key, in PEM, and the host names in it. */
  vouched?: { certificate: string; hostNames: string[] };
}

/**
 * id: `epoch-N`, N counted from 1 (0 is what pairing handed over first). Signed by an admin. A new
 * network secret, for each member that may have it.
 */
export interface SecretBody {
  epoch: number;
  createdAt: number;
  /** device → the 32 bytes, HPKE to its sealing key (`network-secret/1`). */
  sealed: Record<DeviceId, Uint8Array>;
  /** 32 bytes derived from the secret (`secret-check/1`): who is handed it by another knows the right one. */
  check: Uint8Array;
}

/**
 * id: EntryId. Where an entry is: ONE atomic register, because a concurrent move and key change
 * merged field by field would leave a subtree that nobody can open.
 */
export interface EntryBody {
  kind: 'file' | 'folder';
  /** Whose drive it is in; their key signs. */
  owner: UserId;
  /** null only for the root folder of a drive. */
  parent: EntryId | null;
  /** The name, sealed under the entry's own key. */
  name: Sealed;
  /** The entry's key, sealed under its parent's (the root's under the user's root entry key). */
  wrappedKey: Sealed;
  keyVersion: number;
  /** Where it goes if `parent` is gone or would close a cycle; null for the drive's root. */
  fallback: { parent: EntryId; wrappedKey: Sealed } | null;
  createdAt: number;
  /** Unix ms when it was put into the trash, or null. Restoring clears it. */
  trashedAt: number | null;
  /** Keys that this entry had before, sealed under the present one: CBOR list of 32 bytes each. */
  oldKeys?: Sealed;
  /**
   * Of what was dropped into a blind drop box: `wrappedKey` is HPKE to the owner's sealing key
   * (`drop/1`) until their device wraps it anew.
   */
  wrappedFor?: 'owner';
  via?: Via;
}

/** id: VersionId. One version of a file's content: written once, deleted by a tombstone. */
export interface VersionBody {
  entry: EntryId;
  owner: UserId;
  /** Versions that this one replaces. Two versions that replace the same one are a conflict. */
  replaces: VersionId[];
  /** Root manifest; readable by all members are only its chunk references. */
  manifest: ChunkId;
  /** Plain bytes are inside `sealed`; this is what the copies cost, for quota and health. */
  sealedBytes: number;
  keyVersion: number;
  /** VersionFacts, sealed under the entry's key. */
  sealed: Sealed;
  /** Plain bytes, for quotas; versions of before it count with `sealedBytes`. */
  plainBytes?: number;
  via?: Via;
}

/** Inside VersionBody.sealed. */
export interface VersionFacts {
  size: number;
  mime: string;
  modifiedAt: number;
  /** Content digest (FORMAT, not what sha256sum prints): tells that two conflicting versions are equal. */
  contentDigest: Uint8Array;
  /** May the file be run as a program, where the system has such a mark? Absent in versions of before: no. */
  executable?: boolean;
  /** What a program said of this content (S3: checksum and metadata): texts by names that mean nothing to the drive. */
  attributes?: Readonly<Record<string, string>>;
}

/** id: EntryId. Display metadata, a register of its own: sealed EntryFacts. */
export interface FactsBody {
  owner: UserId;
  sealed: Sealed;
  via?: Via;
}

export interface EntryFacts {
  tags: string[];
  starred: boolean;
  /** Names that people gave to versions of the file, by version id. Such a version is never thinned out. */
  versionNames?: Readonly<Record<string, string>>;
  /** What programs keep with an entry (WebDAV's dead properties): texts by names that mean nothing to peerstor. */
  properties?: Readonly<Record<string, string>>;
  photo?: PhotoEdits;
}

/** What people say about a picture or film against what its file says. */
export interface PhotoEdits {
  /** Out of the timeline, but found. */
  archived?: boolean;
  /** Shown nowhere but among what is hidden. */
  hidden?: boolean;
  /** `YYYY-MM-DDTHH:MM:SS`, by the clock where it was taken. */
  local?: string;
  /** Minutes that this clock was ahead of UTC. */
  offsetMinutes?: number;
  /** Degrees; null for "nowhere". */
  gps?: { latitude: number; longitude: number } | null;
  description?: string;
  /** Clockwise. After the cut. */
  turn?: 90 | 180 | 270;
  /** A part of the picture as its file shows it, as shares of its width and height. */
  crop?: { x: number; y: number; width: number; height: number };
}

/**
 * id: VersionId ‖ '.' ‖ UserId of the owner. What was read out of the content of a version: facts, and
 * thumbnails where there are any. Counts while the version is live. Signed by the owner alone.
 */
export interface MediaBody {
  entry: EntryId;
  owner: UserId;
  /** Root manifest of the thumbnails, one after the other; null where there are none. */
  manifest: ChunkId | null;
  /** Sealed bytes of the thumbnails and their manifest, for quota. */
  sealedBytes: number;
  /** `MediaFacts`, sealed under the entry's key. */
  sealed: Sealed;
}

/**
 * id: 16 random bytes in hex ‖ '.' ‖ UserId of the owner. An album, or one photo in an album: only its owner
 * can tell which. Signed by the owner alone.
 */
export interface AlbumBody {
  owner: UserId;
  /** `AlbumPart`, sealed under a key that follows from the root entry key. */
  sealed: Sealed;
}

/** table name → body. */
export interface Tables {
  genesis: GenesisBody;
  user: UserBody;
  bundle: BundleBody;
  device: DeviceBody;
  entry: EntryBody;
  version: VersionBody;
  facts: FactsBody;
  invite: InviteBody;
  grant: GrantBody;
  use: UseBody;
  secret: SecretBody;
  media: MediaBody;
  album: AlbumBody;
  recovery: RecoveryBody;
}
export type TableName = keyof Tables;

/** device → highest sequence number of it that is here. */
export type VersionVector = Record<DeviceId, number>;

/** Which network a home belongs to and what lets it in. Kept in HOME, handed over at pairing. */
export interface NetworkMembership {
  networkId: NetworkId;
  /** 32 bytes: the noise prologue, so that foreign dials fail at once. */
  networkSecret: Uint8Array;
  /** Which secret that is: of the record `epoch-N`, or 0 for the one the network was founded with. */
  epoch: number;
  genesis: Uint8Array;
}
