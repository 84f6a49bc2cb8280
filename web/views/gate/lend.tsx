import { useEffect, useState } from 'preact/hooks';
import type { DeviceView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { askSystem } from '../../client/network/machine.ts';
import { enterDrive } from '../../client/state.ts';
import { formatSize } from '../../client/words/format.ts';
import { volumesWith } from '../../client/words/own-device.ts';
import { bytesFrom, textOf } from '../../client/words/sizes.ts';
import { Field } from '../../components/form/field.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { t } from '../../words/words.ts';
import { Gate } from './gate.tsx';

interface Own {
  device: DeviceView;
  /** Of the disk with its folder; undefined where the system does not tell. */
  freeBytes: number | undefined;
}

/** The last step of a new drive: how this device is called, and how much of its disk it lends. */
export function LendView() {
  const [own, setOwn] = useState<Own | null>(null);
  useEffect(() => {
    // Without an answer there is nothing to choose: the device keeps what it chose by itself.
    askOwn().then((found) => (found ? setOwn(found) : enterDrive()), enterDrive);
  }, []);
  if (!own) return <div class="gate" aria-busy="true" />;
  return <Choice {...own} />;
}

async function askOwn(): Promise<Own | undefined> {
  const [{ items }, { disks }] = await Promise.all([api.devices(), askSystem()]);
  const device = items.find(({ self }) => self);
  const folder = device?.volumes[0];
  if (!device || !folder) return undefined;
  return { device, freeBytes: disks.find(({ paths }) => paths.includes(folder.path))?.freeBytes };
}

function Choice({ device, freeBytes }: Own) {
  const [volume] = device.volumes;
  const [name, setName] = useState(device.name);
  const [size, setSize] = useState(textOf(volume?.limitBytes ?? null, 'GB'));
  const save = async () => {
    const limitBytes = bytesFrom(size, 'GB');
    if (limitBytes === null) throw new Error(t('Enter a number of GB.'));
    if (freeBytes !== undefined && limitBytes > freeBytes) {
      throw new Error(t('Only {free} are free on this disk. Lend less.', { free: formatSize(freeBytes) }));
    }
    const volumes = volume ? volumesWith(device.volumes, volume.path, { limitBytes }) : [];
    await api.changeDevice(device.id, { name, volumes });
    enterDrive();
  };
  return (
    <Gate title={t('This device')}>
      <SubmitForm submit={t('Open my drive')} busy={t('Saving…')} onSubmit={save}>
        <Field
          label={t('Name of this device')}
          value={name}
          onInput={setName}
          required
          maxLength={64}
          hint={t('So that you know it among your others.')}
        />
        <Field
          label={t('Space that it lends, in GB')}
          value={size}
          onInput={setSize}
          inputMode="decimal"
          required
          hint={
            freeBytes === undefined
              ? t('For encrypted copies of your files. You can change it later under Devices.')
              : t(
                  '{free} are free. It is for encrypted copies of your files, and you can change it later under Devices.',
                  {
                    free: formatSize(freeBytes),
                  },
                )
          }
        />
      </SubmitForm>
    </Gate>
  );
}
