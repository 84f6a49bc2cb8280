import { h, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { photosApi } from '../../../client/photos/photos-api.ts';
import { t } from '../../../words/words.ts';

interface FilmProps {
  id: string;
  /** Of the original. */
  address: string;
  /** Of the smaller copy that the device makes where the browser cannot play the original. */
  smaller: string;
  name: string;
}

/** The smaller copy grows for minutes; its share is asked for so often. */
const askMs = 1500;

/** A film that plays by ranges of its original, or of a smaller copy where the browser cannot play that. */
function Film({ id, address, smaller, name }: FilmProps) {
  const [failed, setFailed] = useState(false);
  const [isSmaller, setSmaller] = useState(false);
  if (failed && isSmaller)
    return <p>{t('This browser cannot play this film. Download it to play it on your device.')}</p>;
  if (failed) {
    return (
      <MakeSmaller
        id={id}
        onReady={() => {
          setSmaller(true);
          setFailed(false);
        }}
      />
    );
  }
  return (
    // biome-ignore lint/a11y/useMediaCaption: what people stored has no captions
    <video
      key={`${isSmaller}`}
      controls
      playsInline
      autoplay={isSmaller}
      preload="metadata"
      src={isSmaller ? smaller : address}
      aria-label={name}
      onError={() => setFailed(true)}
    />
  );
}

/** Asks the device for a copy that every browser plays, and tells how far it is. */
function MakeSmaller({ id, onReady }: { id: string; onReady(): void }) {
  const [progress, setProgress] = useState<number | null | undefined>();
  const [problem, setProblem] = useState<string | undefined>();
  const isMaking = progress !== undefined && problem === undefined;
  const make = async () => {
    setProblem(undefined);
    try {
      const answer = await photosApi.makeRendition(id);
      if (answer) setProgress(answer.progress);
      else onReady();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  useEffect(() => {
    if (!isMaking) return;
    // The same question tells how far it is, and answers with nothing when the copy is there.
    const timer = setInterval(() => void make(), askMs);
    return () => clearInterval(timer);
  }, [isMaking]);
  return (
    <div class="film-problem">
      <p>{t('This browser cannot play this film. Download it to play it on your device.')}</p>
      {problem && <p role="alert">{problem}</p>}
      {isMaking ? (
        <p role="status">
          {t('A smaller copy is being made: {percent} %', { percent: Math.round((progress ?? 0) * 100) })}
        </p>
      ) : (
        <button type="button" class="button" onClick={() => void make()}>
          {t('Make a smaller copy that plays here')}
        </button>
      )}
    </div>
  );
}

/** For the viewer, which is not drawn by Preact. */
export function filmElement(props: FilmProps): HTMLDivElement {
  const frame = document.createElement('div');
  frame.className = 'viewer-video';
  render(h(Film, props), frame);
  return frame;
}
