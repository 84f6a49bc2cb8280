import { useState } from 'preact/hooks';
import { api } from '../../client/api.ts';
import { accountMade, setupState } from '../../client/state.ts';
import { broughtBy } from '../../client/words/setup-link.ts';
import { CredentialsForm } from '../../components/form/credentials-form.tsx';
import { Field } from '../../components/form/field.tsx';
import { t } from '../../words/words.ts';
import { Gate } from './gate.tsx';

/** `/register#CODE`: the account that an invite is for. */
export function RegisterView() {
  const [brought] = useState(() => broughtBy(location.hash).setupCode);
  const [code, setCode] = useState(brought);
  const register = async (username: string, password: string) =>
    accountMade(await api.register(code, username, password));
  return (
    <Gate title={t('You are invited')}>
      <p class="muted">
        {t(
          'Choose a user name and a password for your own drive on {deviceName}. Nobody else can open your files, not even the person who invited you.',
          { deviceName: setupState.value?.deviceName ?? t('this device') },
        )}
      </p>
      <CredentialsForm
        newAccount
        submit={t('Create my account')}
        busy={t('Creating your account…')}
        onSubmit={register}
      >
        {brought === '' && (
          <Field
            label={t('Invite')}
            value={code}
            onInput={setCode}
            required
            hint={t('It is the part after # in the link that you were sent.')}
          />
        )}
      </CredentialsForm>
    </Gate>
  );
}
