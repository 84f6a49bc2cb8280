import { useState } from 'preact/hooks';
import { detailsShown, showDetails } from '../../../client/drive/view-settings.ts';
import { useMedia } from '../../use-media.ts';

export interface DetailsState {
  /** Over the list, where there is no room beside it. */
  asSheet: boolean;
  shown: boolean;
  show(shown: boolean): void;
}

/** Whether details are shown: beside lists that is remembered, a sheet is opened anew each time. */
export function useDetails(): DetailsState {
  const hasRoom = useMedia('(min-width: 1101px)');
  const [sheet, setSheet] = useState(false);
  return hasRoom
    ? { asSheet: false, shown: detailsShown(), show: showDetails }
    : { asSheet: true, shown: sheet, show: setSheet };
}
