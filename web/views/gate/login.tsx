import { useState } from 'preact/hooks';
import { arePasskeysPossible } from '../../client/passkeys.ts';
import { ApiError } from '../../client/request.ts';
import { forgotPassword, setupState, signIn, signInByPasskey } from '../../client/state.ts';
import { CredentialsForm } from '../../components/form/credentials-form.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { t } from '../../words/words.ts';
import { CodeField } from '../account/totp.tsx';
import { Gate } from './gate.tsx';
import { PlainHttpWarning } from './plain-http.tsx';

export function LoginView() {
  const name = setupState.value?.deviceName ?? t('this device');
  /** Name and password that are right, while the code is asked for. */
  const [known, setKnown] = useState<[username: string, password: string] | null>(null);
  const [code, setCode] = useState('');
  const submit = async (username: string, password: string) => {
    try {
      await signIn(username, password);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'totp-required') throw error;
      setKnown([username, password]);
    }
  };
  if (known) {
    return (
      <Gate title={t('Sign in')}>
        <p class="muted">{t('Your account asks for a code from your authenticator app, too.')}</p>
        <SubmitForm submit={t('Sign in')} busy={t('Signing in…')} onSubmit={() => signIn(...known, code)}>
          <CodeField value={code} onInput={setCode} />
        </SubmitForm>
        <button type="button" class="button quiet" onClick={() => setKnown(null)}>
          {t('Back')}
        </button>
        <button type="button" class="button quiet" onClick={forgotPassword}>
          {t('Lost the phone? Use your recovery words')}
        </button>
      </Gate>
    );
  }
  return (
    <Gate title={t('Sign in')}>
      <PlainHttpWarning />
      <p class="muted">{t('Signing in on {name}. All your devices show the same drive.', { name })}</p>
      <CredentialsForm submit={t('Sign in')} busy={t('Signing in…')} onSubmit={submit} />
      {arePasskeysPossible() && (
        <SubmitForm
          submit={t('Use a passkey')}
          tone="quiet"
          busy={t('Waiting for your passkey…')}
          onSubmit={signInByPasskey}
        >
          {null}
        </SubmitForm>
      )}
      <button type="button" class="button quiet" onClick={forgotPassword}>
        {t('Forgot your password?')}
      </button>
    </Gate>
  );
}
