/**
 * A drop box: a folder to which a grantee may only add files. The grantee sees nothing of it, not even
 * whether a name is taken, and cannot open their own uploads: each file's key is sealed for the owner alone.
 */
import type { EntryView, SafetyView } from '../../model/api.ts';
import type { Draft } from '../../model/contracts/catalog.ts';
import type { UploadOptions, UploadOutcome, UploadSource } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId, VersionId } from '../../model/ids.ts';
import { writeContent } from '../content/index.ts';
import { isLive } from '../keys/live.ts';
import { sealName, wrapForOwner } from '../keys/sealed-parts.ts';
import { sealingKeyOf } from '../keys/user-keys.ts';
import { type Content, versionDraft } from '../tree/entry-drafts.ts';
import { whose } from '../tree/entry-view.ts';
import { checkName } from '../tree/listing/names.ts';
import { author, newEntryId, newEntryKey, notFound, type Tree, trashedAtOf } from '../tree/tree.ts';
import { listedSafety } from '../uploads/listed-safety.ts';
import { checkOptions, defaultMime } from '../uploads/uploads.ts';
import { within } from '../users/quota/quotas.ts';

/** @throws `not-found` for any folder but the box itself, `gone` when that is in the trash, and as `upload` */
export async function drop(
  tree: Tree,
  parent: EntryId,
  name: string,
  content: UploadSource,
  options: UploadOptions,
): Promise<UploadOutcome> {
  checkName(name);
  checkOptions(options);
  if (options.ifMatch !== undefined && options.ifMatch !== 'none') {
    throw new PeerstorError('precondition-failed', 'What is in a drop box cannot be changed from outside.');
  }
  requireBox(tree, parent);
  const { signal, copies = 'safe', waitMs = tree.tunables.safeWaitMs } = options;
  const reservation = await tree.quotas.reserve(tree.user, options.sizeHint ?? 0);
  const session = tree.network.beginUpload();
  const upload = reservation.watch(session);
  try {
    const key = newEntryKey(tree);
    const written = await writeContent({
      ...within(reservation, content),
      keys: tree.contentKeys,
      entryKey: key,
      upload,
      ...(signal && { signal }),
    });
    const safety = await upload.settle(copies, waitMs, signal);
    const mime = options.mime ?? defaultMime;
    const modifiedAt = options.modifiedAtMs ?? tree.clock.wallMs();
    const dropped = await dropDrafts(tree, name, key, { ...written, mime, modifiedAt });
    requireBox(tree, parent);
    signal?.throwIfAborted();
    await author(tree, dropped.drafts);
    reservation.listed();
    const listed = await listedSafety(tree, safety, options);
    return {
      entry: droppedView(tree, { ...dropped, name, safety: listed, size: written.size }, mime, modifiedAt),
      created: true,
    };
  } catch (cause) {
    if (!signal?.aborted) throw cause;
    throw new PeerstorError('aborted', 'The upload was cancelled; nothing of it was dropped.', { cause });
  } finally {
    reservation.release();
    upload.close();
  }
}

/** What is shown of the box itself. */
export function boxView(tree: Tree, name: string): EntryView {
  const { createdAt } = requireBox(tree, tree.root);
  const at = new Date(createdAt).toISOString();
  return {
    ...nothing,
    id: tree.root,
    kind: 'folder',
    name,
    createdAt: at,
    modifiedAt: at,
    version: tree.root,
    ...whose(tree),
  };
}

/** @throws `not-found` for any folder but the box itself, `gone` when that is in the trash */
export function requireBox(tree: Tree, id: EntryId) {
  const record = tree.catalog.get('entry', tree.root);
  if (id !== tree.root || !isLive(record) || record.body.owner !== tree.user) throw notFound();
  if (trashedAtOf(tree, tree.root, record.body) === null) return record.body;
  throw new PeerstorError('gone', 'This drop box is not there any more.');
}

async function dropDrafts(
  tree: Tree,
  name: string,
  key: Uint8Array,
  content: Content,
): Promise<{ id: EntryId; version: VersionId; drafts: Draft[] }> {
  const sealingKey = sealingKeyOf(tree.catalog, tree.user);
  if (!sealingKey) throw new PeerstorError('not-ready', 'The owner of this drop box is not known here yet.');
  const id = newEntryId(tree);
  const entry: Draft<'entry'> = {
    table: 'entry',
    id,
    body: {
      kind: 'file',
      owner: tree.user,
      parent: tree.root,
      name: sealName(key, name),
      wrappedKey: await wrapForOwner(sealingKey, key),
      wrappedFor: 'owner',
      keyVersion: 1,
      // Their device gives it one; the key opens wherever it is.
      fallback: null,
      createdAt: tree.clock.wallMs(),
      trashedAt: null,
    },
  };
  const version = versionDraft(tree, { id, key }, content, []);
  return { id, version: version.id, drafts: [entry, version.draft] };
}

const nothing = {
  totalSize: null,
  totalCount: null,
  parentId: null,
  size: 0,
  mime: null,
  executable: false,
  tags: [],
  starred: false,
  trashedAt: null,
  safety: null,
  thumbnail: null,
  media: null,
};

/** The answer to the uploader; the entry is not shown to them again. */
function droppedView(
  tree: Tree,
  dropped: { id: EntryId; version: VersionId; name: string; size: number; safety: SafetyView },
  mime: string,
  modifiedAtMs: number,
): EntryView {
  const { id, version, name, size, safety } = dropped;
  const createdAt = new Date(tree.clock.wallMs()).toISOString();
  const modifiedAt = new Date(modifiedAtMs).toISOString();
  const view = { ...nothing, id, name, size, mime, createdAt, modifiedAt, version, safety };
  return { ...view, kind: 'file', ...whose(tree) };
}
