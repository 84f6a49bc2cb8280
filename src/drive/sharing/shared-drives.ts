/** The drives that other users shared with one user. Each is opened when it is first needed. */
import type { Drive } from '../../model/contracts/drive.ts';
import { entryNamed, forwardCalls } from '../../model/contracts/drive-methods.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId, type GrantId } from '../../model/ids.ts';
import type { GrantRights } from '../../model/records.ts';
import { copy } from '../folders/copying.ts';
import { isLive } from '../keys/live.ts';
import type { UserKeys } from '../keys/user-keys.ts';
import { search } from '../search/search.ts';
import type { NetworkDrives } from '../tree/network-drives.ts';
import { ancestors, notFound, type Tree, trashedAtOf } from '../tree/tree.ts';
import type { TreeParts } from './access/open-trees.ts';
import { type GrantedDrive, openGrantedDrive } from './granted-drive.ts';
import { type Grant, stateOfGrant } from './grants/grants.ts';

export interface SharedDrives {
  /** The drive that reaches an entry with the widest rights; undefined where none does. */
  reaching(id: EntryId): GrantedDrive | undefined;
  /** Grants to this user that are in force. */
  live(): Grant[];
  of(grant: Grant): GrantedDrive;
  onChange(listener: (ids: string[]) => void): () => void;
  stop(): void;
}

const widest: readonly GrantRights[] = ['edit', 'view', 'upload'];

export function openSharedDrives(parts: TreeParts, drives: NetworkDrives, keys: UserKeys): SharedDrives {
  const { catalog, grants } = drives;
  const opened = new Map<GrantId, GrantedDrive>();
  const listeners = new Set<(ids: string[]) => void>();
  const isStanding = (grant: Grant) => stateOfGrant(grant, parts.clock.wallMs()) === 'live';

  function requireGrant(id: GrantId): Grant {
    const grant = grants.get(id);
    if (grant && isStanding(grant)) return grant;
    throw notFound();
  }

  function of(grant: Grant): GrantedDrive {
    let shared = opened.get(grant.id);
    if (!shared) {
      const { sealingSecret, signing: signer, dedupeSecret } = keys;
      const holder = { opener: { sealingSecret }, signer, dedupeSecret };
      shared = openGrantedDrive(parts, drives, grant, holder, () => requireGrant(grant.id));
      shared.drive.onChange((ids) => {
        for (const listener of [...listeners]) listener(ids);
      });
      opened.set(grant.id, shared);
    }
    return shared;
  }

  const live = () =>
    grants
      .to(keys.user)
      .filter(({ body }) => body.kind === 'user')
      .filter(isStanding);

  // Listeners also hear of new grants, whose drives nobody has opened yet.
  const unsubscribe = drives.onChange((changes) => {
    const mine = changes.flatMap(({ record }) => {
      if (record.table !== 'grant') return [];
      const body = catalog.get('grant', record.id)?.body;
      return body?.kind === 'user' && body.grantee === keys.user ? [body.entry] : [];
    });
    if (listeners.size === 0) return;
    for (const grant of live()) of(grant);
    if (mine.length > 0) for (const listener of [...listeners]) listener(mine);
  });

  return {
    reaching(id) {
      const record = catalog.get('entry', id);
      if (!isLive(record)) return undefined;
      const way = new Set<EntryId>([id, ...[...ancestors(drives, id)].map((folder) => folder.id)]);
      const reaching = live()
        .filter(({ body }) => body.owner === record.body.owner && way.has(body.entry))
        .sort((left, right) => widest.indexOf(left.body.rights) - widest.indexOf(right.body.rights));
      const [best] = reaching;
      return best && of(best);
    },
    live,
    of,
    onChange(listener) {
      listeners.add(listener);
      for (const grant of live()) of(grant);
      return () => listeners.delete(listener);
    },
    stop() {
      unsubscribe();
      listeners.clear();
      for (const shared of opened.values()) shared.stop();
      opened.clear();
    },
  };
}

/** A user's own drive together with what was shared with them: each entry is where its id says. */
export function uniteDrives(tree: Tree, shared: SharedDrives, own: Drive): Drive {
  const { catalog } = tree;

  /** A view of a conflicting version has the version's id. */
  function entryOf(id: EntryId): EntryId {
    if (catalog.get('entry', id)) return id;
    const version = catalog.get('version', id)?.body;
    return version ? entryId(version.entry) : id;
  }

  function find(id: EntryId): { drive: Drive; tree: Tree } {
    const at = entryOf(id);
    const owner = catalog.get('entry', at)?.body?.owner;
    const found = owner === undefined || owner === tree.user ? undefined : shared.reaching(at);
    return found ?? { drive: own, tree };
  }

  const calls = forwardCalls((method, given) => {
    const named = entryNamed(method, given);
    return named === undefined ? own : find(named).drive;
  });
  /** The drives that others shared with the right to view, each once even where two grants open it. */
  function readable(): Tree[] {
    const trees = new Map<EntryId, Tree>();
    for (const grant of shared.live()) {
      const { entry, owner, rights } = grant.body;
      const isInside = [...ancestors(tree, entry)].some((folder) => trees.has(folder.id));
      const body = catalog.get('entry', entry)?.body;
      if (rights === 'upload' || body?.owner !== owner || trashedAtOf(tree, entry, body) !== null) continue;
      if (!isInside && !trees.has(entry)) trees.set(entry, shared.of(grant).tree);
    }
    return [...trees.values()];
  }

  return {
    ...calls,
    search: (query) => search([tree, ...readable()], query),
    async patch(id, change, ifMatch) {
      const from = find(id);
      if (change.parentId !== undefined && find(change.parentId).tree !== from.tree) {
        const sentence = 'Nothing can be moved from one drive into another: copy it instead.';
        throw new PeerstorError('forbidden', sentence);
      }
      return from.drive.patch(id, change, ifMatch);
    },
    async copy(id, parent, name) {
      const [from, to] = [find(id), find(parent)];
      if (from.tree === to.tree) return to.drive.copy(id, parent, name);
      requireRights(from.tree, 'view', 'edit');
      requireRights(to.tree, 'edit');
      return copy({ from: from.tree, to: to.tree }, id, parent, name);
    },
    onChange(listener) {
      const stops = [own.onChange(listener), shared.onChange(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

/** @throws `forbidden`; owners have every right */
function requireRights({ granted, grants }: Tree, ...enough: readonly GrantRights[]): void {
  const rights = granted && grants.get(granted.grant)?.body.rights;
  if (!granted || (rights && enough.includes(rights))) return;
  throw new PeerstorError('forbidden', 'What was shared with you does not allow that.');
}
