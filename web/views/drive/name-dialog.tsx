import { useState } from 'preact/hooks';
import { api } from '../../client/api.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Field } from '../../components/form/field.tsx';
import { t } from '../../words/words.ts';

interface NewFolderProps {
  parentId: string;
  onClose(): void;
  onDone(): void;
}

export function NewFolderDialog({ parentId, onClose, onDone }: NewFolderProps) {
  const [name, setName] = useState('');
  const create = async () => {
    await api.createFolder(parentId, name);
    onDone();
  };
  return (
    <ChangeDialog title={t('New folder')} confirm={t('Create folder')} onConfirm={create} onClose={onClose}>
      <Field label={t('Name')} value={name} onInput={setName} required autofocus maxLength={255} />
    </ChangeDialog>
  );
}
