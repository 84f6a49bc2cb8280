import type { EntryView } from '../../../../src/model/api.ts';
import { iconOf } from '../../../client/drive/file-kinds.ts';
import { signedAddress } from '../../../client/session-proof.ts';
import { formatFullTime, formatSize } from '../../../client/words/format.ts';
import { Icon } from '../../../components/icon.tsx';
import { nameOf } from '../../../components/list/breadcrumbs.tsx';
import { blurred } from '../../../components/list/entry-picture.tsx';
import { t } from '../../../words/words.ts';

/** A picture of the entry where there is one, else its icon; it opens the entry. */
export function Picture({ entry, onOpen }: { entry: EntryView; onOpen(): void }) {
  return (
    <button
      type="button"
      class="details-picture"
      aria-label={t('Open {name}', { name: nameOf(entry) })}
      onClick={onOpen}
    >
      {entry.thumbnail === null ? (
        <Icon name={iconOf(entry)} class={`large ${entry.kind === 'folder' ? 'folder' : 'kind'}`} />
      ) : (
        <img
          key={entry.version}
          src={signedAddress(`${entry.thumbnail}?size=720`, entry)}
          alt=""
          style={blurred(entry.media?.thumbhash ?? null)}
        />
      )}
    </button>
  );
}

/** What an entry is, as rows of term and fact. */
export function Facts({ entry }: { entry: EntryView }) {
  const { media } = entry;
  return (
    <dl class="work">
      <Fact term={t('Type')}>
        {entry.kind === 'folder' ? t('Folder') : (entry.mime ?? t('unknown^type'))}
      </Fact>
      {sizeOf(entry) && <Fact term={t('Size')}>{sizeOf(entry)}</Fact>}
      <Fact term={t('Modified')}>{formatFullTime(entry.modifiedAt)}</Fact>
      <Fact term={t('Added')}>{formatFullTime(entry.createdAt)}</Fact>
      {entry.owner && <Fact term={t('Owner')}>{t('owned by {owner}', { owner: entry.owner })}</Fact>}
      {media && media.width > 0 && (
        <Fact term={t('Dimensions')}>
          {media.width} × {media.height}
        </Fact>
      )}
      {media?.takenAt && <Fact term={t('Taken^picture')}>{formatFullTime(media.takenAt)}</Fact>}
      {media?.camera && <Fact term={t('Camera')}>{media.camera}</Fact>}
    </dl>
  );
}

function Fact({ term, children }: { term: string; children: preact.ComponentChildren }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </>
  );
}

function sizeOf({ kind, size, totalSize, totalCount }: EntryView): string {
  if (kind === 'file') return formatSize(size);
  if (totalSize === null || totalCount === null) return '';
  return `${formatSize(totalSize)}, ${t('{count} {count|file|files}', { count: totalCount })}`;
}
