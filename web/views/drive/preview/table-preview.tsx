import type { Source } from '../../../client/preview/content.ts';
import { parseTable } from '../../../client/preview/table.ts';
import { formatSize } from '../../../client/words/format.ts';
import { t } from '../../../words/words.ts';
import { useText } from './text-preview.tsx';

/** Comma-separated values as a table; the first row is its heading. */
export function TablePreview({ source }: { source: Source }) {
  const { answer, error } = useText(source);
  if (error) {
    return (
      <p class="notice danger" role="alert">
        {error.message}
      </p>
    );
  }
  if (!answer) return <p aria-busy="true">{t('Loading…')}</p>;
  const { rows, isCut } = parseTable(answer.text);
  const [head = [], ...body] = rows;
  return (
    <div class="text">
      {(isCut || answer.isCut) && (
        <p class="notice">
          {t('Only the first {count} rows are shown. Download the file ({size}) to see all of it.', {
            count: body.length,
            size: formatSize(source.size),
          })}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls, by keys too */}
      <div class="sheet-table" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {head.map((cell, column) => (
                <th key={column} scope="col">
                  {cell}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {body.map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
