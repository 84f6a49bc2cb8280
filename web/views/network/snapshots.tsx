import { useId, useState } from 'preact/hooks';
import type { BackupView, SnapshotEntryView, SnapshotView } from '../../../src/model/backups/backup-views.ts';
import { backups, endOf } from '../../client/backups.ts';
import { say } from '../../client/messages.ts';
import { formatFullTime, formatSize } from '../../client/words/format.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { DialogPanel } from '../../components/dialog.tsx';
import { Field } from '../../components/form/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { deviceSaid, t } from '../../words/words.ts';
import { useList, useQuery } from '../use-query.ts';

interface SnapshotsProps {
  backup: BackupView;
  onClose(): void;
}

/** What a backup had at a time that is chosen, and how it comes back. */
export function SnapshotsDialog({ backup, onClose }: SnapshotsProps) {
  const list = useQuery(async () => (await backups.snapshots(backup.id)).items);
  const [restoring, setRestoring] = useState<{ at: SnapshotView; under: string } | null>(null);
  if (restoring) return <RestoreDialog backup={backup} {...restoring} onClose={() => setRestoring(null)} />;
  return (
    <DialogPanel title={t('Snapshots of “{name}”', { name: backup.name })} onClose={onClose}>
      {list.answer && list.answer.length > 0 ? (
        <SnapshotBrowser
          backup={backup}
          snapshots={list.answer}
          restore={(at, under) => setRestoring({ at, under })}
        />
      ) : (
        <Rows
          label={t('Snapshots')}
          count={list.answer?.length}
          error={list.error}
          empty={t('There is none yet.')}
        >
          {null}
        </Rows>
      )}
    </DialogPanel>
  );
}

interface BrowserProps {
  backup: BackupView;
  /** Newest first. */
  snapshots: readonly SnapshotView[];
  restore(at: SnapshotView, under: string): void;
}

function SnapshotBrowser({ backup, snapshots, restore }: BrowserProps) {
  const id = useId();
  const newest = snapshots.length - 1;
  /** Counted from the oldest: time runs to the right. */
  const [place, setPlace] = useState(newest);
  const [folder, setFolder] = useState('');
  const at = snapshots[newest - place] ?? snapshots[0];
  const listed = useList<SnapshotEntryView>(
    at ? (cursor, limit) => backups.inSnapshot(backup.id, at.id, { under: folder, cursor, limit }) : null,
    [at?.id, folder],
  );
  if (!at) return null;
  const names = folder.split('/').filter(Boolean);
  return (
    <>
      <div class="field">
        <label for={id}>{t('Time^snapshot')}</label>
        <input
          id={id}
          type="range"
          min={0}
          max={newest}
          value={place}
          disabled={newest === 0}
          aria-valuetext={formatFullTime(at.at)}
          onInput={(event) => setPlace(Number(event.currentTarget.value))}
        />
      </div>
      <p aria-live="polite">
        <strong>{formatFullTime(at.at)}</strong> ·{' '}
        {t('{count} {count|file|files}, {size}', { count: at.files, size: formatSize(at.bytes) })}
      </p>
      <div class="toolbar">
        <button
          type="button"
          class="button"
          disabled={folder === ''}
          onClick={() => setFolder(parentOf(folder))}
        >
          <Icon name="arrow-up" />
          {t('Up')}
        </button>
        <span class="grow ellipsis">/{names.join(' / ')}</span>
        <button type="button" class="button" onClick={() => restore(at, folder)}>
          {folder === '' ? t('Restore everything…') : t('Restore this folder…')}
        </button>
      </div>
      <Rows
        label={t('Files of the snapshot')}
        count={listed.items?.length}
        error={listed.error}
        empty={t('There is nothing here.')}
      >
        {listed.items?.map((entry) => (
          <EntryLine key={entry.path} entry={entry} open={setFolder} restore={(path) => restore(at, path)} />
        ))}
      </Rows>
      {listed.more && (
        <div>
          <button type="button" class="button" disabled={listed.loading} onClick={listed.loadMore}>
            {t('Show more')}
          </button>
        </div>
      )}
    </>
  );
}

interface EntryLineProps {
  entry: SnapshotEntryView;
  open(path: string): void;
  restore(path: string): void;
}

function EntryLine({ entry: { path, kind, size, modifiedAt }, open, restore }: EntryLineProps) {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (
    <Row
      icon={kind === 'folder' ? 'folder' : 'file'}
      title={
        kind === 'folder' ? (
          <button type="button" class="button quiet" onClick={() => open(path)}>
            {name}
          </button>
        ) : (
          name
        )
      }
      facts={kind === 'file' ? `${formatSize(size)} · ${formatFullTime(modifiedAt)}` : ''}
    >
      <button
        type="button"
        class="button"
        aria-label={t('Restore {name}', { name })}
        onClick={() => restore(path)}
      >
        {t('Restore…')}
      </button>
    </Row>
  );
}

interface RestoreProps {
  backup: BackupView;
  at: SnapshotView;
  under: string;
  onClose(): void;
}

function RestoreDialog({ backup, at, under, onClose }: RestoreProps) {
  const [to, setTo] = useState('');
  const [overwrite, setOverwrite] = useState(false);
  const restore = async () => {
    const wish = { at: at.id, under, overwrite, ...(to !== '' && { to }) };
    const run = await endOf(backup.id, await backups.restore(backup.id, wish));
    if (run.state === 'failed' || run.state === 'stopped') throw new Error(deviceSaid(run.sentence));
    say(deviceSaid(run.sentence));
  };
  return (
    <ChangeDialog
      title={under === '' ? t('Restore everything?') : t('Restore “{name}”?', { name: under })}
      confirm={t('Restore^backup')}
      onConfirm={restore}
      onClose={onClose}
    >
      <p>{t('As it was on {time}, on this device.', { time: formatFullTime(at.at) })}</p>
      <Field
        label={t('Folder that it goes to')}
        value={to}
        onInput={setTo}
        hint={t('Empty: back to its place, {folder}.', { folder: backup.folder })}
      />
      <label class="check-line">
        <input
          type="checkbox"
          checked={overwrite}
          onChange={(event) => setOverwrite(event.currentTarget.checked)}
        />
        {t('Replace files that were changed since')}
      </label>
    </ChangeDialog>
  );
}

function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}
