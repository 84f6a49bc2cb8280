import { photosApi, thumbnailOf } from '../../client/photos/photos-api.ts';
import { entriesRevision } from '../../client/state.ts';
import { blurred } from '../../components/list/entry-picture.tsx';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

/** Today, on the clock of who looks at it. */
function today(): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** This day in earlier years. */
export function Memories() {
  const { answer } = useQuery((signal) => photosApi.memories(today(), signal), [], entriesRevision.value);
  if (!answer || answer.items.length === 0) return null;
  const thisYear = new Date().getFullYear();
  return (
    <section class="memories" aria-label={t('This day in earlier years')}>
      {answer.items.map(({ year, items }) => {
        const [cover] = items;
        if (!cover) return null;
        const label = t('{count} {count|year|years} ago', { count: thisYear - year });
        return (
          <a
            key={year}
            class="memory"
            href={`/photos?${new URLSearchParams({ q: cover.takenLocal.slice(0, 10), photo: cover.id })}`}
            style={blurred(cover.thumbhash)}
          >
            {cover.hasThumbnail && (
              <img src={thumbnailOf(cover, 720)} alt="" loading="lazy" decoding="async" />
            )}
            <span>{label}</span>
          </a>
        );
      })}
    </section>
  );
}
