import { useId, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

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
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // On plain http browsers have no clipboard for us: the old way works on a selection.
      input.current?.select();
      document.execCommand('copy');
    }
    setCopied(true);
  };
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
        <button type="button" class="button" onClick={() => void copy()}>
          <Icon name={copied ? 'check' : 'copy'} />
          <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
        </button>
      </div>
    </div>
  );
}
