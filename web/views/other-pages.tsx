import { otherPages } from '../client/network/other-pages.ts';
import { t } from '../words/words.ts';

/** The same view at the other devices, as links; nothing where none is known. */
export function OtherPages() {
  const pages = otherPages.value;
  if (pages.length === 0) return null;
  const { pathname, search } = location;
  return (
    <ul class="toolbar" aria-label={t('Your other devices')}>
      {pages.map(({ deviceId, name, address }) => (
        <li key={deviceId}>
          <a class="button" href={new URL(pathname + search, address).href}>
            {name} · {new URL(address).host}
          </a>
        </li>
      ))}
    </ul>
  );
}
