import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../../words/words.ts';
import { Field } from './field.tsx';
import { CurrentPasswordField, NewPasswordField } from './password-field.tsx';
import { SubmitForm } from './submit-form.tsx';

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
        <CurrentPasswordField label={t('Password')} value={password} onInput={setPassword} />
      )}
    </SubmitForm>
  );
}
