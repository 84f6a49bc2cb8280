import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { takeSharedFiles } from '../client/installed-page.ts';
import { messages, say, unsay } from '../client/messages.ts';
import { type PickedFile, pickedFiles } from '../client/picked-files.ts';
import { attempt, devices, feed, health, memberCount, signOut, uploads, user } from '../client/state.ts';
import { addAsking, findBelow, folderLister } from '../client/uploads/conflicts.ts';
import { below } from '../client/uploads/send.ts';
import { forgetUnfinished, keepUnfinished, matchAgain, unfinished } from '../client/uploads/unfinished.ts';
import { formatSize } from '../client/words/format.ts';
import { networkWords } from '../client/words/safety.ts';
import { Icon, type IconName } from '../components/icon.tsx';
import { Messages } from '../components/messages.tsx';
import { showTitle } from '../components/shown-text.ts';
import { ConflictDialog } from '../components/upload/conflict-dialog.tsx';
import { DropAnywhere } from '../components/upload/drop-anywhere.tsx';
import { UnfinishedUploads } from '../components/upload/unfinished-uploads.tsx';
import { UploadPanel } from '../components/upload/upload-panel.tsx';
import { type PlainPhrase, spoken, t } from '../words/words.ts';
import { SearchField } from './drive/search-field.tsx';
import { dropTarget } from './drop-target.ts';
import { OtherPages } from './other-pages.tsx';
import { useMedia } from './use-media.ts';
import { useUndoKeys } from './use-undo-keys.ts';

const places: { href: string; label: PlainPhrase; icon: IconName; matches: RegExp }[] = [
  { href: '/', label: 'Drive', icon: 'folder', matches: /^\/(drive|$)/ },
  { href: '/photos', label: 'Photos', icon: 'photos', matches: /^\/photos/ },
  { href: '/recent', label: 'Recent', icon: 'clock', matches: /^\/recent/ },
  { href: '/starred', label: 'Starred', icon: 'star', matches: /^\/starred/ },
  { href: '/shared', label: 'Shared', icon: 'share', matches: /^\/shared/ },
  { href: '/trash', label: 'Trash', icon: 'trash', matches: /^\/trash/ },
  { href: '/devices', label: 'Devices', icon: 'devices', matches: /^\/devices/ },
  { href: '/health', label: 'Health', icon: 'health', matches: /^\/health/ },
];

/** A phone has room for six; the others are above the list of the drive there, and part of it. */
const onPhones = ['/', '/photos', '/shared', '/trash', '/devices', '/health'];
const inDriveOnPhones = /^\/(recent|starred|search)/;

/** Of views that are not in the navigation. */
const titles: Readonly<Record<string, PlainPhrase>> = {
  '/search': 'Search',
  '/settings': 'Settings',
  '/users': 'Users',
  '/audit': 'Audit log',
  '/backups': 'Backups',
};

const drop = (transfer: DataTransfer) => dropTarget.value?.onDrop(transfer);
const refuseDrop = () =>
  say(t('Files can be dropped while a folder of your drive is open. Open one, then drop them again.'));

/** What another app shared goes into the root of the drive, as if it were dropped there. */
async function uploadShared(): Promise<void> {
  const files = await takeSharedFiles();
  if (files.length === 0) return;
  await addAsking(uploads, below('root', pickedFiles(files)), folderLister('/api/v1'), findBelow);
  say(t('What you shared goes into My drive.'));
}

function goOn(picked: PickedFile[]): void {
  const { sources, others } = matchAgain(picked, unfinished.value);
  uploads.add(sources);
  if (others === 0) return;
  say(
    t(
      '{count} {count|file|files} that you chose {count|is|are} not among the unfinished ones, by name, size and date. Upload {count|it|them} as usual.',
      { count: others },
    ),
  );
}

