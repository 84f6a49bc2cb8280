import { useState } from 'preact/hooks';
import { api } from '../../client/api.ts';
import { ApiError } from '../../client/request.ts';
import { accountMade, begin, setupState } from '../../client/state.ts';
import { type Brought, broughtBy } from '../../client/words/setup-link.ts';
import { CredentialsForm } from '../../components/form/credentials-form.tsx';
import { Field } from '../../components/form/field.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { t } from '../../words/words.ts';
import { Gate } from './gate.tsx';

/** First start: make a network, or join the one of another device. */
export function SetupView() {
  const [brought] = useState(() => broughtBy(location.hash));
  const [way, setWay] = useState<'new' | 'join'>(brought.pairingCode === '' ? 'new' : 'join');
  const setupCode = useSetupCode(brought.setupCode);
  return (
    <Gate title={t('Welcome to peerstor')}>
      <p class="muted">
        {t(
          'This device is called {deviceName}. Create your private drive on it, or add it to the devices that you already use.',
          { deviceName: setupState.value?.deviceName ?? t('this device') },
        )}
      </p>
      <fieldset class="toolbar choice">
        <legend class="visually-hidden">{t('How to begin')}</legend>
        <button
          type="button"
          class={`button ${way === 'new' ? 'primary' : ''}`}
          aria-pressed={way === 'new'}
          onClick={() => setWay('new')}
        >
          {t('New drive')}
        </button>
        <button
          type="button"
          class={`button ${way === 'join' ? 'primary' : ''}`}
          aria-pressed={way === 'join'}
          onClick={() => setWay('join')}
        >
          {t('Join my other devices')}
        </button>
      </fieldset>
      {way === 'new' ? (
        <NewDrive setupCode={setupCode} />
      ) : (
        <JoinDevices {...brought} setupCode={setupCode} />
      )}
    </Gate>
  );
}

interface SetupCode {
  readonly code: string;
  /** Asked for where the link did not bring it, or brought an old one. */
  readonly field: preact.ComponentChildren;
  /** Runs what needs the code; where the code was wrong, the field appears and the error says what to do. */
  use<Shape>(action: (code: string) => Promise<Shape>): Promise<Shape>;
}

function useSetupCode(brought: string): SetupCode {
  const [code, setCode] = useState(brought);
  const [isAsked, setAsked] = useState(brought === '');
  const use = async <Shape,>(action: (code: string) => Promise<Shape>): Promise<Shape> => {
    try {
      return await action(code.trim());
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'wrong-setup-code') throw error;
      setAsked(true);
      throw new Error(
        t(
          'This set-up code is wrong, or from an earlier start: each start of peerstor prints a new link. Copy the part after # from the link that it printed last.',
        ),
      );
    }
  };
  const field = isAsked && (
    <Field
      label={t('Set-up code')}
      value={code}
      onInput={setCode}
      required
      autocomplete="off"
      hint={t('It is the part after # in the link that peerstor printed when it started on this device.')}
    />
  );
  return { code, field, use };
}

function NewDrive({ setupCode }: { setupCode: SetupCode }) {
  const make = async (username: string, password: string) =>
    accountMade(await setupCode.use((code) => api.setup(code, username, password)), true);
  return (
    <CredentialsForm
      newAccount
      submit={t('Create my drive')}
      busy={t('Creating your drive…')}
      onSubmit={make}
    >
      {setupCode.field}
    </CredentialsForm>
  );
}

function JoinDevices({ setupCode, ...brought }: Omit<Brought, 'setupCode'> & { setupCode: SetupCode }) {
  const nearby = (setupState.value?.nearby ?? []).filter((device) => device.network !== null);
  const [pairingCode, setPairingCode] = useState(brought.pairingCode);
  const [address, setAddress] = useState(brought.address || (nearby[0]?.address ?? ''));

  const join = async () => {
    await setupCode.use((code) => api.join(code, pairingCode, address.trim()));
    history.replaceState(null, '', '/');
    await begin();
  };

  return (
    <SubmitForm submit={t('Join')} busy={t('Joining…')} onSubmit={join}>
      {setupCode.field}
      <Field
        label={t('Pairing code')}
        value={pairingCode}
        onInput={setPairingCode}
        inputMode="numeric"
        autocomplete="one-time-code"
        required
        autofocus
        hint={t('Eight digits. On your other device, open Devices and choose Add a device.')}
      />
      <Field
        label={t('Address of the other device')}
        value={address}
        onInput={setAddress}
        hint={t('For example 192.168.1.10:8080. Leave it empty to search this network.')}
      />
      {nearby.length > 0 && (
        <ul class="toolbar" aria-label={t('Found nearby')}>
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
