import type { EntryView } from '../../../../src/model/api.ts';
import { clip } from '../../../client/drive/clipboard.ts';
import { previewOf } from '../../../client/drive/file-kinds.ts';
import { mayDo } from '../../../client/sharing.ts';
import type { MenuEntry } from '../../../components/context-menu.tsx';
import { t } from '../../../words/words.ts';
import { downloadAddress, type EntryActions } from './use-entry-actions.ts';

const line: MenuEntry = { kind: 'line' };

/** What can be done with the chosen entries; what would be refused is not offered. */
export function entryMenu(entries: readonly EntryView[], on: EntryActions): MenuEntry[] {
  const [entry] = entries;
  if (entry === undefined) return [];
  const single = entries.length === 1;
  const isFile = entry.kind === 'file';
  const may = mayDo(entry);
  const mayChange = entries.every((one) => mayDo(one).change);
  const mayTag = entries.every((one) => mayDo(one).tag);
  const isOwn = entries.every((one) => mayDo(one).share);
  const opens = !isFile || previewOf(entry) !== 'none';
  const run = (icon: ActionIcon, label: string, action: () => void, keys?: string): MenuEntry => ({
    kind: 'action',
    icon,
    label,
    run: action,
    ...(keys === undefined ? {} : { keys }),
  });
  const groups: MenuEntry[][] = [
    [
      ...(single && opens
        ? [run(isFile ? 'eye' : 'folder', t('Open^verb'), () => on.open(entry), 'Enter')]
        : []),
      single ? downloadLink(entry) : run('download', t('Download'), () => on.download(entries)),
      ...(single && may.share ? [run('share', t('Share'), () => on.share(entry))] : []),
      run('info', t('Details'), on.showDetails, 'Alt+Enter'),
    ],
    [
      ...(single && may.change ? [run('rename', t('Rename'), () => on.rename(entry), 'F2')] : []),
      ...(mayChange ? [run('move', t('Move to…'), () => on.transfer('move', entries))] : []),
      ...(mayChange ? [run('copy', t('Copy to…'), () => on.transfer('copy', entries))] : []),
      ...(mayChange ? [run('cut', t('Cut'), () => on.cut(entries), 'Ctrl+X')] : []),
      ...(mayChange ? [run('copy', t('Copy'), () => on.copy(entries), 'Ctrl+C')] : []),
    ],
    [
      ...(isOwn ? [starItem(entries, on)] : []),
      ...(mayTag ? [run('tag', t('Tags…'), () => on.tags(entries), 'Alt+Shift+T')] : []),
      ...(single && isFile && may.replace
        ? [run('upload', t('Upload a new version'), () => on.replace(entry))]
        : []),
    ],
    mayChange
      ? [
          {
            kind: 'action',
            icon: 'trash',
            label: t('Move to trash'),
            keys: 'Del',
            danger: true,
            run: () => on.trash(entries),
          },
        ]
      : [],
  ];
  return groups
    .filter((group) => group.length > 0)
    .flatMap((group, index) => (index === 0 ? group : [line, ...group]));
}

type ActionIcon = Extract<MenuEntry, { kind: 'action' }>['icon'];

function downloadLink(entry: EntryView): MenuEntry {
  return { kind: 'link', icon: 'download', label: t('Download'), href: downloadAddress(entry) };
}

function starItem(entries: readonly EntryView[], on: EntryActions): MenuEntry {
  const isStarred = entries.every(({ starred }) => starred);
  return {
    kind: 'action',
    icon: isStarred ? 'star-off' : 'star',
    label: isStarred ? t('Remove star') : t('Add star'),
    run: () => on.star(entries, !isStarred),
  };
}

/** The menu of the folder itself, where no entry was hit. */
export function folderMenu(folder: EntryView, on: EntryActions): MenuEntry[] {
  const may = mayDo(folder);
  const items: MenuEntry[] = [];
  if (may.makeFolder) {
    items.push({ kind: 'action', icon: 'folder-plus', label: t('New folder'), run: on.newFolder });
  }
  if (may.add) {
    items.push({ kind: 'action', icon: 'upload', label: t('Upload files'), run: on.uploadFiles });
    items.push({ kind: 'action', icon: 'folder-up', label: t('Upload folder'), run: on.uploadFolder });
  }
  if (may.add && clip.value !== null) {
    items.push({ kind: 'action', icon: 'paste', label: t('Paste'), keys: 'Ctrl+V', run: on.paste });
  }
  items.push({ kind: 'action', icon: 'check', label: t('Select all'), keys: 'Ctrl+A', run: on.selectAll });
  return items;
}
