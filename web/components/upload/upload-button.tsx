import { useRef } from 'preact/hooks';
import { t } from '../../words/words.ts';
import { Icon } from '../icon.tsx';

interface UploadButtonProps {
  label: string;
  disabled?: boolean;
  /** One file, in a row of a list. */
  single?: boolean;
  onFiles(files: FileList | null): void;
}

/** Opens the browser's choice of files. */
export function UploadButton({ label, disabled, single, onFiles }: UploadButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class={`button ${single ? '' : 'primary'}`}
        disabled={disabled}
        onClick={() => input.current?.click()}
      >
        <Icon name="upload" />
        {label}
      </button>
      <input
        ref={input}
        type="file"
        multiple={!single}
        hidden
        aria-label={single ? label : t('Files to upload')}
        onChange={(event) => {
          onFiles(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}
