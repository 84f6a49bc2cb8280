import { useState } from 'preact/hooks';
import { recoveryWords, user, wordsConfirmed } from '../../client/state.ts';
import { isWord, placesToAsk } from '../../client/words/recovery-words.ts';
import { CopyButton } from '../../components/form/copy-field.tsx';
import { Field } from '../../components/form/field.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { Icon } from '../../components/icon.tsx';
import { t } from '../../words/words.ts';
import { Gate } from './gate.tsx';

/** The 24 words of a new account: shown, then three of them asked for. A reload shows them again. */
export function RecoveryView() {
  const [asking, setAsking] = useState(false);
  const words = recoveryWords.value.split(' ');
  if (asking) return <AskBack words={words} onBack={() => setAsking(false)} onDone={wordsConfirmed} />;
  return (
    <Gate title={t('Write down your recovery words')} wide>
      <p>
        {t(
          'These 24 words are the only way back to your files if you forget your password. Keep them on paper, away from your devices. Next, you are asked for three of them.',
        )}
      </p>
      <RecoveryWords words={words} username={user.value?.username ?? ''} />
      <button type="button" class="button primary" onClick={() => setAsking(true)}>
        {t('I have written them down')}
      </button>
    </Gate>
  );
}

/** The words in order, and ways to take them along. */
export function RecoveryWords({ words, username }: { words: readonly string[]; username: string }) {
  return (
    <>
      <ol class="words" aria-label={t('Recovery words')}>
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
          {t('Download')}
        </button>
        <button type="button" class="button" onClick={() => print()}>
          <Icon name="print" />
          {t('Print')}
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

/** Asks for some of the words, so that only people who wrote them down continue. */
export function AskBack({ words, onBack, onDone }: AskBackProps) {
  const [places] = useState(() => placesToAsk(words.length));
  const [typed, setTyped] = useState<Readonly<Record<number, string>>>({});
  const check = async () => {
    const wrong = places.filter((place) => !isWord(typed[place] ?? '', words[place]));
    if (wrong.length > 0) {
      const numbers = wrong.map((place) => t('word {place}', { place: place + 1 })).join(', ');
      throw new Error(t('This does not match: {numbers}. Look at what you wrote down.', { numbers }));
    }
    onDone();
  };
  return (
    <Gate title={t('Check your recovery words')} wide>
      <SubmitForm submit={t('Open my drive')} busy={t('Checking…')} onSubmit={check}>
        {places.map((place, index) => (
          <Field
            key={place}
            label={t('Word {place}', { place: place + 1 })}
            value={typed[place] ?? ''}
            onInput={(value) => setTyped({ ...typed, [place]: value })}
            autocomplete="off"
            autofocus={index === 0}
            required
          />
        ))}
      </SubmitForm>
      <button type="button" class="button" onClick={onBack}>
        {t('Show the words again')}
      </button>
    </Gate>
  );
}

function download(words: readonly string[], username: string): void {
  const lines = [
    t('peerstor recovery words of {username}, {host}', { username, host: location.host }),
    '',
    ...words.map((word, index) => `${index + 1}. ${word}`),
    '',
    t('Whoever has these words can open the account. Print this file, then delete it.'),
    '',
  ];
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([lines.join('\n')], { type: 'text/plain' }));
  link.download = `${t('peerstor recovery words')}.txt`;
  link.click();
  URL.revokeObjectURL(link.href);
}
