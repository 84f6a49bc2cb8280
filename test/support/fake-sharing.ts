/** Links, tokens and access over the fake drive: kept in memory, without any key. */
import type { AccessView, RightsView, SharedEntryView, ShareView, TokenView } from '../../src/model/api.ts';
import type { Drive, Guest, LinkWish, Sharing } from '../../src/model/contracts/drive.ts';
import {
  type DriveMethod,
  driveMethods,
  entryNamed,
  forwardCalls,
  type MethodRule,
} from '../../src/model/contracts/drive-methods.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import { type EntryId, entryId, grantId } from '../../src/model/ids.ts';
import type { FakeDrive } from './fake-drive.ts';

interface Link {
  view: ShareView;
  entry: EntryId;
  password: string | null;
}

interface Token {
  view: TokenView;
  secret: string;
  username: string;
}

const weekMs = 7 * 86_400_000;
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
const forbidden = (why: string) => new PeerstorError('forbidden', why);

export class FakeSharing {
  readonly #drive: FakeDrive;
  readonly #hasUser: (username: string) => boolean;
  readonly links = new Map<string, Link>();
  readonly tokens = new Map<string, Token>();
  readonly #access: { owner: string; entry: EntryId; view: AccessView }[] = [];
  #wrongPasswords = 0;
  #lastId = 0;

  constructor(drive: FakeDrive, hasUser: (username: string) => boolean) {
    this.#drive = drive;
    this.#hasUser = hasUser;
  }

