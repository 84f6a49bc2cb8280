/** Short messages over the page, newest last. Each goes by itself; some go earlier, with what they are about. */
import { signal } from '@preact/signals-core';
import { ApiError } from './request.ts';

export interface Message {
  id: number;
  text: string;
  tone: 'neutral' | 'danger';
  undo: (() => void) | undefined;
  /** Compared by identity. */
  about: unknown;
}

export const messages = signal<readonly Message[]>([]);
let nextMessage = 1;
/** Errors stay longer: they are read twice. */
const shownMs: Readonly<Record<Message['tone'], number>> = { neutral: 10_000, danger: 60_000 };
/** More of them would cover what they are about. */
const shownMax = 3;

/** What messages are about that say that the device does not answer. */
export const silence = Symbol();

/**
 * Shows a message.
 * @param options.about what `unsayAbout` is told once the message is not true any more
 */
export function say(
  text: string,
  { tone = 'neutral', undo, about }: Partial<Pick<Message, 'tone' | 'undo' | 'about'>> = {},
): void {
  const message: Message = { id: nextMessage++, text, tone, undo, about };
  messages.value = [...messages.value.slice(1 - shownMax), message];
  setTimeout(() => unsay(message.id), shownMs[tone]);
}

export function unsay(id: number): void {
  messages.value = messages.value.filter((message) => message.id !== id);
}

/** Takes back what was said about something that was undone or is mended. */
export function unsayAbout(about: unknown): void {
  messages.value = messages.value.filter((message) => message.about !== about);
}

/** Shows why something failed. That the device does not answer is said until it does. */
export function sayFailure(error: Error, text = error.message): void {
  const isSilent = error instanceof ApiError && error.status === 0;
  say(text, { tone: 'danger', about: isSilent ? silence : undefined });
}
