/** What members who are not admins see of a device: the paths of its folders name users and disks of its machine. */
import type { DeviceView } from '../../model/api.ts';

/** The volumes keep their state, so that alerts about them can be made; `path` is empty. */
export function withoutPaths(view: DeviceView): DeviceView {
  return {
    ...view,
    volumes: view.volumes.map(({ problem: _problem, ...volume }) => ({ ...volume, path: '' })),
  };
}

export function withoutVolumes(view: DeviceView): DeviceView {
  const { bandwidth: _bandwidth, wire: _wire, ...rest } = view;
  return { ...rest, volumes: [] };
}
