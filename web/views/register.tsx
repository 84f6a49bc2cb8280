import { useState } from 'preact/hooks';
import { api } from '../client/api.ts';
import { enterDrive, setupState, user } from '../client/state.ts';
import { CredentialsForm } from '../components/credentials-form.tsx';
import { Field } from '../components/field.tsx';
import { RecoveryCode } from '../components/recovery-code.tsx';

/** `/register#CODE`: the account that an invite is for. */
export function RegisterView() {
  const [brought] = useState(decodeURIComponent(location.hash.slice(1)));
  const [code, setCode] = useState(brought);
  const [recovery, setRecovery] = useState<string | null>(null);
  if (recovery) return <RecoveryCode words={recovery} onKept={enterDrive} />;
  const register = async (username: string, password: string) => {
    const made = await api.register(code, username, password);
    user.value = made.user;
    history.replaceState(null, '', '/');
    setRecovery(made.recoveryCode);
  };
  return (
    <main class="gate">
      <div class="gate-card">
        <h1>You are invited</h1>
        <p class="muted">
          Choose a name and a password for your part of the store at{' '}
          {setupState.value?.deviceName ?? 'this device'}. Nobody else can open your files, not even who
          invited you.
        </p>
        <CredentialsForm newAccount submit="Make my account" busy="Making your account…" onSubmit={register}>
          {brought === '' && (
            <Field
              label="Invite"
              value={code}
              onInput={setCode}
              required
              hint="It stands at the end of the link that you were sent, after the #."
            />
          )}
        </CredentialsForm>
      </div>
    </main>
  );
}
