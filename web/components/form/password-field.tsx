/** Fields for the password that somebody has, and for one that they choose. */
import { t } from '../../words/words.ts';
import { Field } from './field.tsx';

const passwordLengthMin = 8;

interface PasswordProps {
  label: string;
  value: string;
  onInput(value: string): void;
}

export function CurrentPasswordField(props: PasswordProps) {
  return <Field {...props} type="password" autocomplete="current-password" required />;
}

export function NewPasswordField(props: PasswordProps) {
  return (
    <Field
      {...props}
      type="password"
      autocomplete="new-password"
      required
      minLength={passwordLengthMin}
      hint={t(
        'At least 8 characters. It encrypts your keys: without it or your recovery words, nobody can open your files.',
      )}
    />
  );
}
