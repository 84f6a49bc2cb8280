import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../words/words.ts';
import { Icon } from './icon.tsx';

interface DialogProps {
  title: string;
  confirm: string;
  tone?: 'primary' | 'danger';
  busy?: boolean;
  onConfirm(): void;
  onClose(): void;
  children?: ComponentChildren;
}

/** A question in a dialog, with one thing to do and a way out. */
export function Dialog({
  title,
  confirm,
  tone = 'primary',
  busy,
  onConfirm,
  onClose,
  children,
}: DialogProps) {
  return (
    <DialogFrame onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
        }}
      >
        <h2 id="dialog-title">{title}</h2>
        {children}
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t('Cancel')}
          </button>
          <button type="submit" class={`button ${tone}`} disabled={busy}>
            {confirm}
          </button>
        </div>
      </form>
    </DialogFrame>
  );
}

interface PanelProps {
  title: string;
  onClose(): void;
  children: ComponentChildren;
}

/** A dialog with several things to do, each with a button of its own. */
export function DialogPanel({ title, onClose, children }: PanelProps) {
  return (
    <DialogFrame onClose={onClose}>
      <div class="dialog-body">
        <header class="toolbar">
          <h2 id="dialog-title" class="grow">
            {title}
          </h2>
          <button type="button" class="button quiet icon-only" aria-label={t('Close')} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </DialogFrame>
  );
}

/** A native modal dialog: top layer, Escape and return of focus come with it. */
function DialogFrame({ onClose, children }: { onClose(): void; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  return (
    <dialog ref={ref} class="dialog" aria-labelledby="dialog-title" onClose={onClose}>
      {children}
    </dialog>
  );
}
