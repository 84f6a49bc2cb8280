import { useState } from 'preact/hooks';

export interface Chooser<About> {
  readonly input: { current: HTMLInputElement | null };
  /** Opens the browser's choice of files. */
  choose(about: About): void;
  chosen(files: readonly File[]): void;
}

/**
 * A file dialog without a button of its own, for menus and keys.
 * @param onFiles gets what `choose` was told
 * @param first what files are about that come before anything was chosen
 */
export function useFileChooser<About>(
  onFiles: (about: About, files: readonly File[]) => void,
  first: About | null = null,
): Chooser<About> {
  const [kept] = useState(() => ({
    input: { current: null as HTMLInputElement | null },
    about: first,
  }));
  return {
    input: kept.input,
    choose(about) {
      kept.about = about;
      kept.input.current?.click();
    },
    chosen(files) {
      if (kept.about !== null) onFiles(kept.about, files);
    },
  };
}

interface FileChooserProps {
  label: string;
  chooser: Pick<Chooser<never>, 'input' | 'chosen'>;
  multiple?: boolean;
  /** Whole folders in place of files. */
  folder?: boolean;
}

export function FileChooser({ label, chooser, multiple, folder }: FileChooserProps) {
  return (
    <input
      ref={(input) => {
        chooser.input.current = input;
        if (input && folder) input.webkitdirectory = true;
      }}
      type="file"
      hidden
      multiple={multiple ?? false}
      aria-label={label}
      onChange={(event) => {
        chooser.chosen([...(event.currentTarget.files ?? [])]);
        event.currentTarget.value = '';
      }}
    />
  );
}
