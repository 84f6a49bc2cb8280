import { setupState, signIn } from '../client/state.ts';
import { CredentialsForm } from '../components/credentials-form.tsx';

export function LoginView() {
  return (
    <main class="gate">
      <div class="gate-card">
        <h1>Sign in</h1>
        <p class="muted">
          You are at {setupState.value?.deviceName ?? 'this device'}. Every device of yours shows the same
          drive.
        </p>
        <CredentialsForm submit="Sign in" busy="Signing in…" onSubmit={signIn} />
      </div>
    </main>
  );
}
