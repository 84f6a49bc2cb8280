import { useEffect, useState } from 'preact/hooks';

/** What a request gives, or how it failed; asked again when `inputs` change, and the old answer is kept meanwhile. */
export function useAsked<Shape>(
  ask: () => Promise<Shape>,
  inputs: readonly unknown[],
): { answer: Shape | undefined; error: Error | undefined } {
  const [state, setState] = useState<{ answer: Shape | undefined; error: Error | undefined }>({
    answer: undefined,
    error: undefined,
  });
  useEffect(() => {
    let current = true;
    ask().then(
      (answer) => current && setState({ answer, error: undefined }),
      (error: Error) => current && setState({ answer: undefined, error }),
    );
    return () => {
      current = false;
    };
  }, inputs);
  return state;
}
