import { useState } from 'preact/hooks';
import type { BandwidthView, DeviceView, VolumeView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { say } from '../../client/messages.ts';
import { attempt, refreshNetwork } from '../../client/state.ts';
import { formatSize } from '../../client/words/format.ts';
import {
  emptied,
  folderDoubts,
  scheduleFrom,
  type VolumeWish,
  volumesWith,
  volumeWords,
} from '../../client/words/own-device.ts';
import { bytesFrom, textOf } from '../../client/words/sizes.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Field } from '../../components/form/field.tsx';
import { Select } from '../../components/form/select.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { Icon } from '../../components/icon.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { Menu, MenuItem } from '../../components/menu.tsx';
import { deviceSaid, t, tLabels } from '../../words/words.ts';

type Asking = { kind: 'add' } | { kind: 'limit' | 'drain' | 'remove'; volume: VolumeView };

/** Settings that only the device itself can change: its storage folders and speed limits. */
export function OwnDevice({ device }: { device: DeviceView }) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const change = async (path: string, wish: Omit<VolumeWish, 'path'> | null) => {
    await api.changeDevice(device.id, { volumes: volumesWith(device.volumes, path, wish) });
    await refreshNetwork();
  };
  const close = () => setAsking(null);
  return (
    <>
      <div class="toolbar">
        <h2 class="grow">{t('Storage folders on {name}', { name: device.name })}</h2>
        <button type="button" class="button" onClick={() => setAsking({ kind: 'add' })}>
          <Icon name="folder-plus" />
          {t('Add a folder')}
        </button>
      </div>
      <Rows
        label={t('Storage folders')}
        count={device.volumes.length}
        empty={t('This device stores no copies yet. Add a folder for them.')}
      >
        {device.volumes.map((volume) => (
          <VolumeRow
            key={volume.path}
            volume={volume}
            onLimit={() => setAsking({ kind: 'limit', volume })}
            onDrain={() => setAsking({ kind: 'drain', volume })}
            onRemove={() => setAsking({ kind: 'remove', volume })}
            onUse={() => void attempt(() => change(volume.path, { state: 'active' }))}
          />
        ))}
      </Rows>
      {device.bandwidth && <Bandwidth id={device.id} bandwidth={device.bandwidth} />}
      {device.wire && <WireSection id={device.id} wire={device.wire} />}
      {asking?.kind === 'add' && <AddDialog onClose={close} onDone={change} />}
      {asking?.kind === 'limit' && <LimitDialog volume={asking.volume} onClose={close} onDone={change} />}
      {asking?.kind === 'drain' && <DrainDialog volume={asking.volume} onClose={close} onDone={change} />}
      {asking?.kind === 'remove' && <RemoveDialog volume={asking.volume} onClose={close} onDone={change} />}
    </>
  );
}

interface VolumeRowProps {
  volume: VolumeView;
  onLimit(): void;
  onDrain(): void;
  onRemove(): void;
  onUse(): void;
}

function VolumeRow({ volume, onLimit, onDrain, onRemove, onUse }: VolumeRowProps) {
  const { path, usedBytes, limitBytes, state, problem } = volume;
  const isEmptied = state === 'draining' && usedBytes === 0;
  const { label, tone } = isEmptied ? emptied : volumeWords[state];
  const facts = (
    <>
      {state === 'draining' || limitBytes === 0
        ? t('{size} stored', { size: formatSize(usedBytes) })
        : t('{used} of {capacity} used', { used: formatSize(usedBytes), capacity: formatSize(limitBytes) })}
      {problem && ` · ${deviceSaid(problem)}`}
    </>
  );
  return (
    <Row icon="folder" title={<strong title={path}>{path}</strong>} facts={facts}>
      <span class={`badge ${tone}`}>{t(label)}</span>
      <Menu label={t('Actions for {path}', { path })}>
        <MenuItem icon="rename" label={t('Change size limit')} onChoose={onLimit} />
        {state === 'draining' && <MenuItem icon="restore" label={t('Use it again')} onChoose={onUse} />}
        {state === 'failing' && (
          <MenuItem icon="check" label={t('The disk works: use it again')} onChoose={onUse} />
        )}
        {state !== 'draining' && (
          <MenuItem icon="empty" label={t('Move its copies elsewhere…')} onChoose={onDrain} />
        )}
        <MenuItem icon="trash" label={t('Stop using this folder…')} danger onChoose={onRemove} />
      </Menu>
    </Row>
  );
}

interface ChangeProps {
  onClose(): void;
  onDone(path: string, wish: Omit<VolumeWish, 'path'> | null): Promise<void>;
}

