import { useState } from 'preact/hooks';
import type { EntryView } from '../../../../src/model/api.ts';
import { iconOf, previewOf } from '../../../client/drive/file-kinds.ts';
import type { Source } from '../../../client/preview/content.ts';
import { signedAddress } from '../../../client/session-proof.ts';
import { Icon } from '../../../components/icon.tsx';
import { lazyPart } from '../../../components/lazy-part.tsx';
import { t } from '../../../words/words.ts';
import { ImagePreview } from './image-preview.tsx';
import { TextPreview } from './text-preview.tsx';

const CodePreview = lazyPart(async () => (await import('./code-preview.tsx')).CodePreview);
const MarkdownPreview = lazyPart(async () => (await import('./markdown-preview.tsx')).MarkdownPreview);
const PdfPreview = lazyPart(async () => (await import('./pdf-preview.tsx')).PdfPreview);
const TablePreview = lazyPart(async () => (await import('./table-preview.tsx')).TablePreview);
const ZipPreview = lazyPart(async () => (await import('./zip-preview.tsx')).ZipPreview);
const UnpackedPreview = lazyPart(async () => (await import('./unpacked-preview.tsx')).UnpackedPreview);

export interface StageProps {
  source: Source;
  /** Address that saves it; absent for what is inside of an archive. */
  saveAddress?: string | undefined;
  /** A picture for a sound. */
  cover?: EntryView | undefined;
}

/** The content itself, as its kind is shown. */
export function Stage(props: StageProps) {
  const { source, cover } = props;
  const [failed, setFailed] = useState(false);
  const onError = () => setFailed(true);
  switch (failed ? 'none' : previewOf(source)) {
    case 'image':
      return <ImagePreview address={source.address} name={source.name} onError={onError} />;
    case 'video':
      // biome-ignore lint/a11y/useMediaCaption: what people store has the captions it has
      return <video src={source.address} controls autoplay aria-label={source.name} onError={onError} />;
    case 'audio':
      return <Sound source={source} cover={cover} onError={onError} />;
    case 'markdown':
      return <MarkdownPreview source={source} />;
    case 'table':
      return <TablePreview source={source} />;
    case 'zip':
      return <ZipPreview source={source} show={(inside) => <Stage source={inside} />} />;
    case 'compressed':
      return <UnpackedPreview source={source} show={(inside) => <Stage source={inside} />} />;
    case 'code':
      return <CodePreview source={source} />;
    case 'text':
      return <TextPreview source={source} />;
    case 'pdf':
      return <PdfPreview source={source} />;
    case 'none':
      return <NoPreview {...props} failed={failed} />;
  }
}

interface SoundProps {
  source: Source;
  cover: EntryView | undefined;
  onError(): void;
}

function Sound({ source, cover, onError }: SoundProps) {
  return (
    <figure class="sound">
      {cover?.thumbnail ? (
        <img src={signedAddress(`${cover.thumbnail}?size=720`, cover)} alt="" />
      ) : (
        <Icon name="file-audio" class="large" />
      )}
      <figcaption class="ellipsis">{source.name}</figcaption>
      {/* biome-ignore lint/a11y/useMediaCaption: what people store has the captions it has */}
      <audio src={source.address} controls autoplay aria-label={source.name} onError={onError} />
    </figure>
  );
}

function NoPreview({ source, saveAddress, failed }: StageProps & { failed: boolean }) {
  return (
    <div class="empty">
      <Icon name={iconOf({ ...source, kind: 'file' })} class="large" />
      <p>
        {failed
          ? t('This file cannot be shown: its format is not supported, or it cannot be reached right now.')
          : t('This kind of file has no preview.')}
      </p>
      {saveAddress && (
        <>
          <a class="button primary" href={saveAddress} download>
            <Icon name="download" />
            {t('Download')}
          </a>
          <a class="button" href={source.address} target="_blank" rel="noreferrer">
            {t('Open in a new tab')}
          </a>
        </>
      )}
    </div>
  );
}
