import { useState } from 'preact/hooks';
import type { EntryView, VersionView } from '../../../../src/model/api.ts';
import { api } from '../../../client/api.ts';
import { isText, previewOf } from '../../../client/drive/file-kinds.ts';
import { say } from '../../../client/messages.ts';
import { mayDo } from '../../../client/sharing.ts';
import { attempt, entriesRevision } from '../../../client/state.ts';
import { formatFullTime, formatSize } from '../../../client/words/format.ts';
import { ChangeDialog } from '../../../components/change-dialog.tsx';
import { Field } from '../../../components/form/field.tsx';
import { Icon, type IconName } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';
import { useQuery } from '../../use-query.ts';

interface VersionsProps {
  entry: EntryView;
  /** The file has other content now. */
  onChanged(): void;
  /** Shows the content of a version. */
  onPreview(entry: EntryView, version: VersionView): void;
  /** Shows a version beside the current one. */
  onCompare(entry: EntryView, version: VersionView): void;
}

const nameMax = 100;

/** Former contents of a file, newest first: each can be looked at, saved, brought back and named. */
export function Versions({ entry, onChanged, onPreview, onCompare }: VersionsProps) {
  const versions = useQuery(
    async () => (await api.versions(entry.id)).items,
    [entry.id],
    entriesRevision.value,
  );
  const [naming, setNaming] = useState<VersionView | null>(null);
  const restore = (version: VersionView) =>
    attempt(async () => {
      await api.restoreVersion(entry.id, version.id);
      say(
        t('“{name}” has the content of {time} again.', {
          name: entry.name,
          time: formatFullTime(version.modifiedAt),
        }),
      );
      await versions.reload();
      onChanged();
    });
  return (
    <section class="stack" aria-labelledby="details-versions">
      <h3 id="details-versions">{t('Versions')}</h3>
      {versions.error && <p class="notice danger">{versions.error.message}</p>}
      <ul aria-label={t('Versions')} class="facts-list" aria-busy={versions.loading && !versions.answer}>
        {versions.answer?.map((version) => (
          <VersionRow
            key={version.id}
            version={version}
            mayReplace={mayDo(entry).replace}
            href={api.contentUrl(entry, version.id)}
            onPreview={() => onPreview(entry, version)}
            onRestore={() => void restore(version)}
            onName={() => setNaming(version)}
            {...(isText(previewOf(entry)) && { onCompare: () => onCompare(entry, version) })}
          />
        ))}
      </ul>
      {naming && (
        <NameVersion
          entry={entry}
          version={naming}
          onClose={() => setNaming(null)}
          onDone={() => void versions.reload()}
        />
      )}
    </section>
  );
}

interface VersionRowProps {
  version: VersionView;
  mayReplace: boolean;
  href: string;
  onPreview(): void;
  onRestore(): void;
  onName(): void;
  /** Only of texts. */
  onCompare?(): void;
}

function VersionRow({ version, mayReplace, href, ...on }: VersionRowProps) {
  const time = formatFullTime(version.modifiedAt);
  return (
    <li>
      <div>
        {version.name !== null && <strong class="ellipsis block">{version.name}</strong>}
        <span class={version.name === null ? '' : 'muted'}>{time}</span>
        <div class="muted numbers">
          {formatSize(version.size)}
          {version.current && ` · ${t('current')}`}
        </div>
      </div>
      <div class="toolbar tight">
        <RowButton icon="eye" label={t('Show the version of {time}', { time })} onClick={on.onPreview} />
        {!version.current && on.onCompare && (
          <RowButton
            icon="compare"
            label={t('Compare the version of {time} with the current one', { time })}
            onClick={on.onCompare}
          />
        )}
        <a
          class="button quiet icon-only"
          href={href}
          download
          aria-label={t('Download the version of {time}', { time })}
          title={t('Download')}
        >
          <Icon name="download" />
        </a>
        {mayReplace && (
          <RowButton icon="rename" label={t('Name the version of {time}', { time })} onClick={on.onName} />
        )}
        {mayReplace && !version.current && (
          <RowButton
            icon="restore"
            label={t('Restore the version of {time}', { time })}
            onClick={on.onRestore}
          />
        )}
      </div>
    </li>
  );
}

function RowButton({ icon, label, onClick }: { icon: IconName; label: string; onClick(): void }) {
  return (
    <button type="button" class="button quiet icon-only" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

interface NameVersionProps {
  entry: EntryView;
  version: VersionView;
  onClose(): void;
  onDone(): void;
}

function NameVersion({ entry, version, onClose, onDone }: NameVersionProps) {
  const [name, setName] = useState(version.name ?? '');
  const save = async () => {
    await api.nameVersion(entry.id, version.id, name.trim() === '' ? null : name);
    onDone();
  };
  return (
    <ChangeDialog title={t('Name this version')} onConfirm={save} onClose={onClose}>
      <Field
        label={t('Name')}
        value={name}
        onInput={setName}
        autofocus
        maxLength={nameMax}
        hint={t('A version with a name is kept for good. Leave the field empty to take the name away.')}
      />
    </ChangeDialog>
  );
}
