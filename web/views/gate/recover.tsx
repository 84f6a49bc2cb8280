import { useState } from 'preact/hooks';
import { backToLogin, recoverAccount } from '../../client/state.ts';
import { Field } from '../../components/form/field.tsx';
import { NewPasswordField } from '../../components/form/password-field.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { t } from '../../words/words.ts';
import { Gate } from './gate.tsx';

/** The way back in for somebody who forgot the password and has the 24 words. */
export function RecoverView() {
  const [username, setUsername] = useState('');
  const [words, setWords] = useState('');
  const [password, setPassword] = useState('');
  const [keepTokens, setKeepTokens] = useState(false);
  // As people write them down: numbered, in several lines, with capitals.
  const cleaned = words.toLowerCase().match(/[a-z]+/g) ?? [];
  const recover = async () => {
    if (cleaned.length !== 24)
      throw new Error(t('Enter all 24 words. These are {count}.', { count: cleaned.length }));
    await recoverAccount(username, cleaned.join(' '), password, keepTokens);
  };
  return (
    <Gate title={t('Reset your password')} wide>
      <p class="muted">
        {t('Enter the 24 recovery words that you wrote down when you created your account.')}
      </p>
      <SubmitForm submit={t('Set new password')} busy={t('Checking the words…')} onSubmit={recover}>
        <Field
          label={t('User name')}
          value={username}
          onInput={setUsername}
          autocomplete="username"
          required
          autofocus
        />
        <Field
          label={t('Recovery words')}
          type="multiline"
          value={words}
          onInput={setWords}
          required
          hint={t('{count} of 24 words entered. Separate them with spaces or new lines.', {
            count: cleaned.length,
          })}
        />
        <NewPasswordField label={t('New password')} value={password} onInput={setPassword} />
        <label class="check-line">
          <input
            type="checkbox"
            checked={keepTokens}
            onChange={(event) => setKeepTokens(event.currentTarget.checked)}
          />{' '}
          {t('Keep my access tokens')}
        </label>
        <p class="muted">
          {t(
            'Without this, access tokens for programs are revoked: somebody who knew your old password may have made one. Share links keep working. Once you are in, your settings list both.',
          )}
        </p>
      </SubmitForm>
      <button type="button" class="button" onClick={backToLogin}>
        {t('Back to sign in')}
      </button>
    </Gate>
  );
}
