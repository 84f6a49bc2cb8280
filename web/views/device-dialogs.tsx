import { useEffect, useState } from 'preact/hooks';
import type { DeviceView, ImpactView, PairingView } from '../../src/model/api.ts';
import { api } from '../client/api.ts';
import { formatCount, formatSize } from '../client/format.ts';
import { ApiError } from '../client/request.ts';
import { memberCount, refreshNetwork } from '../client/state.ts';
import { ChangeDialog } from '../components/change-dialog.tsx';
import { Dialog } from '../components/dialog.tsx';
import { Field } from '../components/field.tsx';
import { Select } from '../components/select.tsx';
import { useAsked } from './use-asked.ts';

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

const classes = [
  { value: 'always-on', label: 'is always on' },
  { value: 'sleeper', label: 'sleeps at times' },
] as const;

/** What people say of a device: an admin may say it of every one. */
export function DeviceDialog({ device, onClose }: { device: DeviceView; onClose(): void }) {
  const [name, setName] = useState(device.name);
  const [place, setPlace] = useState(device.place);
  const [kind, setKind] = useState(device.class);
  const save = async () => {
    await api.changeDevice(device.id, { name, place, class: kind });
    await refreshNetwork();
  };
  return (
    <ChangeDialog title={`Change “${device.name}”`} onConfirm={save} onClose={onClose}>
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
        hint="Such as home or office. Copies are kept in different places where there are several."
      />
      <Select label="This device" value={kind} options={classes} onChange={setKind} />
    </ChangeDialog>
  );
}

/** What would go with a device, in a sentence. */
function impactSentence({ lostChunks, lostBytes, lostVersions, thinChunks }: ImpactView): string {
  if (lostChunks > 0) {
    const versions = formatCount(lostVersions, 'version of a file', 'versions of files');
    return `Only this device has ${formatCount(lostChunks, 'chunk', 'chunks')} (${formatSize(lostBytes)}): ${versions} would be lost for ever.`;
  }
  if (thinChunks > 0) {
    return `Nothing would be lost. ${formatCount(thinChunks, 'chunk', 'chunks')} would have fewer copies than wanted until they are copied again.`;
  }
  return 'Nothing would be lost, and everything would still have the copies it should have.';
}

/** Says what would be lost before it is done; what would lose last copies is asked for twice. */
export function RemoveDialog({ device, onClose }: { device: DeviceView; onClose(): void }) {
  const { answer: impact, error } = useAsked(() => api.impact(device.id), [device.id]);
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
      confirm="Remove for ever"
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
        It cannot come back, and cannot reach the others any more. To lose nothing, empty it first and wait
        until nothing is left on it.
      </p>
      {(losesCopies || refusal !== null) && (
        <label>
          <input
            type="checkbox"
            checked={accepted}
            onChange={(event) => setAccepted(event.currentTarget.checked)}
          />{' '}
          It is gone, or I give up what only it has.
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
