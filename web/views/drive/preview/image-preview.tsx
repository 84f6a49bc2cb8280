import { useState } from 'preact/hooks';
import { Icon } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';

interface ImagePreviewProps {
  address: string;
  name: string;
  onError(): void;
}

const scales = [1, 1.5, 2, 3, 4, 6, 8] as const;

/** An image that fits the window, or larger and scrolled, or turned for looking. */
export function ImagePreview({ address, name, onError }: ImagePreviewProps) {
  const [step, setStep] = useState(0);
  const [turns, setTurns] = useState(0);
  const zoom = (by: number) => setStep((old) => Math.max(0, Math.min(scales.length - 1, old + by)));
  const scale = scales[step] ?? 1;
  return (
    <>
      <div
        class="image"
        tabIndex={0}
        role="group"
        aria-label={name}
        onKeyDown={(event) => {
          if (event.key === '+' || event.key === '=') zoom(1);
          if (event.key === '-') zoom(-1);
          if (event.key === '0') setStep(0);
          if (event.key === 'r') setTurns((old) => old + 1);
        }}
        onDblClick={() => setStep((old) => (old === 0 ? 2 : 0))}
        onWheel={(event) => {
          if (!event.ctrlKey) return;
          event.preventDefault();
          zoom(event.deltaY < 0 ? 1 : -1);
        }}
      >
        <img
          src={address}
          alt={name}
          draggable={false}
          onError={onError}
          style={{
            inlineSize: scale === 1 ? undefined : `${scale * 100}%`,
            maxInlineSize: scale === 1 ? '100%' : 'none',
            maxBlockSize: scale === 1 ? '100%' : 'none',
            rotate: turns % 4 === 0 ? undefined : `${(turns % 4) * 90}deg`,
          }}
        />
      </div>
      <div class="zoom toolbar">
        <ZoomButton icon="zoom-out" label={t('Zoom out')} disabled={step === 0} onClick={() => zoom(-1)} />
        <span class="numbers" aria-live="polite">
          {Math.round(scale * 100)} %
        </span>
        <ZoomButton
          icon="zoom-in"
          label={t('Zoom in')}
          disabled={step === scales.length - 1}
          onClick={() => zoom(1)}
        />
        <ZoomButton icon="restore" label={t('Rotate the view')} onClick={() => setTurns(turns + 3)} />
      </div>
    </>
  );
}

interface ZoomButtonProps {
  icon: 'zoom-in' | 'zoom-out' | 'restore';
  label: string;
  disabled?: boolean;
  onClick(): void;
}

function ZoomButton({ icon, label, disabled, onClick }: ZoomButtonProps) {
  return (
    <button
      type="button"
      class="button quiet icon-only"
      aria-label={label}
      disabled={disabled ?? false}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
