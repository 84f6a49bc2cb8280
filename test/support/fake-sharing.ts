/** Links, tokens and access over the fake drive: kept in memory, without any key. */
import type {
  AccessView,
  EntryView,
  Page,
  RightsView,
  SharedEntryView,
  ShareView,
  TokenView,
} from '../../src/model/api.ts';
import type { Drive, Guest, LinkWish, Sharing } from '../../src/model/contracts/drive.ts';
import {
  type DriveMethod,
  driveMethods,
  entryNamed,
  forwardCalls,
} from '../../src/model/contracts/drive-methods.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import { type EntryId, entryId, grantId } from '../../src/model/ids.ts';
import type { FakeDrive } from './fake-drive.ts';
import { FakeUploads } from './fake-uploads.ts';

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
      sharedByMe: async () =>
        Promise.all(
          this.#access
            .filter(({ owner }) => owner === username)
            .map(async ({ entry, view }) => ({
              ...view,
              entryId: entry,
              entryName: (await this.#drive.entry(entry)).name,
            })),
        ),
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
    return {
      username: token.username,
      rights,
      drive: scopedDrive(this.#drive, entryId(entry), { rights, kind: 'token' }),
    };
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
    const { rights, expiresAt, maxDownloads } = link.view;
    const drive = scopedDrive(this.#drive, link.entry, { rights, kind: 'link' });
    return {
      id: grantId(link.view.id),
      rights,
      view: async () => ({
        entry: rights === 'upload' ? null : await drive.root(),
        name: link.view.entryName ?? '',
        owner: 'anna',
        rights,
        expiresAt,
        counted: maxDownloads !== null,
      }),
      drive,
      uploads: new FakeUploads(drive),
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

/** The part of a drive below `root`, for what a grant of this kind allows. */
export function scopedDrive(
  drive: FakeDrive,
  root: EntryId,
  { rights, kind }: { rights: RightsView; kind: 'link' | 'token' },
): Drive {
  const isAllowed = (method: DriveMethod) => {
    if (rights === 'upload') return method === 'upload';
    const { needs } = driveMethods[method];
    return needs === 'view' || (needs === 'edit' && rights === 'edit');
  };
  const calls = forwardCalls((method, given) => {
    if (!isAllowed(method)) throw forbidden('This does not allow it.');
    const named = entryNamed(method, given);
    const isHidden = named !== undefined && method !== 'restore' && drive.isTrashed(named);
    if (named !== undefined && (isHidden || !drive.isBelow(named, root))) {
      throw new PeerstorError('not-found', 'There is no such file or folder.');
    }
    return drive;
  });
  const seen = (view: EntryView): EntryView => ({
    ...view,
    parentId: view.id === root ? null : view.parentId,
    ...(kind === 'link' ? { tags: [], starred: false } : {}),
    rights,
    owner: 'anna',
  });
  const seenPage = ({ items, nextCursor }: Page<EntryView>) => ({ items: items.map(seen), nextCursor });
  const notRoot = (id: EntryId) => {
    if (id === root) throw forbidden('The shared folder itself cannot be changed.');
  };
  return {
    ...calls,
    root: async () => seen(await drive.entry(root)),
    entry: async (id) => seen(await calls.entry(id)),
    children: async (id, options) => seenPage(await calls.children(id, options)),
    trashed: async (options) => {
      const page = await calls.trashed(options);
      return seenPage({ ...page, items: page.items.filter(({ id }) => drive.isBelow(id, root)) });
    },
    ancestors: async (id) => {
      const all = id === root ? [] : await calls.ancestors(id);
      return all.slice(all.findIndex((folder) => folder.id === root)).map(seen);
    },
    search: async (query) => {
      const page = await calls.search({ under: root, ...query });
      const items = page.items.filter(({ id }) => drive.isBelow(id, root));
      return { ...page, items: items.map((found) => ({ ...seen(found), path: found.path })) };
    },
    resolve: async (names, from = root) => seen(await calls.resolve(names, from)),
    createFolder: async (parent, name) => seen(await calls.createFolder(parent, name)),
    // A drop box shows itself and makes no folders.
    ensureFolder: async (names, from = root) =>
      seen(
        rights === 'upload' && names.length === 0
          ? await drive.entry(root)
          : await calls.ensureFolder(names, from),
      ),
    patch: async (id, change, ifMatch) => {
      notRoot(id);
      return seen(await calls.patch(id, change, ifMatch));
    },
    copy: async (id, parent, name) => seen(await calls.copy(id, parent, name)),
    trash: async (id, ifMatch) => {
      notRoot(id);
      return calls.trash(id, ifMatch);
    },
    restore: async (id) => {
      if (!isAllowed('restore')) throw forbidden('This does not allow it.');
      return seen(await drive.restore(id, root));
    },
    upload: async (parent, name, content, options) => {
      const { entry, created } = await calls.upload(parent, name, content, options);
      return { entry: seen(entry), created };
    },
    uploadTo: async (file, content, options) => {
      const { entry, created } = await calls.uploadTo(file, content, options);
      return { entry: seen(entry), created };
    },
    restoreVersion: async (id, version) => seen(await calls.restoreVersion(id, version)),
    onChange: (listener) => drive.onChange(listener),
  };
}
