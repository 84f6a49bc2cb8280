import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../../words/words.ts';
import { Field } from './field.tsx';
import { SubmitForm } from './submit-form.tsx';

const passwordLengthMin = 8;

interface CredentialsFormProps {
  submit: string;
  busy: string;
  /** A password is chosen, not asked for. */
  newAccount?: boolean;
  onSubmit(username: string, password: string): Promise<void>;
  /** Fields above name and password. */
  children?: ComponentChildren;
}

/** Name and password: to sign in, or of a new account. */
export function CredentialsForm({ submit, busy, newAccount, onSubmit, children }: CredentialsFormProps) {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  return (
    <SubmitForm submit={submit} busy={busy} onSubmit={() => onSubmit(username, password)}>
      {children}
      <Field
        label={t('User name')}
        value={username}
        onInput={setUsername}
        autocomplete="username"
        required
        autofocus
        maxLength={64}
      />
      {newAccount ? (
        <NewPasswordField label={t('Password')} value={password} onInput={setPassword} />
      ) : (
        <Field
          label={t('Password')}
          type="password"
          value={password}
          onInput={setPassword}
          autocomplete="current-password"
          required
        />
      )}
    </SubmitForm>
  );
}

interface NewPasswordProps {
  label: string;
  value: string;
  onInput(value: string): void;
}

export function NewPasswordField(props: NewPasswordProps) {
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
