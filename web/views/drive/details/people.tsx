import type { AccessView, EntryView, ShareView } from '../../../../src/model/api.ts';
import { api } from '../../../client/api.ts';
import { rightsWords, sharing } from '../../../client/sharing.ts';
import { entriesRevision } from '../../../client/state.ts';
import { formatFullTime } from '../../../client/words/format.ts';
import { nameOf } from '../../../components/list/breadcrumbs.tsx';
import { t } from '../../../words/words.ts';
import { useQuery } from '../../use-query.ts';

export interface Reach {
  people: AccessView[];
  /** Live links to the entry itself. */
  links: ShareView[];
  /** Who reaches it because a folder around it is shared. */
  inherited: { folder: EntryView; people: AccessView[]; links: ShareView[] }[];
}

/** Who else can open an entry of the own drive. */
export async function reachOf(entry: EntryView): Promise<Reach> {
  const [people, all, { items: around }] = await Promise.all([
    sharing.access(entry.id),
    sharing.links(),
    api.ancestors(entry.id),
  ]);
  const linksTo = (id: string) =>
    all.items.filter(({ entryId, state }) => entryId === id && state === 'live');
  // The root itself is shared with nobody.
  const folders = around.filter(({ parentId }) => parentId !== null);
  const inherited = await Promise.all(
    folders.map(async (folder) => ({
      folder,
      people: (await sharing.access(folder.id)).items,
      links: linksTo(folder.id),
    })),
  );
  return {
    people: people.items,
    links: linksTo(entry.id),
    inherited: inherited.filter(({ people, links }) => people.length + links.length > 0),
  };
}

/** Who has access to an entry, directly or by a folder around it, and the way to change that. */
export function People({ entry, onShare }: { entry: EntryView; onShare(): void }) {
  const { answer, error } = useQuery(() => reachOf(entry), [entry.id], entriesRevision.value);
  const isAlone = answer && answer.people.length + answer.links.length + answer.inherited.length === 0;
  return (
    <section class="stack" aria-labelledby="details-people">
      <h3 id="details-people">{t('Who has access')}</h3>
      {error && <p class="notice warn">{error.message}</p>}
      {isAlone && <p class="muted">{t('Only you.')}</p>}
      <ul aria-label={t('Who has access')} class="facts-list">
        {answer?.people.map((person) => (
          <PersonRow key={person.username} person={person} />
        ))}
        {answer?.links.map((link) => (
          <LinkRow key={link.id} link={link} />
        ))}
        {answer?.inherited.flatMap(({ folder, people, links }) => [
          ...people.map((person) => (
            <PersonRow key={`${folder.id}${person.username}`} person={person} by={folder} />
          )),
          ...links.map((link) => <LinkRow key={link.id} link={link} by={folder} />),
        ])}
      </ul>
      <button type="button" class="button" onClick={onShare}>
        {t('Manage access')}
      </button>
    </section>
  );
}

/** Nothing where it is the entry itself that is shared. */
function byWords(folder: EntryView | undefined): string[] {
  return folder ? [t('by the folder “{name}”', { name: nameOf(folder) })] : [];
}

function PersonRow({ person, by }: { person: AccessView; by?: EntryView }) {
  return (
    <li>
      <div>
        <strong class="ellipsis block">{person.username}</strong>
        <div class="muted">{[t(rightsWords[person.rights]), ...byWords(by)].join(', ')}</div>
      </div>
    </li>
  );
}

function LinkRow({ link, by }: { link: ShareView; by?: EntryView }) {
  return (
    <li>
      <div>
        <strong class="ellipsis block">{t('Anyone with the link')}</strong>
        <div class="muted">
          {[
            t(rightsWords[link.rights]),
            ...(link.hasPassword ? [t('with a password')] : []),
            ...(link.expiresAt === null ? [] : [t('until {time}', { time: formatFullTime(link.expiresAt) })]),
            ...byWords(by),
          ].join(', ')}
        </div>
      </div>
    </li>
  );
}
