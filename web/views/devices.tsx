import { useEffect, useState } from 'preact/hooks';
import type { DeviceView, PairingView } from '../../src/model/api.ts';
import { api } from '../client/api.ts';
import { formatAgo, formatSize } from '../client/format.ts';
import { attempt, devices, memberCount, refreshNetwork } from '../client/state.ts';
import { Dialog } from '../components/dialog.tsx';
import { Field } from '../components/field.tsx';
import { Icon } from '../components/icon.tsx';

export function DevicesView() {
  const [pairing, setPairing] = useState<PairingView | null>(null);
  const [renaming, setRenaming] = useState<DeviceView | null>(null);
  const open = () => attempt(async () => setPairing(await api.openPairing()));
  const close = () => {
    setPairing(null);
    void attempt(() => api.closePairing());
  };
  useEffect(() => void refreshNetwork(), []);
  return (
    <>
      <div class="toolbar">
        <h1 class="grow">Devices</h1>
        <button type="button" class="button primary" onClick={() => void open()}>
          <Icon name="plus" />
          Add a device
        </button>
      </div>
      <ul class="card" aria-label="Devices">
        {devices.value.map((device) => (
          <DeviceRow key={device.id} device={device} onRename={() => setRenaming(device)} />
        ))}
      </ul>
      {pairing && <PairingDialog pairing={pairing} onClose={close} onNewCode={() => void open()} />}
      {renaming && <RenameDialog device={renaming} onClose={() => setRenaming(null)} />}
    </>
  );
}

function DeviceRow({ device, onRename }: { device: DeviceView; onRename(): void }) {
  const { name, online, lastSeen, usedBytes, capacityBytes } = device;
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
          · {device.class === 'always-on' ? 'always on' : 'sleeps at times'} · {device.id.slice(0, 8)}
        </div>
        {usedBytes !== null && (
          <Meter share={capacityBytes > 0 ? usedBytes / capacityBytes : 0} label={`Space used on ${name}`} />
        )}
      </div>
      <div class="toolbar">
        <span class={`badge ${online ? 'ok' : ''}`}>{state}</span>
        <button type="button" class="button quiet icon-only" aria-label={`Rename ${name}`} onClick={onRename}>
          <Icon name="rename" />
        </button>
      </div>
    </li>
  );
}

function Meter({ share, label }: { share: number; label: string }) {
  return <meter class="meter" aria-label={label} value={Math.min(1, share)} high={0.85} max={1} />;
}

interface PairingDialogProps {
  pairing: PairingView;
  onClose(): void;
  onNewCode(): void;
}

function PairingDialog({ pairing, onClose, onNewCode }: PairingDialogProps) {
  const [membersBefore] = useState(memberCount.value);
  const [secondsLeft, setSecondsLeft] = useState(0);
  const joined = memberCount.value > membersBefore;
  useEffect(() => {
    const tick = () =>
      setSecondsLeft(Math.max(0, Math.round((Date.parse(pairing.expiresAt) - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [pairing]);

  if (joined) {
    return (
      <Dialog title="A device joined" confirm="Done" onConfirm={onClose} onClose={onClose}>
        <p class="notice ok">It is in your network now and takes copies from here on.</p>
      </Dialog>
    );
  }
  const expired = secondsLeft === 0;
  const minutes = Math.floor(secondsLeft / 60);
  return (
    <Dialog
      title="Add a device"
      confirm={expired ? 'New code' : 'Done'}
      onConfirm={expired ? onNewCode : onClose}
      onClose={onClose}
    >
      <p>
        On the new device run <code>npx peerstor</code>, open its page, choose “Join my other devices” and
        type this code. Or type <code>peerstor join {pairing.code}</code>.
      </p>
      {expired ? (
        <p class="notice warn">This code has expired.</p>
      ) : (
        <>
          <output class="code" aria-label="Pairing code">
            {pairing.code.slice(0, 4)} {pairing.code.slice(4)}
          </output>
          <img
            class="qr"
            alt="The same code as a QR code"
            src={`data:image/svg+xml;utf8,${encodeURIComponent(pairing.qr)}`}
          />
          <p class="muted numbers">
            Valid for {minutes}:{String(secondsLeft % 60).padStart(2, '0')} minutes. Not found by itself? Give
            it the address of this page: {location.host}
          </p>
        </>
      )}
    </Dialog>
  );
}

function RenameDialog({ device, onClose }: { device: DeviceView; onClose(): void }) {
  const [name, setName] = useState(device.name);
  const confirm = () =>
    attempt(async () => {
      await api.renameDevice(device.id, name);
      await refreshNetwork();
      onClose();
    });
  return (
    <Dialog
      title={`Rename “${device.name}”`}
      confirm="Rename"
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <Field
        label="Name"
        value={name}
        onInput={setName}
        required
        autofocus
        maxLength={64}
        selectFirst={name.length}
      />
    </Dialog>
  );
}
