import './styles/index.css';
import '@preact/signals';
import { render } from 'preact';
import { LocationProvider, Route, Router } from 'preact-iso';
import { linkPath, openLink } from './client/guest.ts';
import { begin, stage } from './client/state.ts';
import { DriveView } from './views/drive/drive.tsx';
import { TrashView } from './views/drive/trash.tsx';
import { LoginView } from './views/gate/login.tsx';
import { PairGuideView } from './views/gate/pair-guide.tsx';
import { RecoveryView } from './views/gate/recovery.tsx';
import { RegisterView } from './views/gate/register.tsx';
import { SetupView } from './views/gate/setup.tsx';
import { UnreachableView } from './views/gate/unreachable.tsx';
import { AuditView } from './views/network/audit.tsx';
import { DevicesView } from './views/network/devices.tsx';
import { HealthView } from './views/network/health.tsx';
import { GuestPage } from './views/people/guest.tsx';
import { SharedView } from './views/people/shared.tsx';
import { UsersView } from './views/people/users.tsx';
import { SettingsView } from './views/settings.tsx';
import { Shell } from './views/shell.tsx';

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
    case 'login':
      return <LoginView />;
    case 'register':
      return <RegisterView />;
    case 'drive':
      return (
        <LocationProvider>
          <Shell>
            <Router>
              <Route path="/drive/:id" component={DriveView} />
              <Route path="/shared" component={SharedView} />
              <Route path="/trash" component={TrashView} />
              <Route path="/devices" component={DevicesView} />
              <Route path="/health" component={HealthView} />
              <Route path="/settings" component={SettingsView} />
              <Route path="/users" component={UsersView} />
              <Route path="/audit" component={AuditView} />
              <Route default component={DriveView} />
            </Router>
          </Shell>
        </LocationProvider>
      );
  }
}

const root = document.getElementById('app');
const shared = linkPath(location.pathname);
if (root) render(shared === undefined ? <App /> : <GuestPage link={openLink(shared)} />, root);
if (shared === undefined) void begin();
