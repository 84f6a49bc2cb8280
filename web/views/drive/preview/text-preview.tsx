import { useState } from 'preact/hooks';
import { type FileText, type Source, textBytesMax, textOf } from '../../../client/preview/content.ts';
import { formatSize } from '../../../client/words/format.ts';
import { CopyButton } from '../../../components/form/copy-field.tsx';
import { t } from '../../../words/words.ts';
import { type Asked, useQuery } from '../../use-query.ts';
import { Verbatim } from './verbatim.tsx';

/** A file as plain text, whatever its type: markup in it is shown, never interpreted. */
export function TextPreview({ source }: { source: Source }) {
  const text = useText(source);
  const [wrap, setWrap] = useState(true);
  return (
    <TextFrame text={text} size={source.size} wrap={wrap} onWrap={setWrap}>
      {text.answer && <Verbatim text={text.answer.text} wrap={wrap} />}
    </TextFrame>
  );
}

export function useText(source: Source): Asked<FileText> {
  return useQuery((signal) => textOf(source, signal), [source.key]);
}

interface TextFrameProps {
  text: Asked<FileText>;
  /** Of the whole file, in bytes. */
  size: number;
  wrap: boolean;
  /** Absent where lines are wrapped in any case. */
  onWrap?: ((wrap: boolean) => void) | undefined;
  /** Further tools beside that of wrapping. */
  tools?: preact.ComponentChildren;
  children: preact.ComponentChildren;
}

/** What stands around a text: how it is shown, a button that copies it, what is left out of it, and why it is not there. */
export function TextFrame({ text, size, wrap, onWrap, tools, children }: TextFrameProps) {
  const { answer, error } = text;
  if (error) {
    return (
      <p class="notice danger" role="alert">
        {error.message}
      </p>
    );
  }
  if (!answer) return <p aria-busy="true">{t('Loading…')}</p>;
  return (
    <div class="text">
      <div class="toolbar">
        <span class="grow">
          {onWrap && (
            <label>
              <input
                type="checkbox"
                checked={wrap}
                onChange={(event) => onWrap(event.currentTarget.checked)}
              />{' '}
              {t('Wrap lines')}
            </label>
          )}
        </span>
        {tools}
        <CopyButton text={answer.text} />
      </div>
      {answer.isCut && (
        <p class="notice">
          {t('Only the first {shown} of {size} are shown. Download the file to see all of it.', {
            shown: formatSize(textBytesMax),
            size: formatSize(size),
          })}
        </p>
      )}
      {children}
    </div>
  );
}
