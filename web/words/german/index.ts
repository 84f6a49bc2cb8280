/** German, a table for each view. The keys are the English phrases; `web/words/words.ts` takes its types from here. */

import { translator } from '../translator.ts';
import { account } from './account.ts';
import { auditEvents } from './audit-events.ts';
import { backups } from './backups.ts';
import { deviceSentences } from './device-sentences.ts';
import { drive } from './drive.ts';
import { germanErrors } from './errors.ts';
import { files } from './files.ts';
import { gate } from './gate.ts';
import { lists } from './lists.ts';
import { network } from './network.ts';
import { people } from './people.ts';
import { photos } from './photos.ts';
import { shell } from './shell.ts';

export { germanErrors };
export const deviceSaid = translator({ ...auditEvents, ...deviceSentences });

export const german = {
  ...account,
  ...backups,
  ...drive,
  ...files,
  ...gate,
  ...lists,
  ...network,
  ...people,
  ...photos,
  ...shell,
} as const;
