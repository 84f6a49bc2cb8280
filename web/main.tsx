import './styles/index.css';
import '@preact/signals';
import { render } from 'preact';
import { LocationProvider, Route, Router } from 'preact-iso';
import { linkPath, openLink } from './client/guest.ts';
import { begin, stage } from './client/state.ts';
import { AuditView } from './views/audit.tsx';
import { DevicesView } from './views/devices.tsx';
import { DriveView } from './views/drive.tsx';
import { GuestPage } from './views/guest.tsx';
import { HealthView } from './views/health.tsx';
import { LoginView } from './views/login.tsx';
import { RegisterView } from './views/register.tsx';
import { SettingsView } from './views/settings.tsx';
import { SetupView } from './views/setup.tsx';
import { SharedView } from './views/shared.tsx';
import { Shell } from './views/shell.tsx';
import { TrashView } from './views/trash.tsx';
import { UnreachableView } from './views/unreachable.tsx';
import { UsersView } from './views/users.tsx';

function App() {
  switch (stage.value) {
    case 'unknown':
      return <div class="gate" aria-busy="true" />;
    case 'unreachable':
      return <UnreachableView />;
    case 'setup':
      return <SetupView />;
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
