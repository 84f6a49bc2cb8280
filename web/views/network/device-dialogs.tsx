import { useEffect, useState } from 'preact/hooks';
import type { DeviceView, PairingView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { ApiError } from '../../client/request.ts';
import { memberCount, refreshNetwork } from '../../client/state.ts';
import { formatSize } from '../../client/words/format.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Field } from '../../components/form/field.tsx';
import { Select } from '../../components/form/select.tsx';
import { t, tLabels, tParts } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';
import { Impact } from './loss.tsx';

interface PairingDialogProps {
  pairing: PairingView;
  onClose(): void;
  onNewCode(): void;
}

export function PairingDialog({ pairing, onClose, onNewCode }: PairingDialogProps) {
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
      <Dialog title={t('A device joined')} confirm={t('Done')} onConfirm={onClose} onClose={onClose}>
        <p class="notice ok">{t('It is part of your network now and starts to take copies.')}</p>
      </Dialog>
    );
  }
  const expired = secondsLeft === 0;
  const minutes = Math.floor(secondsLeft / 60);
  return (
    <Dialog
      title={t('Add a device')}
      confirm={expired ? t('New code') : t('Done')}
      onConfirm={expired ? onNewCode : onClose}
      onClose={onClose}
    >
      <p>
        {tParts(
          'Start peerstor on the new device, open the page whose address it prints, choose “Join my other devices” and enter this code. Or run {command} there.',
          { command: <code>peerstor join {pairing.code}</code> },
        )}
      </p>
      {expired ? (
        <p class="notice warn">{t('This code has expired.')}</p>
      ) : (
        <>
          <output class="code" aria-label={t('Pairing code')}>
            {pairing.code.slice(0, 4)} {pairing.code.slice(4)}
          </output>
          <img
            class="qr"
            alt={t('QR code that opens a page with this code')}
            src={`data:image/svg+xml;utf8,${encodeURIComponent(pairing.qr)}`}
          />
          <p class="muted numbers">
            {t(
              'Valid for {time} minutes. If the new device does not find this one, enter this address there: {host}',
              { time: `${minutes}:${String(secondsLeft % 60).padStart(2, '0')}`, host: location.host },
            )}
          </p>
        </>
      )}
    </Dialog>
  );
}

const classes = [
  { value: 'always-on', label: 'is always on' },
  { value: 'sleeper', label: 'sleeps at times' },
] as const;

/** Name, place and class of a device; an admin may change those of every device. */
export function DeviceDialog({ device, onClose }: { device: DeviceView; onClose(): void }) {
  const [name, setName] = useState(device.name);
  const [place, setPlace] = useState(device.place);
  const [kind, setKind] = useState(device.class);
  const save = async () => {
    await api.changeDevice(device.id, { name, place, class: kind });
    await refreshNetwork();
  };
  return (
    <ChangeDialog title={t('Edit “{name}”', { name: device.name })} onConfirm={save} onClose={onClose}>
      <Field
        label={t('Name')}
        value={name}
        onInput={setName}
        required
        autofocus
        maxLength={64}
        selectFirst={name.length}
      />
      <Field
        label={t('Place')}
        value={place}
        onInput={setPlace}
        maxLength={64}
        hint={t(
          'For example home or office. peerstor keeps copies in different places if there are several.',
        )}
      />
      <Select label={t('This device')} value={kind} options={tLabels(classes)} onChange={setKind} />
    </ChangeDialog>
  );
}

/** Asks before a device is emptied, and says what that does and does not do. */
export function DrainDialog({ device, onClose }: { device: DeviceView; onClose(): void }) {
  const drain = async () => {
    await api.drain(device.id, true);
    await refreshNetwork();
  };
  return (
    <ChangeDialog
      title={t('Move the copies on “{name}” elsewhere?', { name: device.name })}
      confirm={t('Move its copies')}
      onConfirm={drain}
      onClose={onClose}
    >
      <p>
        {t(
          'Your other devices copy everything that is on {name}, and it takes no new copies. Do this before you remove it. Until then it keeps what it has, and you can use it again at any time.',
          { name: device.name },
        )}
      </p>
      {device.usedBytes !== null && (
        <p class="muted">
          {t('{size} are on it. Your other devices need room for them.', {
            size: formatSize(device.usedBytes),
          })}
        </p>
      )}
    </ChangeDialog>
  );
}

/** Says what would be lost; losing last copies needs a second consent. */
export function RemoveDialog({ device, onClose }: { device: DeviceView; onClose(): void }) {
  const { answer: impact, error } = useQuery(() => api.impact(device.id), [device.id]);
  const [accepted, setAccepted] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const losesCopies = impact !== undefined && impact.lostChunks > 0;
  const confirm = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      await api.removeDevice(device.id, accepted);
      await refreshNetwork();
      onClose();
    } catch (cause) {
      setRefusal(cause instanceof ApiError ? cause.message : String(cause));
    }
    setBusy(false);
  };
  return (
    <Dialog
      title={t('Remove “{name}”?', { name: device.name })}
      confirm={t('Remove forever')}
      tone="danger"
      busy={busy || (losesCopies && !accepted) || (impact === undefined && error === undefined)}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      {impact && <Impact impact={impact} />}
      {error && <p class="notice warn">{error.message}</p>}
      <p>
        {t(
          'A removed device cannot come back and cannot reach your other devices. To lose nothing, move its copies elsewhere first and wait until nothing is left to copy.',
        )}
      </p>
      {(losesCopies || refusal !== null) && (
        <label>
          <input
            type="checkbox"
            checked={accepted}
            onChange={(event) => setAccepted(event.currentTarget.checked)}
          />{' '}
          {t('The device is gone, or I accept the loss of what only it has.')}
        </label>
      )}
      {refusal && (
        <p class="notice danger" role="alert">
          {refusal}
        </p>
      )}
    </Dialog>
  );
}
