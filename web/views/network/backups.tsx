import { useEffect, useState } from 'preact/hooks';
import type { BackupView } from '../../../src/model/backups/backup-views.ts';
import { backups, scheduleFor, stateWords, type When, whenWords } from '../../client/backups.ts';
import { attempt, devices, healthRevision, refreshNetwork, say, user } from '../../client/state.ts';
import { formatAgo, formatFullTime, formatSize } from '../../client/words/format.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { DialogPanel } from '../../components/dialog.tsx';
import { Field } from '../../components/form/field.tsx';
import { Select } from '../../components/form/select.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { Icon } from '../../components/icon.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { deviceSaid, t, tLabels, tParts } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

type Asking = { kind: 'add' } | { kind: 'remove' | 'snapshots' | 'consent'; backup: BackupView } | null;

const runningPollMs = 1000;
const whens = [
  { value: 'watch', label: 'When something changes' },
  { value: 'hourly', label: 'Every hour' },
  { value: 'daily', label: 'Daily at 3:00' },
  { value: 'by-hand', label: 'Only when I run it' },
] as const;
const rules = [
  { value: 'trash', label: 'Goes to the trash of the drive' },
  { value: 'keep', label: 'Stays in the drive' },
  { value: 'mirror', label: 'Goes to the trash, with all that only the drive has' },
] as const;

/** The folders of the device that serves this page which are saved into the drive again and again. */
export function BackupsView() {
  const list = useQuery(async () => (await backups.list()).items, [], healthRevision.value);
  const [asking, setAsking] = useState<Asking>(null);
  useEffect(() => void refreshNetwork(), []);
  const isRunning = list.answer?.some(({ state }) => state === 'running') ?? false;
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => void list.reload(), runningPollMs);
    return () => clearInterval(timer);
  }, [isRunning]);
  const act = async (work: () => Promise<unknown>, done?: string) => {
    if (!(await attempt(async () => void (await work())))) return;
    if (done) say(done);
    await list.reload();
  };
  const close = () => {
    setAsking(null);
    void list.reload();
  };
  const device = devices.value.find(({ self }) => self)?.name ?? t('this device');
  return (
    <>
      <div class="toolbar">
        <h1 class="grow">{t('Backups')}</h1>
        {user.value?.role === 'admin' && (
          <button type="button" class="button primary" onClick={() => setAsking({ kind: 'add' })}>
            <Icon name="plus" />
            {t('Add a backup')}
          </button>
        )}
      </div>
      <p class="muted">
        {t('Folders of {device} that are saved into your drive. Each device has its own backups.', {
          device,
        })}
      </p>
      <Rows
        label={t('Backups')}
        count={list.answer?.length}
        error={list.error}
        empty={t('Nothing of {device} is backed up.', { device })}
      >
        {list.answer?.map((backup) => (
          <BackupRow key={backup.id} backup={backup} ask={setAsking} act={act} />
        ))}
      </Rows>
      {asking?.kind === 'add' && <AddDialog onClose={close} />}
      {asking?.kind === 'snapshots' && <SnapshotsDialog backup={asking.backup} onClose={close} />}
      {asking?.kind === 'remove' && (
        <ChangeDialog
          title={t('Remove the backup “{name}”?', { name: asking.backup.name })}
          confirm={t('Remove')}
          tone="danger"
          onConfirm={() => backups.remove(asking.backup.id)}
          onClose={close}
        >
          <p>{t('The folder is not saved any more. What was saved stays in the drive.')}</p>
        </ChangeDialog>
      )}
      {asking?.kind === 'consent' && (
        <ChangeDialog
          title={t('Is this loss right?')}
          confirm={t('It is right: go on')}
          tone="danger"
          onConfirm={async () => void (await backups.setPaused(asking.backup.id, false))}
          onClose={close}
        >
          <p class="notice danger">{deviceSaid(asking.backup.problem ?? '')}</p>
          <p>{t('Earlier versions stay in the snapshots, and what is deleted goes to the trash.')}</p>
        </ChangeDialog>
      )}
    </>
  );
}

interface BackupRowProps {
  backup: BackupView;
  ask(asking: Asking): void;
  act(work: () => Promise<unknown>, done?: string): Promise<void>;
}

