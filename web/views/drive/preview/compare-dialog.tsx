import { useEffect, useRef } from 'preact/hooks';
import type { EntryView, VersionView } from '../../../../src/model/api.ts';
import { sourceOf, textOf } from '../../../client/preview/content.ts';
import { type DiffRow, diffOf } from '../../../client/preview/line-diff.ts';
import { formatFullTime } from '../../../client/words/format.ts';
import { Icon } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';
import { useQuery } from '../../use-query.ts';
import { useVerbatim } from './verbatim.tsx';

interface CompareProps {
  entry: EntryView;
  version: VersionView;
  onClose(): void;
}

/** More lines than this are not drawn. */
const linesMax = 5000;

/** A former version of a text beside the current one, line by line. */
export function CompareDialog({ entry, version, onClose }: CompareProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { answer, error } = useQuery(
    async (signal) => {
      const [before, after] = await Promise.all([
        textOf(sourceOf(entry, version), signal),
        textOf(sourceOf(entry), signal),
      ]);
      return { diff: diffOf(before.text, after.text), isCut: before.isCut || after.isCut };
    },
    [entry.id, version.id],
  );
  const diff = answer?.diff;
  return (
    <dialog ref={dialog} class="preview" aria-labelledby="compare-title" onClose={onClose}>
      <header class="toolbar">
        <Icon name="compare" />
        <h2 id="compare-title" class="grow ellipsis">
          {t('Changes in {name}', { name: entry.name })}
        </h2>
        {diff && (
          <span class="muted numbers">{t('{added} {added|line|lines} added, {removed} removed', diff)}</span>
        )}
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={t('Close comparison')}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="stage">
        {error && (
          <p class="notice danger" role="alert">
            {error.message}
          </p>
        )}
        {!answer && !error && <p aria-busy="true">{t('Comparing…')}</p>}
        {answer && !diff && (
          <p class="notice">
            {t('These versions are too different to be compared. Look at each by itself.')}
          </p>
        )}
        {diff && (
          <div class="text">
            {(answer.isCut || diff.rows.length > linesMax) && (
              <p class="notice">{t('Only the beginning of these versions is compared.')}</p>
            )}
            {diff.added + diff.removed === 0 && <p class="notice ok">{t('Both versions are alike.')}</p>}
            <DiffTable
              rows={diff.rows.slice(0, linesMax)}
              before={version.name ?? formatFullTime(version.modifiedAt)}
            />
          </div>
        )}
      </div>
    </dialog>
  );
}

function DiffTable({ rows, before }: { rows: readonly DiffRow[]; before: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls, by keys too
    <div class="sheet-table diff" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{before}</th>
            <th scope="col">{t('Now')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => {
            const isSame = row.before === row.after;
            return (
              <tr key={index}>
                <Line text={row.before} mark={isSame ? '' : 'removed'} />
                <Line text={row.after} mark={isSame ? '' : 'added'} />
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const signs = { added: '+ ', removed: '− ', '': '  ' } as const;

/** A sign beside the color says what became of a line. */
function Line({ text, mark }: { text: string | null; mark: keyof typeof signs }) {
  const cell = useVerbatim<HTMLTableCellElement>(text === null ? '' : `${signs[mark]}${text}`);
  return <td ref={cell} class={text === null ? 'absent' : mark} />;
}