  /** What a signed-in user may share. */
  of(username: string): Sharing {
    return {
      shareWith: async (entry, other, rights) => {
        await this.#drive.entry(entry);
        if (!this.#hasUser(other)) throw new PeerstorError('not-found', `There is no user "${other}".`);
        this.#forget(entry, other);
        const view: AccessView = { username: other, rights, grantedAt: new Date().toISOString() };
        this.#access.push({ owner: username, entry, view });
        return view;
      },
      accessOf: async (entry) =>
        this.#access.filter((grant) => grant.entry === entry).map(({ view }) => view),
      revokeAccess: async (entry, other) => {
        if (!this.#forget(entry, other)) throw new PeerstorError('not-found', `${other} has no access.`);
      },
      sharedWithMe: async () => {
        const mine = this.#access.filter(({ view }) => view.username === username);
        return Promise.all(
          mine.map(
            async ({ owner, entry, view }): Promise<SharedEntryView> => ({
              entry: await this.#drive.entry(entry),
              owner,
              rights: view.rights,
              sharedAt: view.grantedAt,
            }),
          ),
        );
      },
      createLink: (wish) => this.#createLink(wish),
      links: async () => [...this.links.values()].map(({ view }) => view),
      changeLink: async (id, change) => {
        const link = this.#link(id);
        const { password, expiresAtMs, ...rest } = change;
        if (password !== undefined) link.password = password;
        link.view = {
          ...link.view,
          ...rest,
          hasPassword: link.password !== null,
          ...(expiresAtMs === undefined ? {} : { expiresAt: iso(expiresAtMs) }),
        };
        return link.view;
      },
      revokeLink: async (id) => {
        this.#link(id).view.state = 'revoked';
      },
      createToken: async ({ name, rights, entryId: entry, expiresAtMs }) => {
        await this.#drive.entry(entry);
        const id = this.#newId();
        const view: TokenView = {
          id,
          name,
          rights,
          entryId: entry,
          path: '/',
          createdAt: new Date().toISOString(),
          expiresAt: iso(expiresAtMs),
        };
        const secret = `token-${id}`;
        this.tokens.set(id, { view, secret, username });
        return { ...view, token: secret };
      },
      tokens: async () => [...this.tokens.values()].map(({ view }) => view),
      revokeToken: async (id) => {
        if (!this.tokens.delete(id)) throw new PeerstorError('not-found', 'There is no such token.');
      },
    };
  }

  /** What an access token opens, by its secret. */
  tokenOf(secret: string): { username: string; rights: RightsView; drive: Drive } | undefined {
    const token = [...this.tokens.values()].find((candidate) => candidate.secret === secret);
    if (token === undefined) return undefined;
    const { rights, entryId: entry } = token.view;
    return { username: token.username, rights, drive: scopedDrive(this.#drive, entryId(entry), rights) };
  }

  async openLink(secret: string, password: string | undefined): Promise<Guest> {
    const link = [...this.links.values()].find(({ view }) => view.url === `/s/${secret}`);
    if (link === undefined) throw new PeerstorError('not-found', 'There is no such link.');
    const refuseGone = () => {
      const { state, expiresAt, maxDownloads, downloads } = link.view;
      const over = expiresAt !== null && Date.parse(expiresAt) <= Date.now();
      if (state !== 'live' || over || (maxDownloads !== null && downloads >= maxDownloads)) {
        throw new PeerstorError('gone', 'This link has ended.');
      }
    };
    refuseGone();
    this.#checkPassword(link, password);
    const { rights, expiresAt } = link.view;
    const drive = scopedDrive(this.#drive, link.entry, rights);
    return {
      id: grantId(link.view.id),
      rights,
      view: async () => ({
        entry: rights === 'upload' ? null : await drive.root(),
        name: link.view.entryName ?? '',
        owner: 'anna',
        rights,
        expiresAt,
      }),
      drive,
      countUse: async () => {
        refuseGone();
        link.view = { ...link.view, downloads: link.view.downloads + 1 };
      },
    };
  }

  #checkPassword(link: Link, password: string | undefined): void {
    if (link.password === null || link.password === password) return;
    if (password !== undefined && ++this.#wrongPasswords > 9) {
      throw new PeerstorError('too-many-tries', 'Too many wrong passwords.', {
        details: { retryAfterS: 60 },
      });
    }
    throw new PeerstorError('link-password', 'This link needs its password.');
  }

  async #createLink(wish: LinkWish): Promise<ShareView> {
    const entry = await this.#drive.entry(wish.entryId);
    const id = this.#newId();
    const { password = null, expiresAtMs = Date.now() + weekMs, maxDownloads = null, note = '' } = wish;
    const view: ShareView = {
      id,
      entryId: entry.id,
      entryName: entry.name,
      url: `/s/link-${id}`,
      rights: wish.rights,
      createdAt: new Date().toISOString(),
      expiresAt: iso(expiresAtMs),
      hasPassword: password !== null,
      maxDownloads,
      downloads: 0,
      note,
      state: 'live',
    };
    this.links.set(id, { view, entry: wish.entryId, password });
    return view;
  }

  #link(id: string): Link {
    const link = this.links.get(id);
    if (link === undefined) throw new PeerstorError('not-found', 'There is no such link.');
    return link;
  }

  #forget(entry: EntryId, username: string): boolean {
    const at = this.#access.findIndex((grant) => grant.entry === entry && grant.view.username === username);
    if (at >= 0) this.#access.splice(at, 1);
    return at >= 0;
  }

  #newId(): string {
    this.#lastId += 1;
    return this.#lastId.toString(16).padStart(32, 'e');
  }
}

/** The part of a drive below `root`, for what `rights` allow. */
export function scopedDrive(drive: FakeDrive, root: EntryId, rights: RightsView): Drive {
  const isAllowed = (method: DriveMethod, { needs }: MethodRule) => {
    if (rights === 'upload') return method === 'upload';
    return needs === 'view' || (needs === 'edit' && rights === 'edit');
  };
  const calls = forwardCalls((method, given) => {
    if (!isAllowed(method, driveMethods[method])) throw forbidden('This does not allow it.');
    const named = entryNamed(method, given);
    if (named !== undefined && !drive.isBelow(named, root)) {
      throw new PeerstorError('not-found', 'There is no such file or folder.');
    }
    return drive;
  });
  return {
    ...calls,
    root: () => drive.entry(root),
    resolve: (names, from = root) => calls.resolve(names, from),
    // A drop box shows itself and makes no folders.
    ensureFolder: (names, from = root) =>
      rights === 'upload' && names.length === 0 ? drive.entry(root) : calls.ensureFolder(names, from),
    ancestors: async (id) => {
      const all = await calls.ancestors(id);
      return all.slice(all.findIndex((folder) => folder.id === root));
    },
    onChange: (listener) => drive.onChange(listener),
  };
}
