import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { showTitle } from '../../components/shown-text.ts';
import { LanguageSelect } from '../account/language.tsx';

interface GateProps {
  title: string;
  wide?: boolean;
  children: ComponentChildren;
}

/** A card in the middle of a page without navigation: before signing in, and for guests. */
export function Gate({ title, wide, children }: GateProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    showTitle(`${title} · peerstor`);
    // Unless a field has taken it already: whoever hears the page hears where they are.
    if (document.activeElement === document.body) heading.current?.focus();
  }, [title]);
  return (
    <main class="gate">
      <div class={`gate-card ${wide ? 'wide' : ''}`}>
        <p class="brand">
          <img src="/icon.svg" alt="" />
          peerstor
        </p>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
        <div class="language">
          <LanguageSelect />
        </div>
      </div>
    </main>
  );
}
