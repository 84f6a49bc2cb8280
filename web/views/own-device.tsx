import { useState } from 'preact/hooks';
import type { BandwidthView, DeviceView, VolumeView } from '../../src/model/api.ts';
import { api } from '../client/api.ts';
import { formatSize } from '../client/format.ts';
import { emptied, scheduleFrom, type VolumeWish, volumesWith, volumeWords } from '../client/own-device.ts';
import { bytesFrom, textOf } from '../client/sizes.ts';
import { attempt, refreshNetwork, say } from '../client/state.ts';
import { ChangeDialog } from '../components/change-dialog.tsx';
import { Field } from '../components/field.tsx';
import { Icon } from '../components/icon.tsx';
import { Menu, MenuItem } from '../components/menu.tsx';
import { Row, Rows } from '../components/rows.tsx';
import { SubmitForm } from '../components/submit-form.tsx';

type Asking = { kind: 'add' } | { kind: 'limit' | 'remove'; volume: VolumeView };

/** What only the device that answers can change about itself: its folders, its share of the link. */
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
        <h2 class="grow">Folders of {device.name}</h2>
        <button type="button" class="button" onClick={() => setAsking({ kind: 'add' })}>
          <Icon name="folder-plus" />
          Lend a folder
        </button>
      </div>
      <Rows label="Folders" count={device.volumes.length} empty="This device lends no folder.">
        {device.volumes.map((volume) => (
          <VolumeRow
            key={volume.path}
            volume={volume}
            onLimit={() => setAsking({ kind: 'limit', volume })}
            onRemove={() => setAsking({ kind: 'remove', volume })}
            onState={(state) => void attempt(() => change(volume.path, { state }))}
          />
        ))}
      </Rows>
      {device.bandwidth && <Bandwidth id={device.id} bandwidth={device.bandwidth} />}
      {asking?.kind === 'add' && <LendDialog onClose={close} onDone={change} />}
      {asking?.kind === 'limit' && <LimitDialog volume={asking.volume} onClose={close} onDone={change} />}
      {asking?.kind === 'remove' && <RemoveDialog volume={asking.volume} onClose={close} onDone={change} />}
    </>
  );
}

interface VolumeRowProps {
  volume: VolumeView;
  onLimit(): void;
  onRemove(): void;
  onState(state: 'active' | 'draining'): void;
}

function VolumeRow({ volume, onLimit, onRemove, onState }: VolumeRowProps) {
  const { path, usedBytes, limitBytes, state, problem } = volume;
  const isEmptied = state === 'draining' && usedBytes === 0;
  const { label, tone } = isEmptied ? emptied : volumeWords[state];
  const facts = (
    <>
      {formatSize(usedBytes)} of {formatSize(limitBytes)} used{problem && ` · ${problem}`}
    </>
  );
  return (
    <Row icon="folder" title={<strong title={path}>{path}</strong>} facts={facts}>
      <span class={`badge ${tone}`}>{label}</span>
      <Menu label={`Actions for ${path}`}>
        <MenuItem icon="rename" label="Lend more or less" onChoose={onLimit} />
        {state === 'draining' && (
          <MenuItem icon="restore" label="Use it again" onChoose={() => onState('active')} />
        )}
        {state === 'failing' && (
          <MenuItem icon="check" label="The disk is sound" onChoose={() => onState('active')} />
        )}
        {state !== 'draining' && (
          <MenuItem icon="empty" label="Empty it" onChoose={() => onState('draining')} />
        )}
        <MenuItem icon="trash" label="Lend it no more" danger onChoose={onRemove} />
      </Menu>
    </Row>
  );
}

interface ChangeProps {
  onClose(): void;
  onDone(path: string, wish: Omit<VolumeWish, 'path'> | null): Promise<void>;
}

function LendDialog({ onClose, onDone }: ChangeProps) {
  const [path, setPath] = useState('');
  const [size, setSize] = useState('');
  const lend = async () => {
    const limitBytes = bytesFrom(size, 'GB');
    await onDone(path.trim(), limitBytes === null ? {} : { limitBytes });
  };
  return (
    <ChangeDialog title="Lend a folder" confirm="Lend it" onClose={onClose} onConfirm={lend}>
      <Field
        label="Path of the folder on this device"
        value={path}
        onInput={setPath}
        hint="Such as /mnt/usb. It is made if it is not there."
        required
        autofocus
      />
      <Field
        label="How much to lend, in GB"
        value={size}
        onInput={setSize}
        inputMode="decimal"
        hint="Leave it empty for half of what is free."
      />
    </ChangeDialog>
  );
}

function LimitDialog({ volume, onClose, onDone }: ChangeProps & { volume: VolumeView }) {
  const [size, setSize] = useState(textOf(volume.limitBytes, 'GB'));
  const limit = async () => {
    const limitBytes = bytesFrom(size, 'GB');
    if (limitBytes === null) throw new Error('Say how many GB.');
    await onDone(volume.path, { limitBytes });
  };
  return (
    <ChangeDialog title={`Lend more or less of ${volume.path}`} onClose={onClose} onConfirm={limit}>
      <Field
        label="How much to lend, in GB"
        value={size}
        onInput={setSize}
        inputMode="decimal"
        hint={`${formatSize(volume.usedBytes)} are used. What does not fit goes to other folders and devices.`}
        required
        autofocus
      />
    </ChangeDialog>
  );
}

function RemoveDialog({ volume, onClose, onDone }: ChangeProps & { volume: VolumeView }) {
  return (
    <ChangeDialog
      title={`Lend ${volume.path} no more?`}
      confirm="Lend it no more"
      tone="danger"
      onClose={onClose}
      onConfirm={() => onDone(volume.path, null)}
    >
      <p>Its copies count no more. To lose none, empty it first and wait until nothing is left in it.</p>
    </ChangeDialog>
  );
}

/** The fields keep what is being typed when the device tells news of itself. */
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
    say('The limits are in force.');
  };
  return (
    <section class="card padded" aria-labelledby="bandwidth">
      <h2 id="bandwidth">Speed</h2>
      <p class="muted">
        How fast this device may copy to and from others. Leave a speed empty for no limit, and the hours for
        always.
      </p>
      <SubmitForm submit="Save the limits" busy="Saving…" onSubmit={save}>
        <div class="pair">
          <Field label="Sending, in MB a second" value={up} onInput={setUp} inputMode="decimal" />
          <Field label="Receiving, in MB a second" value={down} onInput={setDown} inputMode="decimal" />
        </div>
        <div class="pair">
          <Field label="Limited from" type="time" value={from} onInput={setFrom} />
          <Field label="Limited until" type="time" value={to} onInput={setTo} />
        </div>
        <label>
          <input
            type="checkbox"
            checked={limitLan}
            onChange={(event) => setLimitLan(event.currentTarget.checked)}
          />{' '}
          In the same local network too
        </label>
      </SubmitForm>
    </section>
  );
}
