import { useId, useState } from 'preact/hooks';
import type { EntryView } from '../../../../src/model/api.ts';
import { searchAddress, wantedIn } from '../../../client/drive/search.ts';
import { tag } from '../../../client/drive/tag-actions.ts';
import { commonTags, knownTags, tagLengthMax } from '../../../client/drive/tags.ts';
import { Icon } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';

interface TagEditorProps {
  entries: readonly EntryView[];
  /** Only shown, not changed. */
  readOnly?: boolean;
  autofocus?: boolean;
  onChanged(): void;
}

/** The tags that entries have in common: each leads to everything that has it, and can be taken away; more can be added. */
export function TagEditor({ entries, readOnly, autofocus, onChanged }: TagEditorProps) {
  const id = useId();
  const [text, setText] = useState('');
  const tags = commonTags(entries);
  const change = async (how: Parameters<typeof tag>[1]) => {
    await tag(entries, how);
    onChanged();
  };
  const add = () => {
    if (text.trim() === '') return;
    setText('');
    void change({ add: text.trim() });
  };
  return (
    <div class="tag-editor">
      <ul aria-label={t('Tags')} class="tags">
        {tags.map((name) => (
          <li key={name} class="tag">
            <a
              href={searchAddress({ ...wantedIn({}), tag: name })}
              title={t('Everything tagged “{name}”', { name })}
            >
              {name}
            </a>
            {!readOnly && (
              <button
                type="button"
                aria-label={t('Remove the tag {name}', { name })}
                onClick={() => void change({ remove: name })}
              >
                <Icon name="close" />
              </button>
            )}
          </li>
        ))}
        {tags.length === 0 && readOnly && <li class="muted">{t('No tags.')}</li>}
      </ul>
      {!readOnly && (
        <form
          class="copy"
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <input
            type="text"
            aria-label={t('New tag')}
            placeholder={t('Add a tag')}
            list={`${id}-known`}
            value={text}
            maxLength={tagLengthMax}
            autocomplete="off"
            ref={(input) => {
              if (!autofocus || !input || input.dataset.focused) return;
              input.dataset.focused = 'yes';
              input.focus();
            }}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <datalist id={`${id}-known`}>
            {knownTags.value
              .filter((name) => !tags.includes(name))
              .map((name) => (
                <option key={name} value={name} />
              ))}
          </datalist>
          <button type="submit" class="button" disabled={text.trim() === ''}>
            {t('Add')}
          </button>
        </form>
      )}
    </div>
  );
}
