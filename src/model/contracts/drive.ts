/** What the gateway and other fronts may do for a person: accounts and one user's unlocked drive. */
import type {
  EntryView,
  FoundView,
  GuestView,
  InviteView,
  Page,
  RightsView,
  UserAdminView,
  UserView,
} from '../api.ts';
import type { EntryId, GrantId, UserId, VersionId } from '../ids.ts';
import type { UserRole } from '../records.ts';
import type { ThumbnailSize } from './media/media-maker.ts';
import type { Photos } from './media/photos.ts';
import type { Sharing } from './sharing.ts';
import type {
  MultipartUploads,
  ResumableUploads,
  UploadOptions,
  UploadOutcome,
  UploadSource,
} from './uploads.ts';

export type { LinkWish, Sharing } from './sharing.ts';
export type { CollectedContent, UploadOptions, UploadOutcome, UploadSource } from './uploads.ts';

export interface Accounts {
  /** True until the network of this device has its first user (or while it has no network). */
  setupNeeded(): boolean;
  /**
   * Makes a new network with its first admin.
   * @returns the session and the 24 words, which are shown once and never stored
   * @throws `already-set-up`, `bad-input` (username or password rules, said in the sentence)
   */
  setup(username: string, password: string): Promise<{ session: Session; recoveryCode: string }>;
  /**
   * @param from address of the caller: after too many wrong passwords it waits
   * @param code of an authenticator app, where the account asks for one
   * @throws `wrong-password` (for an unknown name too), `totp-required`, `wrong-code`, `too-many-tries`
   */
  login(username: string, password: string, from: string, code?: string): Promise<Session>;
  /** The session of a `Session.secret` or of an access token, or undefined when it ended. */
  resume(secret: string): Promise<Session | undefined>;
  /**
   * The session of a token by an id that goes with every signed request (S3): its access key, the token itself, or
   * the id of the token, where this device has met it since its start. Who asks has proved nothing yet.
   */
  resumeAccessKey(id: string): Promise<Session | undefined>;
  logout(secret: string): Promise<void>;
}

/** What ends together with all sessions of a user. */
export interface EndingGrants {
  /** Access tokens that go on, by id, or all; by default they end: whoever had the password may have made some. */
  keepTokens?: boolean | readonly string[];
  /** Share links that end too, by id, or all; by default they go on, because others have their addresses. */
  endLinks?: boolean | readonly string[];
}

/** What a person does about a password; of the same object as `Accounts`. */
export interface PasswordChanges {
  /**
   * Ends every session of the user, on all devices; the one returned is new.
   * @throws `wrong-password`, `too-many-tries`, `bad-input` (rules of the new one)
   */
  changePassword(
    session: Session,
    oldPassword: string,
    newPassword: string,
    ending?: EndingGrants,
  ): Promise<Session>;
  /**
   * Signs in with the 24 words and sets a new password; the words stay valid. Ends older sessions. The founder is
   * let in whatever other admins did to the account: the words open the network's root key, which settles it.
   * They end a second factor, too.
   * @throws `wrong-password`, `too-many-tries`, `bad-input` (naming the wrong word, or password rules)
   */
  recover(
    username: string,
    words: string,
    newPassword: string,
    from: string,
    ending?: EndingGrants,
  ): Promise<Session>;
  /**
   * Shows the recovery words once more, or makes new ones, after which the old ones open nothing.
   * @returns the 24 words
   * @throws `wrong-password`, `too-many-tries`; `conflict` where they are not kept and may not be replaced
   */
  recoveryCode(session: Session, password: string, options?: { renew?: boolean }): Promise<string>;
  /** Signs the user out everywhere else; the one returned is new. */
  endOtherSessions(session: Session, ending?: EndingGrants): Promise<Session>;
}

