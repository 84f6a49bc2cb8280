import './styles/index.css';
import '@preact/signals';
import { render } from 'preact';
import { LocationProvider, Route, Router } from 'preact-iso';
import { begin, stage } from './client/state.ts';
import { DevicesView } from './views/devices.tsx';
import { DriveView } from './views/drive.tsx';
import { HealthView } from './views/health.tsx';
import { LoginView } from './views/login.tsx';
import { SetupView } from './views/setup.tsx';
import { Shell } from './views/shell.tsx';
import { TrashView } from './views/trash.tsx';
import { UnreachableView } from './views/unreachable.tsx';

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
    case 'drive':
      return (
        <LocationProvider>
          <Shell>
            <Router>
              <Route path="/drive/:id" component={DriveView} />
              <Route path="/trash" component={TrashView} />
              <Route path="/devices" component={DevicesView} />
              <Route path="/health" component={HealthView} />
              <Route default component={DriveView} />
            </Router>
          </Shell>
        </LocationProvider>
      );
  }
}

const root = document.getElementById('app');
if (root) render(<App />, root);
void begin();
