import { useState } from 'preact/hooks';
import { api } from '../../client/api.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Field } from '../../components/form/field.tsx';

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
    <ChangeDialog title="New folder" confirm="Create folder" onConfirm={create} onClose={onClose}>
      <Field label="Name" value={name} onInput={setName} required autofocus maxLength={255} />
    </ChangeDialog>
  );
}
