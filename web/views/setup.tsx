import { useState } from 'preact/hooks';
import { api } from '../client/api.ts';
import { begin, enterDrive, setupState, user } from '../client/state.ts';
import { Field } from '../components/field.tsx';

const passwordLengthMin = 8;

/** First start: make a network, or join the one of another device. */
export function SetupView() {
  const [way, setWay] = useState<'new' | 'join'>('new');
  const [code, setCode] = useState(decodeURIComponent(location.hash.slice(1)));
  const [recovery, setRecovery] = useState<string | null>(null);
  if (recovery) return <RecoveryCode words={recovery} />;
  return (
    <main class="gate">
      <div class="gate-card">
        <h1>Welcome to peerstor</h1>
        <p class="muted">
          This device is {setupState.value?.deviceName}. Make your private store here, or add this device to
          the one you have.
        </p>
        <fieldset class="toolbar choice">
          <legend class="visually-hidden">How to begin</legend>
          <button
            type="button"
            class={`button ${way === 'new' ? 'primary' : ''}`}
            aria-pressed={way === 'new'}
            onClick={() => setWay('new')}
          >
            New store
          </button>
          <button
            type="button"
            class={`button ${way === 'join' ? 'primary' : ''}`}
            aria-pressed={way === 'join'}
            onClick={() => setWay('join')}
          >
            Join my other devices
          </button>
        </fieldset>
        {way === 'new' ? (
          <NewStore code={code} onCode={setCode} onDone={setRecovery} />
        ) : (
          <JoinStore code={code} onCode={setCode} />
        )}
      </div>
    </main>
  );
}

interface CodeProps {
  code: string;
  onCode(code: string): void;
}

/** Asked only where the link did not bring it. */
function SetupCodeField({ code, onCode }: CodeProps) {
  const [brought] = useState(code !== '');
  if (brought) return null;
  return (
    <Field
      label="Set-up code"
      value={code}
      onInput={onCode}
      required
      hint="It stands at the end of the link that peerstor printed when it started, after the #."
    />
  );
}

function NewStore({ code, onCode, onDone }: CodeProps & { onDone(words: string): void }) {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      const made = await api.setup(code, username, password);
      user.value = made.user;
      history.replaceState(null, '', '/');
      onDone(made.recoveryCode);
    } catch (cause) {
      setError((cause as Error).message);
      setBusy(false);
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <SetupCodeField code={code} onCode={onCode} />
      <Field
        label="User name"
        value={username}
        onInput={setUsername}
        autocomplete="username"
        required
        autofocus
        maxLength={64}
      />
      <Field
        label="Password"
        type="password"
        value={password}
        onInput={setPassword}
        autocomplete="new-password"
        required
        minLength={passwordLengthMin}
        hint="At least 8 characters. It seals your keys: nobody can reset it for you without the recovery code."
      />
      {error && (
        <p class="notice danger" role="alert">
          {error}
        </p>
      )}
      <button type="submit" class="button primary" disabled={busy}>
        {busy ? 'Making your store…' : 'Make my store'}
      </button>
    </form>
  );
}

function JoinStore({ code, onCode }: CodeProps) {
  const nearby = (setupState.value?.nearby ?? []).filter((device) => device.network !== null);
  const [pairingCode, setPairingCode] = useState('');
  const [address, setAddress] = useState(nearby[0]?.address ?? '');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      await api.join(code, pairingCode, address.trim());
      history.replaceState(null, '', '/');
      await begin();
    } catch (cause) {
      setError((cause as Error).message);
    }
    setBusy(false);
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <SetupCodeField code={code} onCode={onCode} />
      <Field
        label="Pairing code"
        value={pairingCode}
        onInput={setPairingCode}
        inputMode="numeric"
        autocomplete="one-time-code"
        required
        autofocus
        hint="Eight digits. On your other device: Devices, then Add a device."
      />
      <Field
        label="Address of the other device"
        value={address}
        onInput={setAddress}
        hint="Such as 192.168.1.10:8080. Leave it empty to look for it on this network."
      />
      {nearby.length > 0 && (
        <ul class="toolbar" aria-label="Found nearby">
          {nearby.map((device) => (
            <li key={device.address}>
              <button type="button" class="button" onClick={() => setAddress(device.address)}>
                {device.name} · {device.address}
              </button>
            </li>
          ))}
        </ul>
      )}
      {error && (
        <p class="notice danger" role="alert">
          {error}
        </p>
      )}
      <button type="submit" class="button primary" disabled={busy}>
        {busy ? 'Joining…' : 'Join'}
      </button>
    </form>
  );
}

function RecoveryCode({ words }: { words: string }) {
  const [kept, setKept] = useState(false);
  return (
    <main class="gate">
      <div class="gate-card wide">
        <h1>Write this down</h1>
        <p>
          These 24 words are the only way back to your files if you forget your password. They are shown now
          and never again. Keep them on paper, away from your devices.
        </p>
        <ol class="words" aria-label="Recovery code">
          {words.split(' ').map((word, index) => (
            <li key={`${index}-${word}`}>
              <span class="number numbers">{index + 1}</span>
              {word}
            </li>
          ))}
        </ol>
        <label>
          <input type="checkbox" checked={kept} onChange={(event) => setKept(event.currentTarget.checked)} />{' '}
          I have written all 24 words down.
        </label>
        <div class="toolbar">
          <button type="button" class="button" onClick={() => print()}>
            Print
          </button>
          <button type="button" class="button primary" disabled={!kept} onClick={enterDrive}>
            Open my drive
          </button>
        </div>
      </div>
    </main>
  );
}
