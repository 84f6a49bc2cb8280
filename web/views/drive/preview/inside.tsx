import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Source } from '../../../client/preview/content.ts';
import type { Unpacked } from '../../../client/preview/unpack.ts';
import { Icon } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';

/** Shows something as its own kind. */
export type Show = (source: Source) => ComponentChildren;

interface InsideProps {
  name: string;
  outside: Source;
  bytes: Unpacked | undefined;
  error: Error | undefined;
  show: Show;
  /** Absent where there is nothing else in it. */
  onBack?(): void;
}

/** What was unpacked, shown as its own kind. */
export function Inside({ name, outside, bytes, error, show, onBack }: InsideProps) {
  const source = useUnpacked(`${outside.key} ${name}`, name, bytes);
  return (
    <div class="inside">
      {onBack && (
        <div class="toolbar">
          <button type="button" class="button" onClick={onBack}>
            <Icon name="back" />
            {t('All files')}
          </button>
          <strong class="grow ellipsis">{name}</strong>
        </div>
      )}
      {error && (
        <p class="notice danger" role="alert">
          {error.message}
        </p>
      )}
      {!error && !source && <p aria-busy="true">{t('Loading…')}</p>}
      {bytes?.isCut && <p class="notice">{t('Only the beginning of this file is shown.')}</p>}
      {source && <div class="stage">{show(source)}</div>}
    </div>
  );
}

/**
 * Bytes as something that can be looked at. Elements fetch them by an address that ends with the view; what they are
 * is said by us and is never a type that a browser would run.
 */
function useUnpacked(key: string, name: string, unpacked: Unpacked | undefined): Source | undefined {
  const [source, setSource] = useState<Source>();
  useEffect(() => {
    if (!unpacked) return;
    const { bytes } = unpacked;
    const address = URL.createObjectURL(
      new Blob([bytes], { type: shownTypes[endingOf(name)] ?? 'application/octet-stream' }),
    );
    setSource({
      key,
      name,
      mime: null,
      size: bytes.length,
      address,
      read: async (start, end) => bytes.slice(start, end),
    });
    return () => URL.revokeObjectURL(address);
  }, [key, unpacked]);
  return source;
}

const endingOf = (name: string) => name.slice(name.lastIndexOf('.') + 1).toLowerCase();

/** An SVG as an image runs no script and loads nothing. */
const shownTypes: Readonly<Record<string, string>> = { svg: 'image/svg+xml' };
