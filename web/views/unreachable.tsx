import { begin } from '../client/state.ts';

export function UnreachableView() {
  return (
    <main class="gate">
      <div class="gate-card">
        <h1>This device is not answering</h1>
        <p class="muted">
          It may be off, starting, or on another network. Any other device of yours shows the same drive.
        </p>
        <button type="button" class="button primary" onClick={() => void begin()}>
          Try again
        </button>
      </div>
    </main>
  );
}
