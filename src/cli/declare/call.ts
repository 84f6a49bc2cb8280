/** Shared by the lists of commands: checked arguments, and actions that load when they are called. */
import { type Command, InvalidArgumentError } from 'commander';
import type { GlobalOptions } from '../client/client.ts';

type Action = (...args: never[]) => Promise<void>;

/** Runs an action with the command's arguments and all options, its own and the global ones. */
export function call(command: Command, load: () => Promise<Action>): void {
  command.action(async (...given: unknown[]) => {
    given.pop();
    given.pop();
    const action = await load();
    await action(...([...given, command.optsWithGlobals<GlobalOptions>()] as never[]));
  });
}

export const list = (value: string, before: string[] = []) => [...before, value];

export const wholeNumber = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError(`"${text}" is not a whole number.`);
  return value;
};

/** Seconds as HTTP accepts them: with at most three decimals. */
export const seconds = (text: string) => {
  if (/^\d{1,4}(\.\d{1,3})?$/.test(text)) return text;
  throw new InvalidArgumentError(`"${text}" is not a number of seconds.`);
};

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** `7d` → milliseconds; `never` → infinite. */
export const duration = (text: string): number => {
  if (text === 'never') return Number.POSITIVE_INFINITY;
  const [, count = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const ms = Number(count) * (unitMs[unit] ?? 0);
  if (ms <= 0) throw new InvalidArgumentError('Write 30m, 12h, 7d, 4w or never.');
  return ms;
};

/** `08:00-22:00` → its ends; `none` stays. */
export const hours = (text: string): { from: string; to: string } | 'none' => {
  if (text === 'none') return text;
  const [, from = '', to = ''] = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)$/.exec(text) ?? [];
  if (from === '') throw new InvalidArgumentError('Write hours such as 08:00-22:00, or none.');
  return { from, to };
};

/** `0-99` → its ends, both included; `100-` has no second one. */
export const byteRange = (text: string): { from: number; to: number | undefined } => {
  const [, from = '', to = ''] = /^(\d{1,15})-(\d{0,15})$/.exec(text) ?? [];
  if (from === '' || (to !== '' && Number(to) < Number(from))) {
    throw new InvalidArgumentError('Write bytes such as 0-99, or 100- for the rest.');
  }
  return { from: Number(from), to: to === '' ? undefined : Number(to) };
};

export const rightsChoices = ['view', 'upload', 'edit'];
