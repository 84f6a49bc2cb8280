import { useEffect, useState } from 'preact/hooks';
import type { DeviceView, PairingView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { attempt, devices, healthRevision, refreshNetwork, user } from '../../client/state.ts';
import { formatAgo, formatSize } from '../../client/words/format.ts';
import { Icon } from '../../components/icon.tsx';
import { Menu, MenuItem } from '../../components/menu.tsx';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';
import { DeviceDialog, DrainDialog, PairingDialog, RemoveDialog } from './device-dialogs.tsx';
import { OwnDevice } from './own-device.tsx';
import { Topology } from './topology.tsx';

export function DevicesView() {
  const [pairing, setPairing] = useState<PairingView | null>(null);
  const [asking, setAsking] = useState<{ kind: 'change' | 'drain' | 'remove'; device: DeviceView } | null>(
    null,
  );
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
        <h1 class="grow">{t('Devices')}</h1>
        <a class="button" href="/backups">
          {t('Backups')}
        </a>
        {user.value?.role === 'admin' && (
          <>
            <a class="button" href="/audit">
              {t('Audit log')}
            </a>
            <button type="button" class="button primary" onClick={() => void open()}>
              <Icon name="plus" />
              {t('Add a device')}
            </button>
          </>
        )}
      </div>
      <ul class="card" aria-label={t('Devices')}>
        {devices.value.map((device) => (
          <DeviceRow
            key={device.id}
            device={device}
            onChange={() => setAsking({ kind: 'change', device })}
            onDrain={() => setAsking({ kind: 'drain', device })}
            onRemove={() => setAsking({ kind: 'remove', device })}
          />
        ))}
      </ul>
      {devices.value.length > 1 && <Topology devices={devices.value} />}
      {self && user.value?.role === 'admin' && <OwnDevice key={self.id} device={self} />}
      {pairing && <PairingDialog pairing={pairing} onClose={close} onNewCode={() => void open()} />}
      {asking?.kind === 'change' && <DeviceDialog device={asking.device} onClose={() => setAsking(null)} />}
      {asking?.kind === 'drain' && <DrainDialog device={asking.device} onClose={() => setAsking(null)} />}
      {asking?.kind === 'remove' && <RemoveDialog device={asking.device} onClose={() => setAsking(null)} />}
    </>
  );
}

interface DeviceRowProps {
  device: DeviceView;
  onChange(): void;
  onDrain(): void;
  onRemove(): void;
}

function DeviceRow({ device, onChange, onDrain, onRemove }: DeviceRowProps) {
  const { name, online, lastSeen, usedBytes, capacityBytes } = device;
  const isDraining = device.state === 'draining';
  const useAgain = () =>
    attempt(async () => {
      await api.drain(device.id, false);
      await refreshNetwork();
    });
  const state = online
    ? t('online')
    : lastSeen
      ? t('last seen {ago}', { ago: formatAgo(lastSeen) })
      : t('off^device');
  return (
    <li class="device">
      <Icon name="devices" />
      <div>
        <div>
          <strong>{name}</strong> {device.self && <span class="badge">{t('this device^badge')}</span>}
        </div>
        <div class="facts">
          {spaceWords(device)} · {device.class === 'always-on' ? t('always on') : t('sleeps at times')}{' '}
          {device.place && `· ${device.place} `}· {device.id.slice(0, 8)}
        </div>
        {isDraining && <DrainLine device={device} />}
        {usedBytes !== null && capacityBytes > 0 && (
          <Meter share={usedBytes / capacityBytes} label={t('Space used on {name}', { name })} />
        )}
      </div>
      <div class="toolbar">
        <span class={`badge ${online ? 'ok' : ''}`}>{state}</span>
        {user.value?.role === 'admin' && (
          <Menu label={t('Actions for {name}', { name })}>
            <MenuItem icon="rename" label={t('Edit')} onChoose={onChange} />
            {isDraining ? (
              <MenuItem icon="restore" label={t('Use it again')} onChoose={() => void useAgain()} />
            ) : (
              <MenuItem icon="empty" label={t('Move its copies elsewhere…')} onChoose={onDrain} />
            )}
            <MenuItem icon="trash" label={t('Remove…')} danger onChoose={onRemove} />
          </Menu>
        )}
      </div>
    </li>
  );
}

/** A device that offers no space, because it is being emptied, is not said to have filled it. */
function spaceWords({ usedBytes, capacityBytes }: DeviceView): string {
  if (usedBytes === null) return t('space not known yet');
  if (capacityBytes === 0) return t('{size} stored, takes no new copies', { size: formatSize(usedBytes) });
  return t('{used} of {capacity} used', { used: formatSize(usedBytes), capacity: formatSize(capacityBytes) });
}

/** How far moving is; asked again with each news of the network. */
function DrainLine({ device }: { device: DeviceView }) {
  const { answer } = useQuery(() => api.impact(device.id), [device.id], healthRevision.value);
  if (!answer) return <div class="facts">{t('Moving its copies elsewhere…')}</div>;
  if (answer.bytesLeft > 0) {
    return (
      <div class="facts">
        {t('Moving its copies elsewhere: {size} left to copy.', { size: formatSize(answer.bytesLeft) })}
      </div>
    );
  }
  return (
    <div class="facts">
      {t('Other devices have a copy of everything on it.')}{' '}
      {device.usedBytes
        ? t('It keeps its own {size} until you remove it, which is safe now.', {
            size: formatSize(device.usedBytes),
          })
        : t('Removing it is safe now.')}
    </div>
  );
}

function Meter({ share, label }: { share: number; label: string }) {
  return <meter class="meter" aria-label={label} value={Math.min(1, share)} high={0.85} max={1} />;
}
