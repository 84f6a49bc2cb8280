import { forgotPassword, setupState, signIn } from '../../client/state.ts';
import { CredentialsForm } from '../../components/form/credentials-form.tsx';
import { Gate } from './gate.tsx';

export function LoginView() {
  const name = setupState.value?.deviceName ?? 'this device';
  return (
    <Gate title="Sign in">
      <p class="muted">Signing in on {name}. All your devices show the same drive.</p>
      <CredentialsForm submit="Sign in" busy="Signing in…" onSubmit={signIn} />
      <button type="button" class="button quiet" onClick={forgotPassword}>
        Forgot your password?
      </button>
    </Gate>
  );
}
