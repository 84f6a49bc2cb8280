/** The drive that a grant opens: limited to the rights of the grant, for as long as it is in force. */
import type { RightsView } from '../../model/api.ts';
import type { Drive, OpenContent } from '../../model/contracts/drive.ts';
import { type DriveCalls, driveMethods, forwardCalls } from '../../model/contracts/drive-methods.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId, type GrantId } from '../../model/ids.ts';
import { createDrive } from '../drive.ts';
import type { NetworkDrives } from '../tree/network-drives.ts';
import { isWithin, notFound, type Tree, trashedAtOf } from '../tree/tree.ts';
import { nameGiven } from './access/grant-drafts.ts';
import { type GrantHolder, openGrantedTree, type TreeParts } from './access/open-trees.ts';
import { boxView, drop, requireBox } from './drop-box.ts';
import type { Grant } from './grants/grants.ts';

export interface GrantedDrive {
  readonly id: GrantId;
  readonly tree: Tree;
  readonly drive: Drive;
  stop(): void;
}

type Listener = (ids: string[]) => void;

/** @param requireGrant the grant as it is now. @throws what the holder is to be told when it is over */
export function openGrantedDrive(
  parts: TreeParts,
  drives: NetworkDrives,
  grant: Grant,
  holder: GrantHolder,
  requireGrant: () => Grant,
): GrantedDrive {
  const tree = openGrantedTree(parts, drives, grant, holder);
  const listeners = new Set<Listener>();
  const unsubscribe = drives.onChange((changes) => {
    const isMine = changes.some(({ record }) => record.table === 'grant' && record.id === grant.id);
    if (isMine) tree.cache.keysChanged();
    const ids = [...tree.cache.apply(changes)].filter((id) => isInside(tree, id));
    if (isMine) ids.push(grant.body.entry);
    if (ids.length > 0) for (const listener of [...listeners]) listener(ids);
  });
  tree.cache.onRecount((ids) => {
    for (const listener of [...listeners]) listener(ids);
  });
  const whole = createDrive(tree, (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  });
  const box = dropBox(tree, () => nameGiven(requireGrant(), holder.opener));
  const rightsNow = () => {
    const { rights } = requireGrant().body;
    requireThere(tree);
    return rights;
  };
  const drive = withRights(whole, box, { rightsNow, mayGoOn: () => mayStillRead(drives, grant) });
  return {
    id: grant.id,
    tree,
    drive,
    stop() {
      unsubscribe();
      listeners.clear();
      tree.cache.close();
    },
  };
}

/** Refuses an entry that its owner deleted or put into the trash. */
function requireThere(tree: Tree): void {
  const body = tree.catalog.get('entry', tree.root)?.body;
  if (!body || body.owner !== tree.user) throw notFound();
  if (trashedAtOf(tree, tree.root, body) === null) return;
  throw new PeerstorError('gone', 'This was put into the trash by its owner.');
}

function isInside(tree: Tree, id: string): boolean {
  return /^[0-9a-f]{32}$/.test(id) && isWithin(tree, entryId(id), tree.root);
}

/** A running download continues when its grant expires or is used up, and stops when the grant is revoked. */
function mayStillRead({ grants }: NetworkDrives, { id }: Grant): boolean {
  const body = grants.get(id)?.body;
  return body !== undefined && !body.revoked && body.rights !== 'upload';
}

function readWhile(content: OpenContent, mayGoOn: () => boolean): OpenContent {
  async function* whileAllowed(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const piece of pieces) {
      if (!mayGoOn()) throw new PeerstorError('gone', 'This was taken back while it was read.');
      yield piece;
    }
  }
  // A range that is not in the file is refused at once, not at the first piece.
  return { ...content, read: (range, signal) => whileAllowed(content.read(range, signal)) };
}

/** @param now.rightsNow asked at every call: the owner may change them, or take them back */
function withRights(
  whole: Drive,
  box: DriveCalls,
  { rightsNow, mayGoOn }: { rightsNow: () => RightsView; mayGoOn: () => boolean },
): Drive {
  const calls = forwardCalls((method) => {
    const rights = rightsNow();
    if (rights === 'upload') return box;
    const { needs } = driveMethods[method];
    if (needs === 'view' || (needs === 'edit' && rights === 'edit')) return whole;
    throw new PeerstorError(
      'forbidden',
      needs === 'edit' ? 'You may look at this, not change it.' : 'Only the owner of this drive may do that.',
    );
  });
  return {
    ...calls,
    open: async (id, version) => readWhile(await calls.open(id, version), mayGoOn),
    onChange: (listener) => whole.onChange(listener),
  };
}

function dropBox(tree: Tree, name: () => string): DriveCalls {
  const closed = () => {
    throw new PeerstorError(
      'forbidden',
      'This is a drop box: you can add files to it, and see nothing in it.',
    );
  };
  const box = async (id: EntryId = tree.root) => (id === tree.root ? boxView(tree, name()) : closed());
  const boxAt = (names: readonly string[], from?: EntryId) => (names.length === 0 ? box(from) : closed());
  return {
    ...forwardCalls(closed),
    root: () => box(),
    entry: box,
    resolve: async (names, from) => boxAt(names, from),
    ensureFolder: async (names, from) => boxAt(names, from),
    ownerForUploads: async (parent) => {
      requireBox(tree, parent);
      return tree.user;
    },
    upload: (parent, file, content, options) => drop(tree, parent, file, content, options),
  };
}
