import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface SubmitFormProps {
  submit: string;
  /** On the button while the answer is on its way. */
  busy: string;
  tone?: 'primary' | 'danger' | 'quiet';
  /** What it throws is shown as a sentence. */
  onSubmit(): Promise<void>;
  children: ComponentChildren;
}

/** Fields, what went wrong, and the button that sends them. */
export function SubmitForm({ submit, busy, tone = 'primary', onSubmit, children }: SubmitFormProps) {
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    setError(null);
    try {
      await onSubmit();
    } catch (cause) {
      setError((cause as Error).message);
    }
    setBusy(false);
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {children}
      {error && (
        <p class="notice danger" role="alert">
          {error}
        </p>
      )}
      <button type="submit" class={`button ${tone}`} disabled={isBusy}>
        {isBusy ? busy : submit}
      </button>
    </form>
  );
}