function BackupRow({ backup, ask, act }: BackupRowProps) {
  const { id, name, folder, target, lastRun, problem, state, needsConsent } = backup;
  const { label, tone } = stateWords(backup);
  const last = lastRun ? `${formatAgo(lastRun.startedAt)}: ${deviceSaid(lastRun.sentence)}` : '';
  return (
    <Row
      icon="folder-up"
      title={
        <>
          <strong>{name}</strong> <span class={`badge ${tone}`}>{label}</span>
        </>
      }
      facts={
        <>
          {folder} → {target.path ?? t('a folder that is gone')} · {whenWords(backup)}
          {last && <div>{last}</div>}
          {problem && problem !== lastRun?.sentence && <div class="danger">{deviceSaid(problem)}</div>}
        </>
      }
    >
      {needsConsent ? (
        <button type="button" class="button danger" onClick={() => ask({ kind: 'consent', backup })}>
          {t('Look at it…')}
        </button>
      ) : (
        <>
          <button
            type="button"
            class="button"
            disabled={state !== 'idle'}
            onClick={() => void act(() => backups.run(id))}
          >
            {t('Run now')}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => void act(() => backups.setPaused(id, state !== 'paused'))}
          >
            {state === 'paused' ? t('Resume^backup') : t('Pause^backup')}
          </button>
        </>
      )}
      <button type="button" class="button" onClick={() => ask({ kind: 'snapshots', backup })}>
        {t('Snapshots…')}
      </button>
      <button
        type="button"
        class="button quiet icon-only"
        aria-label={t('Remove the backup {name}', { name })}
        onClick={() => ask({ kind: 'remove', backup })}
      >
        <Icon name="trash" />
      </button>
    </Row>
  );
}

function AddDialog({ onClose }: { onClose(): void }) {
  const [folder, setFolder] = useState('');
  const [target, setTarget] = useState('/Backups/');
  const [when, setWhen] = useState<When>('watch');
  const [onDelete, setOnDelete] = useState<BackupView['onDelete']>('trash');
  const [exclude, setExclude] = useState('');
  const add = async () => {
    const patterns = exclude.split('\n').filter((line) => line.trim() !== '');
    await backups.add({ folder, target, onDelete, exclude: patterns, ...scheduleFor(when) });
    onClose();
  };
  return (
    <DialogPanel title={t('Add a backup')} onClose={onClose}>
      <SubmitForm submit={t('Add it')} busy={t('Adding…')} onSubmit={add}>
        <Field
          label={t('Folder on this device')}
          value={folder}
          onInput={setFolder}
          required
          autofocus
          hint={t('The whole path, such as /home/anna/Documents.')}
        />
        <Field
          label={t('Folder in the drive')}
          value={target}
          onInput={setTarget}
          required
          hint={t('It is made.')}
        />
        <Select label={t('When^backup')} value={when} options={tLabels(whens)} onChange={setWhen} />
        <Select
          label={t('What is deleted in the folder')}
          value={onDelete}
          options={tLabels(rules)}
          onChange={setOnDelete}
        />
        <Field
          label={t('Leave out')}
          type="multiline"
          value={exclude}
          onInput={setExclude}
          hint={t(
            'A pattern on each line, as in a .gitignore file. Caches and system files are left out anyway.',
          )}
        />
      </SubmitForm>
    </DialogPanel>
  );
}

function SnapshotsDialog({ backup, onClose }: { backup: BackupView; onClose(): void }) {
  const list = useQuery(async () => (await backups.snapshots(backup.id)).items);
  return (
    <DialogPanel title={t('Snapshots of “{name}”', { name: backup.name })} onClose={onClose}>
      <Rows
        label={t('Snapshots')}
        count={list.answer?.length}
        error={list.error}
        empty={t('There is none yet.')}
      >
        {list.answer?.map(({ id, at, files, bytes }) => (
          <Row
            key={id}
            icon="clock"
            title={formatFullTime(at)}
            facts={t('{count} {count|file|files}, {size}', { count: files, size: formatSize(bytes) })}
          />
        ))}
      </Rows>
      <p class="hint">
        {tParts('To bring one back, run on {name}: {command}', {
          name: devices.value.find(({ self }) => self)?.name ?? t('this device'),
          command: (
            <code>
              peerstor backup restore {backup.name} / FOLDER --at {list.answer?.[0]?.id ?? 'TIME'}
            </code>
          ),
        })}
      </p>
    </DialogPanel>
  );
}
