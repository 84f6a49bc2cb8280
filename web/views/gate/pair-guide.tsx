import { useEffect, useState } from 'preact/hooks';
import type { NearbyDevice } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { setupState } from '../../client/state.ts';
import { broughtBy, hostOf, joiningPage } from '../../client/words/setup-link.ts';
import { CopyField } from '../../components/form/copy-field.tsx';
import { Field } from '../../components/form/field.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { t } from '../../words/words.ts';
import { Gate } from './gate.tsx';

/**
 * Where the QR code of the pairing dialog leads. The phone that read it stands before the device that
 * gave the code; the code belongs into the page of the new device, which this page opens with the
 * code filled in.
 */
export function PairGuideView() {
  const [{ pairingCode }] = useState(() => broughtBy(location.hash));
  const [address, setAddress] = useState('');
  const nearby = useNewDevices();
  const open = async () => {
    const host = hostOf(address);
    if (host === undefined) throw new Error(t('Type an address such as 192.168.1.20:8080.'));
    location.assign(joiningPage(host, pairingCode, location.host));
  };
  return (
    <Gate title={t('Add a device')}>
      <p>
        {t('This code lets one new device join the network of {deviceName}. It is valid for 10 minutes.', {
          deviceName: setupState.value?.deviceName ?? t('this device'),
        })}
      </p>
      <output class="code" aria-label={t('Pairing code')}>
        {pairingCode.slice(0, 4)} {pairingCode.slice(4)}
      </output>
      {nearby.length > 0 && (
        <ul class="stack" aria-label={t('New devices nearby')}>
          {nearby.map((device) => (
            <li key={device.address}>
              <a class="button" href={joiningPage(device.address, pairingCode, location.host)}>
                {t('Join with {name} · {address}', { name: device.name, address: device.address })}
              </a>
            </li>
          ))}
        </ul>
      )}
      <p class="muted">
        {t(
          'Start peerstor on the new device. It prints the address of its page. Enter that address here to open the page with the code filled in; the page also asks for the set-up code that peerstor printed.',
        )}
      </p>
      <SubmitForm submit={t('Open the page of the new device')} busy={t('Opening…')} onSubmit={open}>
        <Field
          label={t('Address of the new device')}
          value={address}
          onInput={setAddress}
          required
          hint={t('For example 192.168.1.20:8080.')}
        />
      </SubmitForm>
      <CopyField
        label={t('Or type this on the new device')}
        text={`peerstor join ${pairingCode} --peer ${location.host}`}
      />
      <a href="/">{t('Go to your drive')}</a>
    </Gate>
  );
}

/** Devices without a network; told only to who is signed in. */
function useNewDevices(): readonly NearbyDevice[] {
  const [found, setFound] = useState<readonly NearbyDevice[]>([]);
  useEffect(() => {
    api.nearby().then(
      ({ items }) => setFound(items.filter(({ network }) => network === null)),
      () => undefined,
    );
  }, []);
  return found;
}
