import { h, render } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../../words/words.ts';

interface FilmProps {
  address: string;
  name: string;
}

/** A film that plays by ranges of its original, or a sentence where the browser cannot. */
function Film({ address, name }: FilmProps) {
  const [failed, setFailed] = useState(false);
  if (failed) return <p>{t('This browser cannot play this film. Download it to play it on your device.')}</p>;
  return (
    // biome-ignore lint/a11y/useMediaCaption: what people stored has no captions
    <video
      controls
      playsInline
      preload="metadata"
      src={address}
      aria-label={name}
      onError={() => setFailed(true)}
    />
  );
}

/** For the viewer, which is not drawn by Preact. */
export function filmElement(props: FilmProps): HTMLDivElement {
  const frame = document.createElement('div');
  frame.className = 'viewer-video';
  render(h(Film, props), frame);
  return frame;
}
