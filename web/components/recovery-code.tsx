import { useState } from 'preact/hooks';

/** The 24 words, shown once; whoever goes on says that they are written down. */
export function RecoveryCode({ words, onKept }: { words: string; onKept(): void }) {
  const [kept, setKept] = useState(false);
  return (
    <main class="gate">
      <div class="gate-card wide">
        <h1>Write this down</h1>
        <p>
          These 24 words are the only way back to your files if you forget your password. They are shown now
          and never again. Keep them on paper, away from your devices.
        </p>
        <ol class="words" aria-label="Recovery code">
          {words.split(' ').map((word, index) => (
            <li key={`${index}-${word}`}>
              <span class="number numbers">{index + 1}</span>
              {word}
            </li>
          ))}
        </ol>
        <label>
          <input type="checkbox" checked={kept} onChange={(event) => setKept(event.currentTarget.checked)} />{' '}
          I have written all 24 words down.
        </label>
        <div class="toolbar">
          <button type="button" class="button" onClick={() => print()}>
            Print
          </button>
          <button type="button" class="button primary" disabled={!kept} onClick={onKept}>
            Open my drive
          </button>
        </div>
      </div>
    </main>
  );
}
