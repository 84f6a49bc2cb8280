import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../words/words.ts';
import { Dialog } from './dialog.tsx';

interface ChangeDialogProps {
  title: string;
  confirm?: string;
  tone?: 'primary' | 'danger';
  /** There is nothing to confirm yet. */
  disabled?: boolean;
  /** What it throws is shown as a sentence, and the dialog stays open. */
  /** `stay`: there is more to ask; else the dialog closes. */
  onConfirm(): Promise<unknown>;
  onClose(): void;
  children: ComponentChildren;
}

/** A dialog that closes when what it asks for was done. */
export function ChangeDialog({
  confirm = t('Save'),
  disabled,
  children,
  onConfirm,
  ...shown
}: ChangeDialogProps) {
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      if ((await onConfirm()) === 'stay') setBusy(false);
      else shown.onClose();
    } catch (cause) {
      setError((cause as Error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog {...shown} confirm={confirm} busy={busy || (disabled ?? false)} onConfirm={() => void run()}>
      {children}
      {error && (
        <p class="notice danger" role="alert">
          {error}
        </p>
      )}
    </Dialog>
  );
}
