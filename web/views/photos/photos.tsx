import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { byMonth, type Gallery, groups, timeline } from '../../client/photos/gallery.ts';
import { photosApi } from '../../client/photos/photos-api.ts';
import { entriesRevision } from '../../client/state.ts';
import { Icon } from '../../components/icon.tsx';
import { Menu, MenuItem } from '../../components/menu.tsx';
import { deviceSaid, t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';
import { AllPhotosLink } from './all-photos-link.tsx';
import { Memories } from './memories.tsx';
import { PhotoPage } from './photo-page.tsx';
import { useGallery } from './use-gallery.ts';

/** Of years, towns, countries, cameras: the most frequent ones. */
const facetsOfAKind = 5;

/** Says the word that the search takes for what has a star. */
const favorites = 'favorites';

/** All pictures and films by month, or those that a search found. */
export function PhotosView() {
  const { query } = useLocation();
  const question = query.q?.trim() ?? '';
  const gallery = useGallery(
    async (signal) =>
      question === '' ? timeline(signal) : byMonth((await photosApi.search(question, signal)).items),
    [question],
  );
  return (
    <PhotoPage
      gallery={gallery}
      title={
        question === ''
          ? t('Photos')
          : question === favorites
            ? t('Favorites')
            : t('Photos: {question}', { question })
      }
      scrubber
      tools={<PhotoTools question={question} />}
      empty={
        <>
          <Icon name="photos" class="large" />
          <p>
            {question === ''
              ? t('Pictures and films that you add to your drive appear here.')
              : t('No picture fits. Try a name, a camera, “summer 2019” or “video”.')}
          </p>
        </>
      }
    >
      <Progress />
      {question === '' ? <Memories /> : <Facets question={question} />}
    </PhotoPage>
  );
}

function PhotoTools({ question }: { question: string }) {
  const { route } = useLocation();
  const [text, setText] = useState(question);
  useEffect(() => setText(question), [question]);
  return (
    <>
      <form
        class="photo-search"
        onSubmit={(event) => {
          event.preventDefault();
          route(text.trim() === '' ? '/photos' : `/photos?${new URLSearchParams({ q: text.trim() })}`);
        }}
      >
        <input
          type="search"
          aria-label={t('Search photos')}
          placeholder={t('Search photos')}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
      {question === favorites ? (
        <AllPhotosLink />
      ) : (
        <a class="button" href={`/photos?q=${favorites}`}>
          <Icon name="star" />
          <span class="label">{t('Favorites')}</span>
        </a>
      )}
      <a class="button" href="/photos/albums">
        <Icon name="album" />
        <span class="label">{t('Albums')}</span>
      </a>
      <a class="button" href="/photos/map">
        <Icon name="map" />
        <span class="label">{t('Map')}</span>
      </a>
      <Menu label={t('More photos')}>
        <MenuItem icon="copy" label={t('Look-alikes')} onChoose={() => route('/photos/duplicates')} />
        <MenuItem icon="archive" label={t('Archived')} onChoose={() => route('/photos/archived')} />
        <MenuItem icon="hidden" label={t('Hidden')} onChoose={() => route('/photos/hidden')} />
      </Menu>
    </>
  );
}

/** What is still being read here, and why nothing is where something lacks. */
function Progress() {
  const { answer } = useQuery((signal) => photosApi.progress(signal), [], entriesRevision.value);
  if (answer?.lack) return <p class="notice warn">{deviceSaid(answer.lack)}</p>;
  if (!answer || answer.waiting === 0) return null;
  return (
    <p class="muted numbers" role="status">
      {t('{count} {count|file is|files are} being made ready on this device.', { count: answer.waiting })}
    </p>
  );
}

/** What the pictures that were found can be narrowed by; each adds its word to the question. */
function Facets({ question }: { question: string }) {
  const { answer } = useQuery((signal) => photosApi.facets(question, signal), [question]);
  if (!answer) return null;
  const asked = new Set(question.toLowerCase().split(/\s+/));
  const offered = [answer.years, answer.towns, answer.countries, answer.cameras]
    .filter((facets) => facets.length > 1)
    .flatMap((facets) => facets.slice(0, facetsOfAKind))
    .filter(
      ({ name }) =>
        !name
          .toLowerCase()
          .split(/\s+/)
          .every((word) => asked.has(word)),
    );
  if (offered.length === 0) return null;
  return (
    <nav class="tags" aria-label={t('Narrow the search')}>
      {offered.map(({ name, count }) => (
        <a key={name} class="tag" href={`/photos?${new URLSearchParams({ q: `${question} ${name}` })}`}>
          {name} <span class="numbers">{count}</span>
        </a>
      ))}
    </nav>
  );
}

/** Groups of pictures that look alike, so that all but one may go. */
export function DuplicatesView() {
  const gallery = useGallery(async (signal) => {
    const { items } = await photosApi.duplicates(signal);
    return groups(
      items.map((group, at) => [
        `${group.items[0]?.id ?? at}`,
        t('{count} look alike', { count: group.items.length }),
        group.items,
      ]),
    );
  }, []);
  return (
    <PhotoPage
      gallery={gallery}
      title={t('Look-alikes')}
      tools={<AllPhotosLink />}
      empty={
        <>
          <Icon name="copy" class="large" />
          <p>{t('No two pictures look alike.')}</p>
        </>
      }
    />
  );
}

/** What was archived: it is in searches and albums, but not in the timeline. */
export function ArchivedView() {
  const gallery = useGallery(async (signal) => byMonth((await photosApi.archived(signal)).items), []);
  return (
    <LeftOutPage
      gallery={gallery}
      title={t('Archived')}
      empty={t(
        'Nothing is archived. Archived pictures are in searches and albums, but not among all photos.',
      )}
    />
  );
}

/** What was hidden: it is nowhere but here and in its folder. */
export function HiddenView() {
  const gallery = useGallery(async (signal) => byMonth((await photosApi.hidden(signal)).items), []);
  return (
    <LeftOutPage
      gallery={gallery}
      title={t('Hidden')}
      empty={t('Nothing is hidden. Hidden pictures are only here and in their folders.')}
    />
  );
}

function LeftOutPage({ gallery, title, empty }: { gallery: Gallery; title: string; empty: string }) {
  return (
    <PhotoPage
      gallery={gallery}
      title={title}
      tools={<AllPhotosLink />}
      empty={
        <>
          <Icon name="photos" class="large" />
          <p>{empty}</p>
        </>
      }
    />
  );
}