/** Further users; of the same object as `Accounts`. What needs an admin throws `forbidden` for others. */
export interface UserAdmin {
  /** @param expiresInMs default 7 days */
  invite(
    session: Session,
    wish: { role: UserRole; quotaBytes: number | null; expiresInMs?: number },
  ): Promise<InviteView>;
  invites(session: Session): Promise<InviteView[]>;
  withdrawInvite(session: Session, id: string): Promise<void>;
  /**
   * Makes the account that an invite is for.
   * @throws `not-found` for a code that is none, `gone` for one that was used, withdrawn or is over,
   * `name-taken`, `bad-input`
   */
  register(
    invite: string,
    username: string,
    password: string,
  ): Promise<{ session: Session; recoveryCode: string }>;
  users(session: Session): Promise<UserAdminView[]>;
  /** @throws `conflict` for the last admin: the network would have none */
  changeUser(
    session: Session,
    id: UserId,
    change: { role?: UserRole; disabled?: boolean; quotaBytes?: number | null },
  ): Promise<UserAdminView>;
}

/** People without an account, who have a link; of the same object as `Accounts`. */
export interface Guests {
  /**
   * Opens a share link. Counts nothing: see `Guest.countUse`.
   * @param from address of the caller: wrong passwords make it wait
   * @throws `not-found` (unknown), `gone` (expired, revoked, used up), `link-password`,
   * `too-many-tries`
   */
  openLink(secret: string, password: string | undefined, from: string): Promise<Guest>;
}

export interface Guest {
  readonly id: GrantId;
  readonly rights: RightsView;
  view(): Promise<GuestView>;
  /** What the link opens; its root is the shared entry. What the rights do not allow is `forbidden`. */
  readonly drive: Drive;
  /** Uploads that come in several requests; everybody with the link has the same. */
  readonly uploads: ResumableUploads;
  /** Before the first byte of a download or drop: durably one use less. @throws `gone` when none is left */
  countUse(): Promise<void>;
}

/** Signs addresses for a browser, which fetches images and downloads without headers of ours. */
export interface AddressKeys {
  /** A key that opens this entry to who also has the cookie of the session, for 2 to 3 days. */
  keyFor(entryId: string): string;
  /** Is this an unexpired key of this entry and this session? */
  opens(entryId: string, key: string): boolean;
}

/** An unlocked user on this device. */
export interface Session {
  /**
   * Given out once, at the start of a session: `COOKIE.PROOF`, two random texts. A browser keeps them
   * apart, because its cookies go to every port of a host. Of a token: the token.
   */
  readonly secret: string;
  /**
   * Notes from where it is used, for the list of its user's sessions. Never throws and never waits.
   * @param use `device`: what the program calls itself; `address`: of the caller
   */
  noteUse(use: { device: string; address: string }): void;
  /** Of a token: what names it in signed requests (S3), whose secret is the token. null for somebody who signed in. */
  readonly accessKeyId: string | null;
  /** null for a token. */
  readonly addressKeys: AddressKeys | null;
  readonly expiresAtMs: number;
  /** Aborts once the session has ended: signed out, expired, revoked, or ended by a new password or an admin. */
  readonly signal: AbortSignal;
  readonly user: UserView;
  /** Own entries, and those that others shared with this user, all by their ids. */
  readonly drive: Drive;
  /** Uploads that come in several requests: those of this user, or of this token. */
  readonly uploads: ResumableUploads;
  /** Of a token: what it uploads in parts. */
  readonly multipart?: MultipartUploads;
  /** What a token may do; null for somebody who signed in, who may do everything. */
  readonly rights: RightsView | null;
  /** @throws `forbidden` for a token */
  readonly sharing: Sharing;
  /** @throws `forbidden` for a token that may only upload */
  readonly photos: Photos;
  /** Signs what an admin decides (devices). @throws `forbidden` for a member */
  adminSigner(): import('./catalog.ts').Signer;
}

export interface ListOptions {
  sort: 'name' | 'size' | 'modifiedAt' | 'kind';
  order: 'asc' | 'desc';
  limit: number;
  cursor?: string;
}

