import { useState } from 'preact/hooks';
import { api } from '../client/api.ts';
import { begin, enterDrive, setupState, user } from '../client/state.ts';
import { CredentialsForm } from '../components/credentials-form.tsx';
import { Field } from '../components/field.tsx';
import { RecoveryCode } from '../components/recovery-code.tsx';
import { SubmitForm } from '../components/submit-form.tsx';

/** First start: make a network, or join the one of another device. */
export function SetupView() {
  const [way, setWay] = useState<'new' | 'join'>('new');
  const [code, setCode] = useState(decodeURIComponent(location.hash.slice(1)));
  const [recovery, setRecovery] = useState<string | null>(null);
  if (recovery) return <RecoveryCode words={recovery} onKept={enterDrive} />;
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
  const make = async (username: string, password: string) => {
    const made = await api.setup(code, username, password);
    user.value = made.user;
    history.replaceState(null, '', '/');
    onDone(made.recoveryCode);
  };
  return (
    <CredentialsForm newAccount submit="Make my store" busy="Making your store…" onSubmit={make}>
      <SetupCodeField code={code} onCode={onCode} />
    </CredentialsForm>
  );
}

function JoinStore({ code, onCode }: CodeProps) {
  const nearby = (setupState.value?.nearby ?? []).filter((device) => device.network !== null);
  const [pairingCode, setPairingCode] = useState('');
  const [address, setAddress] = useState(nearby[0]?.address ?? '');

  const join = async () => {
    await api.join(code, pairingCode, address.trim());
    history.replaceState(null, '', '/');
    await begin();
  };

  return (
    <SubmitForm submit="Join" busy="Joining…" onSubmit={join}>
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
    </SubmitForm>
  );
}
