import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface DialogProps {
  title: string;
  confirm: string;
  tone?: 'primary' | 'danger';
  busy?: boolean;
  onConfirm(): void;
  onClose(): void;
  children?: ComponentChildren;
}

/** A native modal dialog: top layer, Escape and return of focus come with it. */
export function Dialog({
  title,
  confirm,
  tone = 'primary',
  busy,
  onConfirm,
  onClose,
  children,
}: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  return (
    <dialog ref={ref} class="dialog" aria-labelledby="dialog-title" onClose={onClose}>
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
            Cancel
          </button>
          <button type="submit" class={`button ${tone}`} disabled={busy}>
            {confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}
