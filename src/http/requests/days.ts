/** Times in a query: a day, or a time of UTC. */
import { PeerstorError } from '../../model/errors.ts';

export const dayOrTime = {
  type: 'string',
  maxLength: 40,
  description: 'a day such as 2026-11-21, or a time such as 2026-11-21T10:00:00Z',
};

const dayShape = /^\d{4}-\d{2}-\d{2}$/;
const timeShape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/;
const lastMsOfDay = 86_400_000 - 1;

/** Unix milliseconds; a day as `to` means its end. @throws `bad-input`, also for a day that is in no calendar */
export function dayOrTimeMs(field: 'from' | 'to', text: string): number {
  const isDay = dayShape.test(text);
  const ms = isDay || timeShape.test(text) ? Date.parse(text) : Number.NaN;
  const exists = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text.slice(0, 10));
  if (exists) return isDay && field === 'to' ? ms + lastMsOfDay : ms;
  throw new PeerstorError('bad-input', `The parameter "${field}" must be ${dayOrTime.description}.`, {
    details: { field },
  });
}
