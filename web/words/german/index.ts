/** German, a table for each view. The keys are the English phrases; `web/words/words.ts` takes its types from here. */
import { account } from './account.ts';
import { germanErrors } from './errors.ts';
import { gate } from './gate.ts';
import { shell } from './shell.ts';

export { germanErrors };

export const german = { ...account, ...gate, ...shell } as const;
