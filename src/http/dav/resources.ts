/** Entries as WebDAV names them: by path, also where nothing is yet. */
import type { FastifyRequest } from 'fastify';
import type { EntryView } from '../../model/api.ts';
import type { Drive, Session } from '../../model/contracts/drive.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { entryId } from '../../model/ids.ts';
import { entityTag } from '../content/preconditions.ts';
import { signedIn } from '../sessions/authentication.ts';
import { pathInHeader } from './dav-path.ts';
import { type IfCondition, type IfList, parseIf, tokensIn } from './if-header.ts';
import type { Lock, LockTable } from './locks.ts';

/** A path and what is there. */
export interface Resource {
  names: readonly string[];
  /** undefined where nothing is. */
  entry: EntryView | undefined;
  /** undefined for the root, and where the folder is missing or a file. */
  parent: EntryView | undefined;
}

export async function locate(drive: Drive, names: readonly string[]): Promise<Resource> {
  if (names.length === 0) return { names, entry: await drive.root(), parent: undefined };
  const entry = await ifThere(drive.resolve(names));
  const parent = await ifThere(drive.resolve(names.slice(0, -1)));
  return { names, entry, parent: parent?.kind === 'folder' ? parent : undefined };
}

/** @throws `not-found` */
export function requireThere({ entry }: Resource): EntryView {
  if (entry !== undefined) return entry;
  throw new PeerstorError('not-found', 'There is no file or folder at this address.');
}

/** The folder that something is put into. @throws `conflict`, as RFC 4918 asks where it is missing */
export function requireParent({ parent }: Resource): EntryView {
  if (parent !== undefined) return parent;
  throw new PeerstorError('conflict', 'There is no folder to put this into: make the folder first.');
}

export function nameOf({ names }: Resource): string {
  return names.at(-1) ?? '';
}

/** Who asks, by which lock tokens, and which locks hold for what. */
export class LockGuard {
  readonly #request: FastifyRequest;
  readonly #session: Session;
  readonly #locks: LockTable;
  readonly #lists: readonly IfList[];

  /** @throws `bad-request` for a header `If` that cannot be read */
  constructor(request: FastifyRequest, locks: LockTable) {
    this.#request = request;
    this.#session = signedIn(request);
    this.#locks = locks;
    const header = request.headers.if;
    this.#lists = parseIf(Array.isArray(header) ? header.join(' ') : header);
  }

  /** Tokens mean nothing from others than who took the lock. */
  get holder(): string {
    return this.#session.secret;
  }

  /** Locks that the request shows and may use, of those that hold for a resource. */
  async shown(resource: Resource): Promise<Lock[]> {
    const tokens = tokensIn(this.#lists);
    return (await this.covering(resource)).filter((lock) => this.#mayUse(lock, tokens));
  }

  /** Locks that hold for what is at a path, or for what would be put there. */
  async covering({ entry, parent }: Resource): Promise<Lock[]> {
    if (this.#locks.all().length === 0) return [];
    if (entry !== undefined) return this.#locks.covering(await this.#chainOf(entry));
    if (parent === undefined) return [];
    return this.#locks.covering(await this.#chainOf(parent)).filter(({ deep }) => deep);
  }

  /** Locks of what lies in a folder. */
  async inside({ entry }: Resource): Promise<Lock[]> {
    if (entry?.kind !== 'folder') return [];
    const found: Lock[] = [];
    for (const lock of this.#locks.all()) {
      if (lock.entry === entry.id) continue;
      const around = await ifThere(this.#session.drive.ancestors(entryId(lock.entry)));
      if (around?.some(({ id }) => id === entry.id)) found.push(lock);
    }
    return found;
  }

  /** @throws `precondition-failed` where no list of the header `If` holds */
  async requireIf(resource: Resource): Promise<void> {
    if (this.#lists.length === 0) return;
    for (const { resource: named, conditions } of this.#lists) {
      const about = named === undefined ? resource : await this.#named(named);
      const held = await Promise.all(conditions.map((condition) => this.#holds(condition, about)));
      if (held.every(Boolean)) return;
    }
    throw new PeerstorError('precondition-failed', 'What the header "If" says does not hold any more.');
  }

  /**
   * Refuses to change what somebody else locked.
   * @param options.member the folder around it gains or loses a member
   * @param options.deep all that is in it changes too
   * @throws `locked`
   */
  async requireUnlocked(
    resource: Resource,
    options: { member?: boolean; deep?: boolean } = {},
  ): Promise<void> {
    const { parent, names } = resource;
    const around =
      options.member && parent !== undefined
        ? await this.covering({ names: names.slice(0, -1), entry: parent, parent: undefined })
        : [];
    const inside = options.deep ? await this.inside(resource) : [];
    this.#requireUsable([...(await this.covering(resource)), ...around, ...inside]);
  }

  /** Of a shared lock one token is enough. */
  #requireUsable(held: readonly Lock[]): void {
    const tokens = tokensIn(this.#lists);
    const free = new Set(held.filter((lock) => this.#mayUse(lock, tokens)).map(({ entry }) => entry));
    if (held.every(({ entry }) => free.has(entry))) return;
    throw new PeerstorError(
      'locked',
      'A program has locked this: close it there, or wait until the lock ends.',
    );
  }

  #mayUse({ token, holder }: Lock, tokens: ReadonlySet<string>): boolean {
    return tokens.has(token) && holder === this.holder;
  }

  async #holds({ not, kind, value }: IfCondition, about: Resource | undefined): Promise<boolean> {
    return (await this.#isTrue(kind, value, about)) !== not;
  }

  async #isTrue(kind: IfCondition['kind'], value: string, about: Resource | undefined): Promise<boolean> {
    if (about === undefined) return false;
    if (kind === 'etag') return about.entry !== undefined && entityTag(about.entry.version) === value;
    return (await this.covering(about)).some(({ token }) => token === value);
  }

  /** undefined for an address that is none of this drive. */
  async #named(address: string): Promise<Resource | undefined> {
    try {
      return await locate(this.#session.drive, pathInHeader(this.#request, address).names);
    } catch (error) {
      if (isPeerstorError(error)) return undefined;
      throw error;
    }
  }

  async #chainOf({ id }: EntryView): Promise<string[]> {
    const around = await ifThere(this.#session.drive.ancestors(entryId(id)));
    return [...(around ?? []).map((folder) => folder.id), id];
  }
}

export async function ifThere<Found>(wanted: Promise<Found>): Promise<Found | undefined> {
  try {
    return await wanted;
  } catch (error) {
    if (isPeerstorError(error, 'not-found') || isPeerstorError(error, 'gone')) return undefined;
    throw error;
  }
}
