import { useState } from 'preact/hooks';
import type { Source } from '../../../client/preview/content.ts';
import { useQuery } from '../../use-query.ts';
import { highlighted } from './highlighting.ts';
import { TextFrame, useText } from './text-preview.tsx';
import { useVerbatim, Verbatim } from './verbatim.tsx';

/** Code, with the number of each line and its parts in colors. */
export function CodePreview({ source }: { source: Source }) {
  const text = useText(source);
  const [wrap, setWrap] = useState(false);
  return (
    <TextFrame text={text} size={source.size} wrap={wrap} onWrap={setWrap}>
      {text.answer &&
        // A number stands beside its line only while each line is one.
        (wrap ? (
          <Verbatim text={text.answer.text} wrap />
        ) : (
          <Numbered name={source.name} text={text.answer.text} />
        ))}
    </TextFrame>
  );
}

function Numbered({ name, text }: { name: string; text: string }) {
  const colored = useQuery(() => highlighted(name, text), [name, text]);
  const code = useVerbatim<HTMLPreElement>(colored.answer ?? text);
  const count = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  const numbers = useVerbatim<HTMLPreElement>(
    Array.from({ length: count }, (_, index) => index + 1).join('\n'),
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: code that scrolls, by keys too
    <div class="numbered" tabIndex={0}>
      <pre ref={numbers} class="line-numbers" aria-hidden="true" />
      <pre ref={code} class="code-lines" />
    </div>
  );
}
