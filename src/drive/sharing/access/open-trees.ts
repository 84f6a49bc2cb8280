/** Opens trees: a user's own with their keys, or a granted one with the grantee's secret. */
import { hkdf, type SigningKey } from '../../../crypto/index.ts';
import type { Clock, Random } from '../../../model/clock.ts';
import type { SealedFiles } from '../../../model/contracts/files/sealed-files.ts';
import type { MediaMaker } from '../../../model/contracts/media/media-maker.ts';
import type { ChunkNetwork } from '../../../model/contracts/replication.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { toHex } from '../../../model/ids.ts';
import type { Tunables } from '../../../model/limits.ts';
import type { Log } from '../../../model/log.ts';
import type { EntryBody } from '../../../model/records.ts';
import { contentKeys } from '../../content/index.ts';
import { type KeyTreeTop, oldKeysIn } from '../../keys/key-tree.ts';
import { openName, openWithAny, unwrapForOwner, unwrapKey, wrapKey } from '../../keys/sealed-parts.ts';
import type { UserKeys } from '../../keys/user-keys.ts';
import type { NetworkDrives } from '../../tree/network-drives.ts';
import type { RecordAges } from '../../tree/record-ages.ts';
import type { TrashAges } from '../../tree/trash-ages.ts';
import type { Tree } from '../../tree/tree.ts';
import { createTreeCache } from '../../tree/tree-cache.ts';
import { grantedBy } from '../grants/granted.ts';
import type { Grant } from '../grants/grants.ts';
import { keysGiven, type Opener } from './grant-drafts.ts';

const indexNameBytes = 16;
const noContext = new Uint8Array(0);

export interface TreeParts {
  trashAges: TrashAges;
  recordAges: RecordAges;
  network(): ChunkNetwork | undefined;
  media: MediaMaker | undefined;
  files: SealedFiles;
  clock: Clock;
  random: Random;
  tunables: Tunables;
  log: Log;
}

/** Who holds a grant, and with what. */
export interface GrantHolder {
  readonly opener: Opener;
  readonly signer: SigningKey;
  readonly dedupeSecret: Uint8Array;
}

export function openOwnTree(parts: TreeParts, drives: NetworkDrives, keys: UserKeys): Tree {
  const { user, root, rootEntryKey, sealingSecret, dedupeSecret, signing: signer } = keys;
  const top: KeyTreeTop = {
    id: root,
    mayRenew: true,
    keyIn: (body) => unwrapKey(rootEntryKey, body.wrappedKey),
    openDropped: (wrapped) => unwrapForOwner(sealingSecret, wrapped),
  };
  const own = {
    wrapTop: (key: Uint8Array) => wrapKey(rootEntryKey, key),
    notesKey: hkdf(rootEntryKey, 'grant-notes/1'),
    albumsKey: hkdf(rootEntryKey, 'albums/1'),
    index: {
      name: toHex(hkdf(rootEntryKey, 'search-index-name/1', noContext, indexNameBytes)),
      key: hkdf(rootEntryKey, 'search-index/1'),
    },
  };
  const whose = { user, root, signer, granted: undefined, own };
  return assembled(parts, drives, { ...whose, dedupeSecret, top });
}

export function openGrantedTree(
  parts: TreeParts,
  drives: NetworkDrives,
  { id, body: grant }: Grant,
  { opener, signer, dedupeSecret }: GrantHolder,
): Tree {
  const { catalog, grants } = drives;
  const { entry: root, owner: user } = grant;

  /** What the grant gives now, and what the granted entry had before. */
  function keys(): Uint8Array[] {
    const now = grants.get(id);
    const given = now ? keysGiven(now, opener) : [];
    const heads = catalog.heads('entry', root).flatMap((head) => head.body ?? []);
    return [...given, ...heads.flatMap((head) => given.flatMap((key) => oldKeysIn(key, head)))];
  }
  const top: KeyTreeTop = {
    id: root,
    mayRenew: false,
    // A name is always sealed under its record's own key, so it tells which one that is.
    keyIn: (body: EntryBody) =>
      openWithAny(keys(), (key) => {
        openName(key, body.name);
        return key;
      }),
    openDropped() {
      throw new PeerstorError('forbidden', 'This was dropped for the owner of the drive alone.');
    },
  };
  const whose = { user, root, signer, granted: grantedBy(id, grant), own: undefined };
  return assembled(parts, drives, { ...whose, dedupeSecret, top });
}

function assembled(
  { network, trashAges, recordAges, media, files, clock, random, tunables, log }: TreeParts,
  { catalog, grants, quotas, locksOf }: NetworkDrives,
  {
    dedupeSecret,
    top,
    ...whose
  }: Pick<Tree, 'user' | 'root' | 'signer' | 'granted' | 'own'> & {
    dedupeSecret: Uint8Array;
    top: KeyTreeTop;
  },
): Tree {
  return {
    ...whose,
    contentKeys: contentKeys(dedupeSecret),
    catalog,
    get network() {
      const ready = network();
      if (ready) return ready;
      throw new PeerstorError('not-ready', 'This device is still starting; try again in a moment.', {
        details: { retryAfterS: 1 },
      });
    },
    cache: createTreeCache({ catalog, user: whose.user, top, log }),
    locks: locksOf(whose.user),
    grants,
    quotas,
    trashAges,
    recordAges,
    media,
    files,
    clock,
    random,
    tunables,
    log,
  };
}
