import { useId } from 'preact/hooks';

interface SelectProps<Value extends string> {
  label: string;
  /** What it is stands beside it already: the label is only heard. */
  bare?: boolean;
  value: Value;
  options: readonly { value: NoInfer<Value>; label: string }[];
  onChange(value: NoInfer<Value>): void;
}

/** A labelled choice of one. */
export function Select<Value extends string>({ label, bare, value, options, onChange }: SelectProps<Value>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id} class={bare ? 'visually-hidden' : ''}>
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value as Value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}
