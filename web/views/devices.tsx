import { useEffect, useState } from 'preact/hooks';
import type { DeviceView, PairingView } from '../../src/model/api.ts';
import { api } from '../client/api.ts';
import { formatAgo, formatSize } from '../client/format.ts';
import { attempt, devices, health, refreshNetwork, user } from '../client/state.ts';
import { Icon } from '../components/icon.tsx';
import { Menu, MenuItem } from '../components/menu.tsx';
import { DeviceDialog, PairingDialog, RemoveDialog } from './device-dialogs.tsx';
import { OwnDevice } from './own-device.tsx';
import { useAsked } from './use-asked.ts';

export function DevicesView() {
  const [pairing, setPairing] = useState<PairingView | null>(null);
  const [asking, setAsking] = useState<{ kind: 'change' | 'remove'; device: DeviceView } | null>(null);
  const open = () => attempt(async () => setPairing(await api.openPairing()));
  const close = () => {
    setPairing(null);
    void attempt(() => api.closePairing());
  };
  useEffect(() => void refreshNetwork(), []);
  const self = devices.value.find((device) => device.self);
  return (
    <>
      <div class="toolbar">
        <h1 class="grow">Devices</h1>
        {user.value?.role === 'admin' && (
          <>
            <a class="button" href="/audit">
              Audit log
            </a>
            <button type="button" class="button primary" onClick={() => void open()}>
              <Icon name="plus" />
              Add a device
            </button>
          </>
        )}
      </div>
      <ul class="card" aria-label="Devices">
        {devices.value.map((device) => (
          <DeviceRow
            key={device.id}
            device={device}
            onChange={() => setAsking({ kind: 'change', device })}
            onRemove={() => setAsking({ kind: 'remove', device })}
          />
        ))}
      </ul>
      {self && user.value?.role === 'admin' && <OwnDevice key={self.id} device={self} />}
      {pairing && <PairingDialog pairing={pairing} onClose={close} onNewCode={() => void open()} />}
      {asking?.kind === 'change' && <DeviceDialog device={asking.device} onClose={() => setAsking(null)} />}
      {asking?.kind === 'remove' && <RemoveDialog device={asking.device} onClose={() => setAsking(null)} />}
    </>
  );
}

interface DeviceRowProps {
  device: DeviceView;
  onChange(): void;
  onRemove(): void;
}

function DeviceRow({ device, onChange, onRemove }: DeviceRowProps) {
  const { name, online, lastSeen, usedBytes, capacityBytes } = device;
  const isDraining = device.state === 'draining';
  const drain = () =>
    attempt(async () => {
      await api.drain(device.id, !isDraining);
      await refreshNetwork();
    });
  const state = online ? 'online' : lastSeen ? `last seen ${formatAgo(lastSeen)}` : 'off';
  return (
    <li class="device">
      <Icon name="devices" />
      <div>
        <div>
          <strong>{name}</strong> {device.self && <span class="badge">this device</span>}
        </div>
        <div class="facts">
          {usedBytes === null
            ? 'use not known yet'
            : `${formatSize(usedBytes)} of ${formatSize(capacityBytes)} used`}{' '}
          · {device.class === 'always-on' ? 'always on' : 'sleeps at times'}{' '}
          {device.place && `· ${device.place} `}· {device.id.slice(0, 8)}
        </div>
        {isDraining && <DrainLine device={device} />}
        {usedBytes !== null && (
          <Meter share={capacityBytes > 0 ? usedBytes / capacityBytes : 0} label={`Space used on ${name}`} />
        )}
      </div>
      <div class="toolbar">
        <span class={`badge ${online ? 'ok' : ''}`}>{state}</span>
        {user.value?.role === 'admin' && (
          <Menu label={`Actions for ${name}`}>
            <MenuItem icon="rename" label="Change" onChoose={onChange} />
            <MenuItem
              icon={isDraining ? 'restore' : 'empty'}
              label={isDraining ? 'Use it again' : 'Empty it'}
              onChoose={() => void drain()}
            />
            <MenuItem icon="trash" label="Remove" danger onChoose={onRemove} />
          </Menu>
        )}
      </div>
    </li>
  );
}

/** How far emptying is; asked again with each news of the network. */
function DrainLine({ device }: { device: DeviceView }) {
  const { answer } = useAsked(() => api.impact(device.id), [device.id, health.value]);
  if (!answer) return <div class="facts">Being emptied…</div>;
  return (
    <div class="facts">
      {answer.bytesLeft === 0
        ? 'Empty: everything it has is elsewhere too. It can be removed.'
        : `Being emptied: ${formatSize(answer.bytesLeft)} left to copy.`}
    </div>
  );
}

function Meter({ share, label }: { share: number; label: string }) {
  return <meter class="meter" aria-label={label} value={Math.min(1, share)} high={0.85} max={1} />;
}
