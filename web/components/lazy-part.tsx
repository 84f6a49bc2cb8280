import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../words/words.ts';

/**
 * A component in a chunk of its own, loaded when it is first drawn. Until then, and where it cannot be loaded,
 * something else stands in its place; other parts of the page go on.
 */
export function lazyPart<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let loaded: ComponentType<Props> | undefined;
  return function LazyPart(props: Props) {
    // As a function in an object: a state that is a function would be called.
    const [part, setPart] = useState({ component: loaded });
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (part.component || failed) return;
      load().then(
        (component) => {
          loaded = component;
          setPart({ component });
        },
        () => setFailed(true),
      );
    }, [failed]);
    if (part.component) return <part.component {...props} />;
    if (!failed) return <p aria-busy="true" class="visually-hidden" />;
    return (
      <p class="notice danger" role="alert">
        {t('This part of the page could not be loaded. Is the device still on?')}{' '}
        <button type="button" class="button" onClick={() => setFailed(false)}>
          {t('Try again')}
        </button>
      </p>
    );
  };
}
