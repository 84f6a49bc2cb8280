import { useCallback, useEffect, useState } from 'preact/hooks';
import { attempt } from '../client/state.ts';

/**
 * What a request gives, asked when the view appears and whenever `revision` rises.
 * @returns undefined until the first answer, and a function that asks again
 */
export function useLoaded<Shape>(
  ask: () => Promise<Shape>,
  revision = 0,
): [loaded: Shape | undefined, reload: () => Promise<boolean>] {
  const [loaded, setLoaded] = useState<Shape | undefined>(undefined);
  const reload = useCallback(() => attempt(async () => setLoaded(await ask())), []);
  useEffect(() => void reload(), [revision]);
  return [loaded, reload];
}