/** A folder that may not be meant is lent only after a second look: what is unusual about it is said first. */
function AddDialog({ onClose, onDone }: ChangeProps) {
  const [path, setPath] = useState('');
  const [size, setSize] = useState('');
  const [doubts, setDoubts] = useState<{ path: string; sentences: string[] } | null>(null);
  const isAsked = doubts !== null && doubts.path === path.trim();
  const add = async () => {
    const limitBytes = bytesFrom(size, 'GB');
    if (!isAsked) {
      const sentences = folderDoubts(path.trim(), await api.checkFolder(path.trim()), limitBytes);
      if (sentences.length > 0) {
        setDoubts({ path: path.trim(), sentences });
        return 'stay';
      }
    }
    await onDone(path.trim(), limitBytes === null ? {} : { limitBytes });
    return 'close';
  };
  return (
    <ChangeDialog
      title={t('Add a storage folder')}
      confirm={isAsked ? t('Lend it anyway') : t('Add folder')}
      onClose={onClose}
      onConfirm={add}
    >
      <Field
        label={t('Path of the folder on this device')}
        value={path}
        onInput={setPath}
        hint={t('For example /mnt/usb.')}
        required
        autofocus
      />
      <Field
        label={t('Size limit in GB')}
        value={size}
        onInput={setSize}
        inputMode="decimal"
        hint={t('Leave it empty to use half of the free space.')}
      />
      {isAsked && (
        <div class="notice warn stack" role="alert">
          {doubts.sentences.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
      )}
    </ChangeDialog>
  );
}

function LimitDialog({ volume, onClose, onDone }: ChangeProps & { volume: VolumeView }) {
  const [size, setSize] = useState(textOf(volume.limitBytes, 'GB'));
  const limit = async () => {
    const limitBytes = bytesFrom(size, 'GB');
    if (limitBytes === null) throw new Error(t('Enter a number of GB.'));
    await onDone(volume.path, { limitBytes });
  };
  return (
    <ChangeDialog
      title={t('Size limit of {path}', { path: volume.path })}
      onClose={onClose}
      onConfirm={limit}
    >
      <Field
        label={t('Size limit in GB')}
        value={size}
        onInput={setSize}
        inputMode="decimal"
        hint={t('{size} are used now. Copies beyond the limit move to other folders and devices.', {
          size: formatSize(volume.usedBytes),
        })}
        required
        autofocus
      />
    </ChangeDialog>
  );
}

function DrainDialog({ volume, onClose, onDone }: ChangeProps & { volume: VolumeView }) {
  return (
    <ChangeDialog
      title={t('Move the copies in {path} elsewhere?', { path: volume.path })}
      confirm={t('Move its copies')}
      onClose={onClose}
      onConfirm={() => onDone(volume.path, { state: 'draining' })}
    >
      <p>
        {t(
          'They move to the other folders of this device and to your other devices. The folder takes no new copies. You can use it again at any time.',
        )}
      </p>
      <p class="muted">{t('{size} are in it.', { size: formatSize(volume.usedBytes) })}</p>
    </ChangeDialog>
  );
}

function RemoveDialog({ volume, onClose, onDone }: ChangeProps & { volume: VolumeView }) {
  return (
    <ChangeDialog
      title={t('Stop using {path}?', { path: volume.path })}
      confirm={t('Stop using it')}
      tone="danger"
      onClose={onClose}
      onConfirm={() => onDone(volume.path, null)}
    >
      <p>
        {t(
          'Copies in this folder will no longer count. To lose none, move them elsewhere first and wait until the folder is empty.',
        )}
      </p>
    </ChangeDialog>
  );
}

/** News of the device does not reset what is being typed. */
function Bandwidth({ id, bandwidth }: { id: string; bandwidth: BandwidthView }) {
  const [up, setUp] = useState(textOf(bandwidth.upLimit, 'MB'));
  const [down, setDown] = useState(textOf(bandwidth.downLimit, 'MB'));
  const [from, setFrom] = useState(bandwidth.schedule?.from ?? '');
  const [to, setTo] = useState(bandwidth.schedule?.to ?? '');
  const [limitLan, setLimitLan] = useState(bandwidth.limitLan);
  const save = async () => {
    await api.changeDevice(id, {
      upLimit: bytesFrom(up, 'MB'),
      downLimit: bytesFrom(down, 'MB'),
      schedule: scheduleFrom(from, to),
      limitLan,
    });
    await refreshNetwork();
    say(t('Speed limits saved.'));
  };
  return (
    <section class="card padded" aria-labelledby="bandwidth">
      <h2 id="bandwidth">{t('Speed')}</h2>
      <p class="muted">
        {t(
          'How fast this device may copy to and from other devices. Leave a speed empty for no limit. Leave the times empty to limit the speed at all hours.',
        )}
      </p>
      <SubmitForm submit={t('Save limits')} busy={t('Saving…')} onSubmit={save}>
        <div class="pair">
          <Field label={t('Upload limit in MB/s')} value={up} onInput={setUp} inputMode="decimal" />
          <Field label={t('Download limit in MB/s')} value={down} onInput={setDown} inputMode="decimal" />
        </div>
        <div class="pair">
          <Field label={t('Limited from')} type="time" value={from} onInput={setFrom} />
          <Field label={t('Limited until')} type="time" value={to} onInput={setTo} />
        </div>
        <label>
          <input
            type="checkbox"
            checked={limitLan}
            onChange={(event) => setLimitLan(event.currentTarget.checked)}
          />{' '}
          {t('Also limit copies within the local network')}
        </label>
      </SubmitForm>
    </section>
  );
}

const wires = [
  { value: 'sealed', label: 'Once: chunks are encrypted already' },
  { value: 'noise', label: 'Twice: the connection is encrypted, too' },
] as const;

/** How chunks go to devices of the same local network. */
function WireSection({ id, wire }: { id: string; wire: NonNullable<DeviceView['wire']> }) {
  const change = (chosen: typeof wire) =>
    attempt(async () => {
      await api.changeDevice(id, { wire: chosen });
      await refreshNetwork();
    });
  return (
    <section class="card padded" aria-labelledby="wire">
      <h2 id="wire">{t('Encryption in the local network')}</h2>
      <Select
        label={t('Chunks are encrypted')}
        value={wire}
        options={tLabels(wires)}
        onChange={(chosen) => void change(chosen)}
      />
      <p class="muted">
        {t(
          'Nobody can read a chunk in either case. Once is faster; twice also hides how large chunks are and which they are. Outside of your network it is always twice.',
        )}
      </p>
    </section>
  );
}
