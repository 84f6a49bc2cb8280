import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { EntryView } from '../../../../src/model/api.ts';
import { fileText, textBytesMax } from '../../../client/drive/content.ts';
import { formatSize } from '../../../client/words/format.ts';
import { CopyButton } from '../../../components/form/copy-field.tsx';
import { useQuery } from '../../use-query.ts';

/** A file as plain text, whatever its type: markup in it is shown, never interpreted. */
export function TextPreview({ entry }: { entry: EntryView }) {
  const { answer, error } = useQuery((signal) => fileText(entry, signal), [entry.id, entry.version]);
  const [wrap, setWrap] = useState(true);
  if (error) {
    return (
      <p class="notice danger" role="alert">
        {error.message}
      </p>
    );
  }
  if (!answer) return <p aria-busy="true">Loading…</p>;
  return (
    <div class="text">
      <div class="toolbar">
        <label class="grow">
          <input type="checkbox" checked={wrap} onChange={(event) => setWrap(event.currentTarget.checked)} />{' '}
          Wrap lines
        </label>
        <CopyButton text={answer.text} />
      </div>
      {answer.isCut && (
        <p class="notice">
          Only the first {formatSize(textBytesMax)} of {formatSize(entry.size)} are shown. Download the file
          to see all of it.
        </p>
      )}
      <Verbatim text={answer.text} wrap={wrap} />
    </div>
  );
}

/** The bytes as they are: line breaks, tabs and marks of direction belong to the text of a file (`components/shown-text.ts`). */
function Verbatim({ text, wrap }: { text: string; wrap: boolean }) {
  const block = useRef<HTMLPreElement>(null);
  useLayoutEffect(() => {
    if (block.current) block.current.textContent = text;
  }, [text]);
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls, by keys too
  return <pre ref={block} class={wrap ? 'wrap' : ''} tabIndex={0} />;
}
