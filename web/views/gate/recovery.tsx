import { useState } from 'preact/hooks';
import { recoveryWords, user, wordsConfirmed } from '../../client/state.ts';
import { isWord, placesToAsk } from '../../client/words/recovery-words.ts';
import { CopyButton } from '../../components/form/copy-field.tsx';
import { Field } from '../../components/form/field.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { Icon } from '../../components/icon.tsx';
import { Gate } from './gate.tsx';

/** The 24 words of a new account: shown, then three of them asked for. A reload shows them again. */
export function RecoveryView() {
  const [asking, setAsking] = useState(false);
  const words = recoveryWords.value.split(' ');
  if (asking) return <AskBack words={words} onBack={() => setAsking(false)} onDone={wordsConfirmed} />;
  return (
    <Gate title="Write down your recovery words" wide>
      <p>
        These 24 words are the only way back to your files if you forget your password. Keep them on paper,
        away from your devices. Next, you are asked for three of them.
      </p>
      <RecoveryWords words={words} username={user.value?.username ?? ''} />
      <button type="button" class="button primary" onClick={() => setAsking(true)}>
        I have written them down
      </button>
    </Gate>
  );
}

/** The words in order, and ways to take them along. */
export function RecoveryWords({ words, username }: { words: readonly string[]; username: string }) {
  return (
    <>
      <ol class="words" aria-label="Recovery words">
        {words.map((word, index) => (
          <li key={`${index}-${word}`}>
            <span class="number numbers">{index + 1}</span>
            {word}
          </li>
        ))}
      </ol>
      <div class="toolbar">
        <CopyButton text={words.join(' ')} />
        <button type="button" class="button" onClick={() => download(words, username)}>
          <Icon name="download" />
          Download
        </button>
        <button type="button" class="button" onClick={() => print()}>
          <Icon name="print" />
          Print
        </button>
      </div>
    </>
  );
}

interface AskBackProps {
  words: readonly string[];
  onBack(): void;
  onDone(): void;
}

/** Nobody goes on who could not find the words again a minute later. */
export function AskBack({ words, onBack, onDone }: AskBackProps) {
  const [places] = useState(() => placesToAsk(words.length));
  const [typed, setTyped] = useState<Readonly<Record<number, string>>>({});
  const check = async () => {
    const wrong = places.filter((place) => !isWord(typed[place] ?? '', words[place]));
    if (wrong.length > 0) {
      const numbers = wrong.map((place) => `word ${place + 1}`).join(', ');
      throw new Error(`This does not match: ${numbers}. Look at what you wrote down.`);
    }
    onDone();
  };
  return (
    <Gate title="Check your recovery words" wide>
      <SubmitForm submit="Open my drive" busy="Checking…" onSubmit={check}>
        {places.map((place, index) => (
          <Field
            key={place}
            label={`Word ${place + 1}`}
            value={typed[place] ?? ''}
            onInput={(value) => setTyped({ ...typed, [place]: value })}
            autocomplete="off"
            autofocus={index === 0}
            required
          />
        ))}
      </SubmitForm>
      <button type="button" class="button" onClick={onBack}>
        Show the words again
      </button>
    </Gate>
  );
}

function download(words: readonly string[], username: string): void {
  const lines = [
    `peerstor recovery words of ${username}, ${location.host}`,
    '',
    ...words.map((word, index) => `${index + 1}. ${word}`),
    '',
    'Whoever has these words can open the account. Print this file, then delete it.',
    '',
  ];
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([lines.join('\n')], { type: 'text/plain' }));
  link.download = 'peerstor recovery words.txt';
  link.click();
  URL.revokeObjectURL(link.href);
}
