import { useEffect, useState } from 'preact/hooks';
import type { DeviceView, ImpactView, PairingView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { ApiError } from '../../client/request.ts';
import { memberCount, refreshNetwork } from '../../client/state.ts';
import { formatCount, formatSize } from '../../client/words/format.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Field } from '../../components/form/field.tsx';
import { Select } from '../../components/form/select.tsx';
import { useQuery } from '../use-query.ts';

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
      <Dialog title="A device joined" confirm="Done" onConfirm={onClose} onClose={onClose}>
        <p class="notice ok">It is part of your network now and starts to take copies.</p>
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
        Start peerstor on the new device, open the page whose address it prints, choose “Join my other
        devices” and enter this code. Or run <code>peerstor join {pairing.code}</code> there.
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
            alt="QR code that opens a page with this code"
            src={`data:image/svg+xml;utf8,${encodeURIComponent(pairing.qr)}`}
          />
          <p class="muted numbers">
            Valid for {minutes}:{String(secondsLeft % 60).padStart(2, '0')} minutes. If the new device does
            not find this one, enter this address there: {location.host}
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
    <ChangeDialog title={`Edit “${device.name}”`} onConfirm={save} onClose={onClose}>
      <Field
        label="Name"
        value={name}
        onInput={setName}
        required
        autofocus
        maxLength={64}
        selectFirst={name.length}
      />
      <Field
        label="Place"
        value={place}
        onInput={setPlace}
        maxLength={64}
        hint="For example home or office. peerstor keeps copies in different places if there are several."
      />
      <Select label="This device" value={kind} options={classes} onChange={setKind} />
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
      title={`Move the copies on “${device.name}” elsewhere?`}
      confirm="Move its copies"
      onConfirm={drain}
      onClose={onClose}
    >
      <p>
        Your other devices copy everything that is on {device.name}, and it takes no new copies. Do this
        before you remove it. Until then it keeps what it has, and you can use it again at any time.
      </p>
      {device.usedBytes !== null && (
        <p class="muted">{formatSize(device.usedBytes)} are on it. Your other devices need room for them.</p>
      )}
    </ChangeDialog>
  );
}

/** What would be lost with a device, in a sentence. */
function impactSentence({ lostChunks, lostBytes, lostVersions, thinChunks }: ImpactView): string {
  if (lostChunks > 0) {
    const versions = formatCount(lostVersions, 'version of a file', 'versions of files');
    return `Only this device has ${formatCount(lostChunks, 'chunk', 'chunks')} (${formatSize(lostBytes)}): ${versions} would be lost forever.`;
  }
  if (thinChunks > 0) {
    return `Nothing would be lost. ${formatCount(thinChunks, 'chunk', 'chunks')} would have too few copies until they are copied again.`;
  }
  return 'Nothing would be lost. Everything would still have enough copies.';
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
      title={`Remove “${device.name}”?`}
      confirm="Remove forever"
      tone="danger"
      busy={busy || (losesCopies && !accepted) || (impact === undefined && error === undefined)}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      {impact && <p class={`notice ${losesCopies ? 'danger' : 'ok'}`}>{impactSentence(impact)}</p>}
      {error && <p class="notice warn">{error.message}</p>}
      {impact && impact.entries.length > 0 && (
        <ul class="facts" aria-label="Files that would be lost">
          {impact.entries.slice(0, 10).map((entry) => (
            <li key={entry.id}>{entry.name}</li>
          ))}
        </ul>
      )}
      <p>
        A removed device cannot come back and cannot reach your other devices. To lose nothing, move its
        copies elsewhere first and wait until nothing is left to copy.
      </p>
      {(losesCopies || refusal !== null) && (
        <label>
          <input
            type="checkbox"
            checked={accepted}
            onChange={(event) => setAccepted(event.currentTarget.checked)}
          />{' '}
          The device is gone, or I accept the loss of what only it has.
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
