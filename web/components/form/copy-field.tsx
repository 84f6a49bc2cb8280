import { useId, useRef, useState } from 'preact/hooks';
import { t } from '../../words/words.ts';
import { Icon } from '../icon.tsx';

interface CopyFieldProps {
  label: string;
  text: string;
  /** What it is stands beside it already: the label is only heard. */
  bare?: boolean;
}

/** A text to take along, with a button that copies it. */
export function CopyField({ label, text, bare }: CopyFieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  return (
    <div class="field">
      <label for={id} class={bare ? 'visually-hidden' : ''}>
        {label}
      </label>
      <div class="copy">
        <input
          ref={input}
          id={id}
          type="text"
          readOnly
          value={text}
          onFocus={(event) => event.currentTarget.select()}
        />
        <CopyButton text={text} />
      </div>
    </div>
  );
}

export function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(text);
    setCopied(true);
  };
  return (
    <button type="button" class="button" onClick={() => void copy()}>
      <Icon name={copied ? 'check' : 'copy'} />
      <span aria-live="polite">{copied ? t('Copied') : t('Copy')}</span>
    </button>
  );
}

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // On plain http browsers have no clipboard for us: the old way works on a selection.
    const focused = document.activeElement;
    const field = document.createElement('textarea');
    field.value = text;
    field.readOnly = true;
    // A modal dialog keeps everything outside of it from being selected.
    (focused?.closest('dialog') ?? document.body).append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
