/** Which language the page speaks: chosen by the person, kept in this browser, or that of the browser. */
import { signal } from '@preact/signals-core';
import { type Spoken, spoken } from './words.ts';

/** Languages that are there, each by its own name. */
export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

/** `browser`: whatever the browser asks for, if it is there. */
export type LanguageChoice = Language | 'browser';

const key = 'peerstor.language';

/** What the person chose on this browser. */
export const languageChoice = signal<LanguageChoice>(kept());

/**
 * Speaks the language that was chosen earlier. Nothing is to be drawn before: it would be drawn in English first.
 * Where the words cannot be loaded, the page stays English.
 */
export async function speakChosen(): Promise<void> {
  await speak(languageChoice.value).catch(() => undefined);
}

/** @throws when the words of the language cannot be loaded; then nothing changes */
export async function chooseLanguage(choice: LanguageChoice): Promise<void> {
  await speak(choice);
  languageChoice.value = choice;
  try {
    if (choice === 'browser') localStorage.removeItem(key);
    else localStorage.setItem(key, choice);
  } catch {
    // Storage is off: the choice holds as long as the page is open.
  }
}

async function speak(choice: LanguageChoice): Promise<void> {
  const asked = navigator.languages;
  const language = choice === 'browser' ? (asked.map(languageOf).find(isLanguage) ?? 'en') : choice;
  const words = await wordsOf(language);
  // The numbers and dates of the own region, where the browser names one.
  const locale = asked.find((tag) => isTag(tag) && languageOf(tag) === language) ?? language;
  document.documentElement.lang = language;
  spoken.value = { locale, ...words };
}

async function wordsOf(language: Language): Promise<Pick<Spoken, 'table' | 'errors' | 'deviceSaid'>> {
  switch (language) {
    case 'en':
      return { table: null, errors: null, deviceSaid: null };
    case 'de': {
      const { deviceSaid, german, germanErrors } = await import('./german/index.ts');
      return { table: german, errors: germanErrors, deviceSaid };
    }
  }
}

/** Some systems name a region such as `en-US@posix`, which Intl refuses. */
function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

function languageOf(tag: string): string {
  return tag.split(/[-_@]/)[0]?.toLowerCase() ?? '';
}

function isLanguage(name: string): name is Language {
  return Object.hasOwn(languages, name);
}

function kept(): LanguageChoice {
  try {
    const found = localStorage.getItem(key) ?? '';
    return isLanguage(found) ? found : 'browser';
  } catch {
    return 'browser';
  }
}
