import { useState } from 'preact/hooks';
import type { BackupView } from '../../../src/model/backups/backup-views.ts';
import { backups, scheduleChange, scheduleFor, type When, whenOf } from '../../client/backups.ts';
import { DialogPanel } from '../../components/dialog.tsx';
import { Field } from '../../components/form/field.tsx';
import { Select } from '../../components/form/select.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { t, tLabels } from '../../words/words.ts';

const kinds = [
  { value: 'backup', label: 'Save it into the drive, again and again' },
  { value: 'sync', label: 'Keep both the same' },
  { value: 'mirror', label: 'Keep it as the drive is' },
  { value: 'adopt', label: 'Show it in the drive, and leave it where it is' },
] as const;
const whens = [
  { value: 'watch', label: 'When something changes' },
  { value: 'hourly', label: 'Every hour' },
  { value: 'daily', label: 'Daily at 3:00' },
  { value: 'by-hand', label: 'Only when I run it' },
] as const;
const asItIs = { value: 'as-it-is', label: 'As it is now' } as const;
const rules = [
  { value: 'trash', label: 'Goes to the trash of the drive' },
  { value: 'keep', label: 'Stays in the drive' },
  { value: 'mirror', label: 'Goes to the trash, with all that only the drive has' },
] as const;

const linesOf = (text: string) => text.split('\n').filter((line) => line.trim() !== '');

export function AddDialog({ onClose }: { onClose(): void }) {
  const [kind, setKind] = useState<BackupView['kind']>('backup');
  const [folder, setFolder] = useState('');
  const [target, setTarget] = useState('/Backups/');
  const choices = useChoices();
  const add = async () => {
    const { when, onDelete, exclude, pauseOn } = choices.chosen;
    const schedule = kind === 'backup' ? { onDelete, ...scheduleFor(when) } : {};
    await backups.add({ kind, folder, target, exclude: linesOf(exclude), pauseOn, ...schedule });
    onClose();
  };
  return (
    <DialogPanel title={t('Add a backup')} onClose={onClose}>
      <SubmitForm submit={t('Add it')} busy={t('Adding…')} onSubmit={add}>
        <Select
          label={t('What to do with the folder')}
          value={kind}
          options={tLabels(kinds)}
          onChange={setKind}
        />
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
        <Choices kind={kind} {...choices} />
      </SubmitForm>
    </DialogPanel>
  );
}

/** Changes one that is there: all but what it saves, and where to. */
export function BackupDialog({ backup, onClose }: { backup: BackupView; onClose(): void }) {
  const [name, setName] = useState(backup.name);
  const choices = useChoices(backup);
  const change = async () => {
    const { when, onDelete, exclude, pauseOn } = choices.chosen;
    const schedule = backup.kind === 'backup' ? { onDelete, ...scheduleChange(when) } : {};
    await backups.change(backup.id, { name, exclude: linesOf(exclude), pauseOn, ...schedule });
    onClose();
  };
  return (
    <DialogPanel title={t('Change “{name}”', { name: backup.name })} onClose={onClose}>
      <SubmitForm submit={t('Save')} busy={t('Saving…')} onSubmit={change}>
        <Field label={t('Name')} value={name} onInput={setName} required />
        <Choices kind={backup.kind} {...choices} />
      </SubmitForm>
    </DialogPanel>
  );
}

interface Chosen {
  when: When;
  onDelete: BackupView['onDelete'];
  exclude: string;
  pauseOn: BackupView['pauseOn'];
}

function useChoices(backup?: BackupView) {
  const [chosen, setChosen] = useState<Chosen>({
    when: backup ? whenOf(backup) : 'watch',
    onDelete: backup?.onDelete ?? 'trash',
    exclude: backup?.exclude.join('\n') ?? '',
    pauseOn: backup?.pauseOn ?? [],
  });
  const choose = (change: Partial<Chosen>) => setChosen({ ...chosen, ...change });
  return { chosen, choose, hasOther: backup !== undefined && whenOf(backup) === 'as-it-is' };
}

type ChoicesProps = ReturnType<typeof useChoices> & { kind: BackupView['kind'] };

function Choices({ kind, chosen, choose, hasOther }: ChoicesProps) {
  const { when, onDelete, exclude, pauseOn } = chosen;
  const setPause = (on: 'battery' | 'metered', isOn: boolean) =>
    choose({ pauseOn: isOn ? [...pauseOn, on] : pauseOn.filter((one) => one !== on) });
  return (
    <>
      {kind === 'backup' && (
        <>
          <Select
            label={t('When^backup')}
            value={when}
            options={tLabels(hasOther ? [...whens, asItIs] : whens)}
            onChange={(value) => choose({ when: value })}
          />
          <Select
            label={t('What is deleted in the folder')}
            value={onDelete}
            options={tLabels(rules)}
            onChange={(value) => choose({ onDelete: value })}
          />
        </>
      )}
      <Field
        label={t('Leave out')}
        type="multiline"
        value={exclude}
        onInput={(value) => choose({ exclude: value })}
        hint={t(
          'A pattern on each line, as in a .gitignore file. Caches and system files are left out anyway.',
        )}
      />
      <Check
        label={t('Wait while this machine runs on battery')}
        value={pauseOn.includes('battery')}
        onChange={(isOn) => setPause('battery', isOn)}
      />
      <Check
        label={t('Wait while the connection is metered')}
        value={pauseOn.includes('metered')}
        onChange={(isOn) => setPause('metered', isOn)}
      />
    </>
  );
}

function Check({ label, value, onChange }: { label: string; value: boolean; onChange(isOn: boolean): void }) {
  return (
    <label class="check-line">
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.currentTarget.checked)} />
      {label}
    </label>
  );
}