export interface SearchQuery {
  /** Words that a name holds, in any order, without regard to case and accents; none for everything. */
  q: string;
  /** `file`, `folder`, `image`, `video`, `audio`, `text`, `document`, `archive`, or a media type. */
  type?: string;
  /** Of the last change of the content. */
  fromMs?: number;
  toMs?: number;
  /** Bytes; a folder has no size here. */
  minSize?: number;
  maxSize?: number;
  tag?: string;
  /** Only what lies in this folder, at any depth. */
  under?: EntryId;
  starred?: boolean;
  /** Name of the user whose drive it lies in: one's own, or of somebody who shared it. */
  owner?: string;
  limit: number;
  cursor?: string;
}

/** What is said of content. */
export interface ContentFacts {
  mime?: string;
  modifiedAtMs?: number;
  attributes?: Readonly<Record<string, string>>;
}

/** Content opened for reading: facts first, then any ranges of bytes. */
export interface OpenContent {
  name: string;
  size: number;
  mime: string;
  /** Strong validator: the version id. */
  etag: string;
  modifiedAtMs: number;
  /** What the program said that stored it, if it said anything. */
  attributes?: Readonly<Record<string, string>>;
  /**
   * Bytes [start, end) in order, verified and opened, with read-ahead. Errors before the first byte
   * are coded; later ones end the iteration with an error, never with padding.
   */
  read(range: { start: number; end: number }, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** A picture of a file's content, or word that it is not made yet. */
export type OpenThumbnail = OpenContent | 'making';

/** A smaller film, or how much of it is made, 0 to 1. */
export type OpenRendition = OpenContent | { state: 'making'; progress: number };

export interface EntryPatch {
  name?: string;
  parentId?: EntryId;
  tags?: string[];
  starred?: boolean;
}

/** One version of a file, as a list of versions has it. */
export interface VersionFactsView {
  id: VersionId;
  size: number;
  modifiedAt: string;
  current: boolean;
  /** Given by a person; such a version is never thinned out. */
  name: string | null;
  executable: boolean;
}

/** What a drive can do. A new method also gets a line in `drive-methods.ts`. */
export interface Drive {
  root(): Promise<EntryView>;
  /** @throws `not-found` */
  entry(id: EntryId): Promise<EntryView>;
  /** Children that are not in the trash; folders first, names in natural order. */
  children(id: EntryId, options: ListOptions): Promise<Page<EntryView>>;
  /** The folders around an entry, from the root of the drive (or the shared entry) down to its parent. */
  ancestors(id: EntryId): Promise<EntryView[]>;
  /**
   * The entry at a path of names, which are compared without regard to case.
   * @param from folder in which the path begins; the root by default
   * @throws `not-found`
   */
  resolve(names: readonly string[], from?: EntryId): Promise<EntryView>;

  /**
   * Entries outside the trash that answer a question, best first; equal ones by when they were changed.
   * @throws `bad-input`; `not-ready` while a large drive is read for the first time
   */
  search(query: SearchQuery): Promise<Page<FoundView>>;

  createFolder(parent: EntryId, name: string): Promise<EntryView>;
  /**
   * Makes the folders of a path that are missing; returns the last one, without its totals.
   * @param from folder in which the path begins; the root by default
   * @throws `name-taken` when a file is in the way
   */
  ensureFolder(names: readonly string[], from?: EntryId): Promise<EntryView>;
  /** Rename, move, tag, star. @throws `name-taken`, `would-make-a-cycle`, `precondition-failed` */
  patch(id: EntryId, change: EntryPatch, ifMatch?: string): Promise<EntryView>;
  copy(id: EntryId, parent: EntryId, name?: string): Promise<EntryView>;

  /** What programs keep with an entry, by names of their own. A copy has it too. */
  properties(id: EntryId): Promise<Readonly<Record<string, string>>>;
  /**
   * @param change null takes one away; what is not named stays
   * @throws `too-large` for more than `propertiesBytesMax` in all
   */
  setProperties(id: EntryId, change: Readonly<Record<string, string | null>>): Promise<void>;
  /** Sets what is said of the content of a file, as programs do that copy files; what is not given stays. @throws `bad-input` */
  touch(id: EntryId, change: ContentFacts): Promise<EntryView>;
  /** Bytes that the owner of an entry keeps and may keep; undefined where there is no quota. */
  quota(id: EntryId): Promise<{ usedBytes: number; quotaBytes: number } | undefined>;

  /** To the trash; a folder goes with everything in it. */
  trash(id: EntryId, ifMatch?: string): Promise<void>;
  trashed(options: ListOptions): Promise<Page<EntryView>>;
  /** Back to its old place (the root if that is gone; renamed if the name was taken meanwhile). */
  restore(id: EntryId): Promise<EntryView>;
  /** For ever. */
  purge(id: EntryId): Promise<void>;
  emptyTrash(): Promise<number>;

  /**
   * Asks whether something may be uploaded into a folder; changes nothing.
   * @returns whose drive it is: an upload counts against the quota of that user
   * @throws what `upload` throws for the folder
   */
  ownerForUploads(parent: EntryId): Promise<UserId>;
  /**
   * Stores a stream as the content of `name` in `parent`: a new file, or a new version of it. Content that
   * the file has already makes no new version, and the answer is the existing one.
   */
  upload(
    parent: EntryId,
    name: string,
    content: UploadSource,
    options: UploadOptions,
  ): Promise<UploadOutcome>;
  /**
   * Stores a stream as a new version of a file, wherever it is: of one that was shared alone, too.
   * @throws `not-found` for a folder, `gone` for a file in the trash, and as `upload`
   */
  uploadTo(
    file: EntryId,
    content: UploadSource,
    options: Omit<UploadOptions, 'onConflict'>,
  ): Promise<UploadOutcome>;
  open(id: EntryId, version?: VersionId): Promise<OpenContent>;
  /**
   * @returns a WebP picture of at least this size if the file's own is as large; `making` while there is none yet
   * @throws `no-thumbnail`, also for a folder; `not-found`
   */
  thumbnail(id: EntryId, size: ThumbnailSize): Promise<OpenThumbnail>;
  /**
   * Sets the picture of a film that has none, as a page can make one where this device has no ffmpeg.
   * @param picture a whole JPEG, PNG or WebP
   * @throws `bad-input` for what is no picture; `conflict` for what is no film, or has a picture
   */
  setPoster(id: EntryId, picture: Uint8Array): Promise<EntryView>;
  /** The film inside a motion photo. @throws `no-rendition` where there is none; `not-found` */
  motion(id: EntryId): Promise<OpenContent>;
  /**
   * A smaller film (720 lines, H.264) of one that a browser may not play, if this device has made one.
   * @throws `no-rendition`, `not-found`
   */
  rendition(id: EntryId): Promise<OpenRendition>;
  /** Begins to make it, once. @throws `no-rendition` where this device cannot, `too-many-tries`, `not-found` */
  makeRendition(id: EntryId): Promise<OpenRendition>;
  /**
   * Reads the whole content of a file.
   * @returns the SHA-256 of the plain content, in lower-case hex
   */
  checksum(id: EntryId, options?: { version?: VersionId; signal?: AbortSignal }): Promise<{ sha256: string }>;
  /** Newest first. Old ones are thinned out in time, but for those that have a name. */
  versions(id: EntryId): Promise<VersionFactsView[]>;
  /**
   * Gives a version a name, or takes it away. A version with a name is never thinned out.
   * @throws `not-found`, `bad-input`
   */
  nameVersion(id: EntryId, version: VersionId, name: string | null): Promise<void>;
  /**
   * Removes an old version for ever.
   * @throws `not-found`, `conflict` for the current version
   */
  removeVersion(id: EntryId, version: VersionId): Promise<void>;
  restoreVersion(id: EntryId, version: VersionId): Promise<EntryView>;

  /** Called with ids of entries whose view may have changed (also by other devices). */
  onChange(listener: (ids: string[]) => void): () => void;
}
