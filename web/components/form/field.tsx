import { useId } from 'preact/hooks';

type AutoFill = 'off' | 'username' | 'current-password' | 'new-password' | 'one-time-code';

interface FieldProps {
  label: string;
  value: string;
  onInput(value: string): void;
  type?: 'text' | 'password' | 'time' | 'date' | 'multiline';
  hint?: string;
  autocomplete?: AutoFill;
  inputMode?: 'numeric' | 'decimal' | 'text';
  required?: boolean;
  autofocus?: boolean;
  minLength?: number;
  maxLength?: number;
  /** Selects this many characters at the start: the name without its ending. */
  selectFirst?: number;
  /** Values that are offered while one types. */
  suggestions?: readonly string[];
}

/** A labelled text field with an optional hint that screen readers read with it. */
export function Field({
  label,
  value,
  onInput,
  type = 'text',
  hint,
  selectFirst,
  autofocus,
  suggestions = [],
  ...rest
}: FieldProps) {
  const id = useId();
  const focusOnce = (element: HTMLInputElement | HTMLTextAreaElement | null) => {
    if (!element || !autofocus || element.dataset.focused) return;
    element.dataset.focused = 'yes';
    element.focus();
    if (selectFirst !== undefined) element.setSelectionRange(0, selectFirst);
  };
  const shared = {
    ...rest,
    id,
    value,
    ...(suggestions.length > 0 && { list: `${id}-list` }),
    'aria-describedby': hint ? `${id}-hint` : undefined,
    ref: focusOnce,
    onInput: (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
      onInput(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === 'password' && <input {...shared} type="password" />}
      {type === 'time' && <input {...shared} type="time" />}
      {type === 'date' && <input {...shared} type="date" />}
      {type === 'text' && <input {...shared} type="text" />}
      {suggestions.length > 0 && (
        <datalist id={`${id}-list`}>
          {suggestions.map((suggestion) => (
            <option key={suggestion} value={suggestion} />
          ))}
        </datalist>
      )}
      {type === 'multiline' && <textarea {...shared} rows={4} />}
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
