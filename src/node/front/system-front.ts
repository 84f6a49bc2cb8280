/** What pages see of the machine that answers. */

import type { Session } from '../../model/contracts/drive.ts';
import type { SystemView, TransfersView } from '../../model/contracts/health.ts';
import { Machine } from '../machine/machine.ts';
import { SystemWatch } from '../machine/system-watch.ts';
import type { DeviceParts } from './device-parts.ts';

export interface SystemFront {
  /** Only an admin is told the paths of folders. */
  view(viewer: Session): Promise<SystemView>;
  /** Tells the topics `system` and `transfers` until it is stopped. */
  listen(): () => void;
}

export function createSystemFront(parts: DeviceParts): SystemFront {
  const folders = () => [parts.config.home, ...parts.store.usage().volumes.map(({ path }) => path)];
  const machine = new Machine(parts.clock, folders, parts.config.version);
  const transfers = (): TransfersView => {
    const chunks = parts.network()?.chunks;
    const repair = chunks?.repairStatus();
    return {
      uploads: chunks?.uploadsActive() ?? 0,
      unprotectedChunks: chunks?.unprotectedChunks() ?? 0,
      repairs: (repair?.queued ?? 0) + (repair?.active ?? 0),
    };
  };
  const watch = new SystemWatch({ clock: parts.clock, transfers, tell: (topic) => parts.tell(topic) });
  return {
    async view(viewer) {
      const view = await machine.view();
      const isAdmin = viewer.user.role === 'admin';
      const disks = isAdmin ? view.disks : view.disks.map((disk) => ({ ...disk, paths: [] }));
      return { ...view, disks, transfers: transfers() };
    },
    listen: () => watch.listen(),
  };
}
