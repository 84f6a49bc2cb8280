/**
 * Every text of the page passes `t`: English is written where it is shown and is the key of the other languages.
 * A phrase may have parameters, `{name}`, and words that follow a number, `{count|file|files}`, in the order of
 * the plural forms of its language. What stands behind `^` tells two meanings of one English text apart.
 *
 * Call it while something is drawn or said, never when a module is loaded: only then the page follows the choice of
 * a language. Texts in tables are `PlainPhrase`, and pass `t` where they are shown.
 */
import { signal } from '@preact/signals-core';
import type { german } from './german/index.ts';

/** What can be said: everything that has German. */
export type Phrase = keyof typeof german;

/** What needs no values. */
export type PlainPhrase = Exclude<Phrase, `${string}{${string}`>;

type Slots<Text> = Text extends `${string}{${infer Slot}}${infer Rest}` ? Slot | Slots<Rest> : never;
type NameIn<Slot> = Slot extends `${infer Name}|${string}` ? Name : Slot;
type CountIn<Slot> = Slot extends `${infer Name}|${string}` ? Name : never;
type Values<Text, Value> = {
  [Name in NameIn<Slots<Text>> & string]: Name extends CountIn<Slots<Text>> ? number : Value;
};
type Arguments<Text, Value> = [Slots<Text>] extends [never] ? [] : [values: Values<Text, Value>];

/** One language as the page speaks it. */
export interface Spoken {
  /** For Intl, such as `de-AT`. */
  locale: string;
  /** null for English, whose phrases are the keys. */
  table: Readonly<Record<string, string>> | null;
  /** Sentences for error codes; null, or no sentence for a code, where the English one of the device is said. */
  errors: Readonly<Record<string, string | null>> | null;
  /** Translates English sentences of devices; undefined for those it does not know. */
  deviceSaid: ((sentence: string) => string | undefined) | null;
}

/** What reads it while it draws is drawn again when it changes. */
export const spoken = signal<Spoken>({ locale: 'en', table: null, errors: null, deviceSaid: null });

/** The phrase in the language of the page; numbers are written as that language writes them. */
export function t<Text extends Phrase>(phrase: Text, ...[values]: Arguments<Text, string | number>): string {
  return pieces(phrase, values).join('');
}

/** The same with elements among the values, as children of an element. */
export function tParts<Text extends Phrase, Part>(
  phrase: Text,
  values: Values<Text, Part | string | number>,
): (Part | string)[] {
  return pieces<Part>(phrase, values);
}

/** A sentence that a device made, in the language of the page where that knows it. */
export function deviceSaid(sentence: string): string {
  return spoken.value.deviceSaid?.(sentence) ?? sentence;
}

/** The options of a choice with their labels in the language of the page. */
export function tLabels<Value>(
  options: readonly { readonly value: Value; readonly label: PlainPhrase }[],
): { value: Value; label: string }[] {
  return options.map(({ value, label }) => ({ value, label: t(label) }));
}

/** What went wrong, by its code; or the English sentence with which the device said so. */
export function errorSentence(code: string, sentence: string): string {
  return spoken.value.deviceSaid?.(sentence) ?? spoken.value.errors?.[code] ?? sentence;
}

function pieces<Part>(phrase: string, values: object | undefined): (Part | string)[] {
  const { locale, table } = spoken.value;
  const text = table?.[phrase] ?? phrase.replace(/\^.*$/, '');
  const given: Readonly<Record<string, Part | string | number>> = { ...values };
  return text.split(/\{([^}]*)\}/).map((piece, index) => {
    if (index % 2 === 0) return piece;
    const [name = '', ...forms] = piece.split('|');
    const value = given[name] ?? '';
    if (typeof value !== 'number') return value;
    if (forms.length === 0) return new Intl.NumberFormat(locale).format(value);
    return formFor(locale, value, forms);
  });
}

/** Plural categories in the order in which a phrase gives its forms; the last is for all others. */
const order = ['zero', 'one', 'two', 'few', 'many', 'other'] as const;

function formFor(locale: string, count: number, forms: readonly string[]): string {
  const rules = new Intl.PluralRules(locale);
  const categories = order.filter((category) => rules.resolvedOptions().pluralCategories.includes(category));
  return forms[categories.indexOf(rules.select(count))] ?? forms.at(-1) ?? '';
}
