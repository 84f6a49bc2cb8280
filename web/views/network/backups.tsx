import { useEffect, useState } from 'preact/hooks';
import type { BackupView } from '../../../src/model/backups/backup-views.ts';
import { backups, stateWords, whenWords } from '../../client/backups.ts';
import { say } from '../../client/messages.ts';
import { attempt, devices, healthRevision, refreshNetwork, user } from '../../client/state.ts';
import { formatAgo } from '../../client/words/format.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Icon } from '../../components/icon.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { deviceSaid, t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';
import { AddDialog, BackupDialog } from './backup-dialogs.tsx';
import { SnapshotsDialog } from './snapshots.tsx';

type Asking =
  | { kind: 'add' }
  | { kind: 'remove' | 'snapshots' | 'consent' | 'change' | 'import'; backup: BackupView }
  | null;

const runningPollMs = 1000;

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
      {asking?.kind === 'change' && <BackupDialog backup={asking.backup} onClose={close} />}
      {asking?.kind === 'snapshots' && <SnapshotsDialog backup={asking.backup} onClose={close} />}
      {asking?.kind === 'import' && (
        <ChangeDialog
          title={t('Import “{name}”?', { name: asking.backup.name })}
          confirm={t('Import')}
          onConfirm={() => backups.importAdopted(asking.backup.id)}
          onClose={close}
        >
          <p>
            {t('This device stores copies of its own. The folder is not needed any more then, and may go.')}
          </p>
        </ChangeDialog>
      )}
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
  const { id, kind, name, folder, target, lastRun, problem, state, needsConsent } = backup;
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
      {kind === 'backup' && (
        <button type="button" class="button" onClick={() => ask({ kind: 'snapshots', backup })}>
          {t('Snapshots…')}
        </button>
      )}
      {kind === 'adopt' && (
        <button type="button" class="button" onClick={() => ask({ kind: 'import', backup })}>
          {t('Import…')}
        </button>
      )}
      <button
        type="button"
        class="button"
        aria-label={t('Change the backup {name}', { name })}
        onClick={() => ask({ kind: 'change', backup })}
      >
        {t('Change…')}
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
