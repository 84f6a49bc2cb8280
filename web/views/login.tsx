import { useState } from 'preact/hooks';
import { setupState, signIn } from '../client/state.ts';
import { Field } from '../components/field.tsx';

export function LoginView() {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      await signIn(username, password);
    } catch (cause) {
      setError((cause as Error).message);
    }
    setBusy(false);
  };

  return (
    <main class="gate">
      <div class="gate-card">
        <h1>Sign in</h1>
        <p class="muted">
          You are at {setupState.value?.deviceName ?? 'this device'}. Every device of yours shows the same
          drive.
        </p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Field
            label="User name"
            value={username}
            onInput={setUsername}
            autocomplete="username"
            required
            autofocus
          />
          <Field
            label="Password"
            type="password"
            value={password}
            onInput={setPassword}
            autocomplete="current-password"
            required
          />
          {error && (
            <p class="notice danger" role="alert">
              {error}
            </p>
          )}
          <button type="submit" class="button primary" disabled={busy}>
            {busy ? 'Signing in…' : 'Sign in'}
          </button>
        </form>
      </div>
    </main>
  );
}
