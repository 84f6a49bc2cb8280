import './styles/index.css';
import '@preact/signals';
import './components/shown-text.ts';
import { render } from 'preact';
import { ErrorBoundary, LocationProvider, lazy, Route, Router } from 'preact-iso';
import { linkPath, openLink } from './client/guest.ts';
import { beginSharing, keepPage } from './client/installed-page.ts';
import { begin, stage } from './client/state.ts';
import { DriveView } from './views/drive/drive.tsx';
import { RecentView, SearchView, StarredView } from './views/drive/gathered.tsx';
import { TrashView } from './views/drive/trash.tsx';
import { LoginView } from './views/gate/login.tsx';
import { UnreachableView } from './views/gate/unreachable.tsx';
import { Shell } from './views/shell.tsx';
import { speakChosen } from './words/language.ts';

// What most visits do not need is loaded when it is asked for.
const gates = () => import('./views/gate/first-steps.ts');
const SetupView = lazy(async () => (await gates()).SetupView);
const PairGuideView = lazy(async () => (await gates()).PairGuideView);
const RecoveryView = lazy(async () => (await gates()).RecoveryView);
const LendView = lazy(async () => (await gates()).LendView);
const RegisterView = lazy(async () => (await gates()).RegisterView);
const RecoverView = lazy(async () => (await gates()).RecoverView);
const SharedView = lazy(async () => (await import('./views/people/shared.tsx')).SharedView);
const UsersView = lazy(async () => (await import('./views/people/users.tsx')).UsersView);
const SettingsView = lazy(async () => (await import('./views/settings.tsx')).SettingsView);
const photos = () => import('./views/photos/index.ts');
const PhotosView = lazy(async () => (await photos()).PhotosView);
const MapPage = lazy(async () => (await photos()).MapPage);
const ArchivedView = lazy(async () => (await photos()).ArchivedView);
const HiddenView = lazy(async () => (await photos()).HiddenView);
const DuplicatesView = lazy(async () => (await photos()).DuplicatesView);
const AlbumsView = lazy(async () => (await photos()).AlbumsView);
const AlbumView = lazy(async () => (await photos()).AlbumView);
const network = () => import('./views/network/index.ts');
const DevicesView = lazy(async () => (await network()).DevicesView);
const HealthView = lazy(async () => (await network()).HealthView);
const BackupsView = lazy(async () => (await network()).BackupsView);
const AuditView = lazy(async () => (await network()).AuditView);

function App() {
  switch (stage.value) {
    case 'unknown':
      return <div class="gate" aria-busy="true" />;
    case 'unreachable':
      return <UnreachableView />;
    case 'setup':
      return <SetupView />;
    case 'pair-guide':
      return <PairGuideView />;
    case 'recovery':
      return <RecoveryView />;
    case 'lend':
      return <LendView />;
    case 'recover':
      return <RecoverView />;
    case 'login':
      return <LoginView />;
    case 'register':
      return <RegisterView />;
    case 'drive':
      return (
        <LocationProvider>
          <Shell>
            <ErrorBoundary>
              <Router>
                <Route path="/drive/:id" component={DriveView} />
                <Route path="/photos" component={PhotosView} />
                <Route path="/photos/map" component={MapPage} />
                <Route path="/photos/archived" component={ArchivedView} />
                <Route path="/photos/hidden" component={HiddenView} />
                <Route path="/photos/duplicates" component={DuplicatesView} />
                <Route path="/photos/albums" component={AlbumsView} />
                <Route path="/photos/albums/:id" component={AlbumView} />
                <Route path="/recent" component={RecentView} />
                <Route path="/starred" component={StarredView} />
                <Route path="/search" component={SearchView} />
                <Route path="/shared" component={SharedView} />
                <Route path="/trash" component={TrashView} />
                <Route path="/devices" component={DevicesView} />
                <Route path="/health" component={HealthView} />
                <Route path="/settings" component={SettingsView} />
                <Route path="/users" component={UsersView} />
                <Route path="/backups" component={BackupsView} />
                <Route path="/audit" component={AuditView} />
                <Route default component={DriveView} />
              </Router>
            </ErrorBoundary>
          </Shell>
        </LocationProvider>
      );
  }
}

/** Draws what the address asks for: the page of a link, or the drive and what comes before it. */
async function draw(root: HTMLElement): Promise<void> {
  beginSharing();
  // Drawn earlier, it would be in English first.
  await speakChosen();
  const shared = linkPath(location.pathname);
  if (shared !== undefined) {
    const { GuestPage } = await import('./views/people/guest.tsx');
    render(<GuestPage link={openLink(shared)} />, root);
    return;
  }
  render(
    <ErrorBoundary>
      <App />
    </ErrorBoundary>,
    root,
  );
  await begin();
  await keepPage();
}

const root = document.getElementById('app');
if (root) void draw(root);