/** What stays around every view: navigation, health in one sentence, uploads, messages. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { path, route } = useLocation();
  const isPhone = useMedia('(max-width: 700px)');
  const isCurrent = (href: string, matches: RegExp) =>
    matches.test(path) || (isPhone && href === '/' && inDriveOnPhones.test(path));
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (uploads.busy) event.preventDefault();
    };
    const keep = () => {
      if (user.value) keepUnfinished(user.value.id, uploads.items);
    };
    addEventListener('beforeunload', warn);
    addEventListener('pagehide', keep);
    // A phone ends a page that is not seen without a word.
    document.addEventListener('visibilitychange', keep);
    return () => {
      removeEventListener('beforeunload', warn);
      removeEventListener('pagehide', keep);
      document.removeEventListener('visibilitychange', keep);
    };
  }, []);
  useEffect(() => {
    const place = places.find(({ matches }) => matches.test(path));
    const label = place?.label ?? titles[path];
    showTitle(label ? `${t(label)} · peerstor` : 'peerstor');
  }, [path, spoken.value]);

  useEffect(() => void uploadShared(), []);
  useUndoKeys();

  /** Whoever signs in next begins at the root, not where this user was. */
  const leave = async () => {
    await signOut();
    route('/', true);
  };

  return (
    <div class="shell">
      <a class="skip" href="#content">
        {t('Skip to content')}
      </a>
      <header class="topbar">
        <a class="brand" href="/">
          <img src="/icon.svg" alt="" />
          peerstor
        </a>
        <SearchField />
        <HealthLine />
        <a class="button quiet" href="/settings" aria-current={path === '/settings' ? 'page' : undefined}>
          <Icon name="settings" />
          <span class="visually-hidden">{t('Settings of^user')} </span>
          <span class="user">{user.value?.username}</span>
        </a>
        <button type="button" class="button quiet" onClick={() => void attempt(leave)}>
          <Icon name="sign-out" />
          <span class="label">{t('Sign out')}</span>
        </button>
      </header>
      <nav class="nav" aria-label={t('Main^navigation')}>
        {places.map(({ href, label, icon, matches }) => (
          <a
            key={href}
            href={href}
            class={onPhones.includes(href) ? '' : 'wide'}
            aria-current={isCurrent(href, matches) ? 'page' : undefined}
          >
            <Icon name={icon} />
            {t(label)}
          </a>
        ))}
        <StorageMeter />
      </nav>
      <main id="content" class="content" data-scroller tabIndex={-1}>
        <DeviceAway />
        {children}
      </main>
      <ConflictDialog />
      <div class="upload-stack">
        {unfinished.value.length > 0 && (
          <UnfinishedUploads files={unfinished.value} onPicked={goOn} onForget={forgetUnfinished} />
        )}
        <UploadPanel queue={uploads} members={memberCount.value} />
      </div>
      <DropAnywhere place={dropTarget.value?.place ?? null} onDrop={drop} onRefused={refuseDrop} />
      <Messages messages={messages.value} onClose={unsay} />
    </div>
  );
}

/** How much of the space on all devices is used; every file takes it once for each copy. */
function StorageMeter() {
  const members = devices.value.filter(({ state }) => state !== 'removed');
  const capacity = members.reduce((sum, { capacityBytes }) => sum + capacityBytes, 0);
  const used = members.reduce((sum, { usedBytes }) => sum + (usedBytes ?? 0), 0);
  if (capacity === 0) return null;
  return (
    <a class="storage wide" href="/devices">
      <meter
        class="meter"
        aria-label={t('Space used on all devices')}
        value={used / capacity}
        high={0.85}
        max={1}
      />
      <span class="muted numbers">
        {t('{used} of {capacity} used', { used: formatSize(used), capacity: formatSize(capacity) })}
      </span>
    </a>
  );
}

/** Above what was loaded before, which stays. */
function DeviceAway() {
  if (feed.liveness.value !== 'away') return null;
  return (
    <div class="notice stack" role="status">
      <p>
        {t(
          'This device is not answering; the page tries again by itself. Your other devices show the same drive.',
        )}
      </p>
      <OtherPages />
    </div>
  );
}

function HealthLine() {
  if (feed.liveness.value === 'connecting' || feed.liveness.value === 'away') {
    return (
      <span class="health-line muted">
        <i class="dot" />
        {t('Reconnecting…')}
      </span>
    );
  }
  const view = health.value;
  if (!view) return null;
  const { label, tone } = networkWords(view);
  return (
    <a class="health-line" href="/health" title={view.sentence}>
      <i class={`dot ${tone}`} />
      <span>{label}</span>
    </a>
  );
}
