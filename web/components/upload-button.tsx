import { useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface UploadButtonProps {
  label: string;
  disabled?: boolean;
  onFiles(files: FileList | null): void;
}

/** Opens the browser's choice of files. */
export function UploadButton({ label, disabled, onFiles }: UploadButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="button primary" disabled={disabled} onClick={() => input.current?.click()}>
        <Icon name="upload" />
        {label}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => {
          onFiles(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}
