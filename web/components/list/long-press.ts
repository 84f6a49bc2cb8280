/** Fingers: holding a row for a while is what the right button is for a mouse. */

const holdMs = 500;
/** A finger that moves further is scrolling. */
const slipPx = 10;

/**
 * Calls back when a finger rests on a row. The click that ends the touch is swallowed.
 * @returns a function that stops listening
 */
export function watchLongPress(
  element: HTMLElement,
  onHold: (target: Element, at: { x: number; y: number }) => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start = { x: 0, y: 0 };
  let held = false;
  const stop = () => clearTimeout(timer);
  const onDown = (event: PointerEvent) => {
    stop();
    held = false;
    if (event.pointerType !== 'touch' || !(event.target instanceof Element)) return;
    const { target } = event;
    start = { x: event.clientX, y: event.clientY };
    timer = setTimeout(() => {
      held = true;
      onHold(target, start);
    }, holdMs);
  };
  const onMove = (event: PointerEvent) => {
    if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > slipPx) stop();
  };
  const onClick = (event: MouseEvent) => {
    if (!held) return;
    held = false;
    event.preventDefault();
    event.stopPropagation();
  };
  element.addEventListener('pointerdown', onDown);
  element.addEventListener('pointermove', onMove);
  element.addEventListener('pointerup', stop);
  element.addEventListener('pointercancel', stop);
  element.addEventListener('click', onClick, { capture: true });
  return () => {
    stop();
    element.removeEventListener('pointerdown', onDown);
    element.removeEventListener('pointermove', onMove);
    element.removeEventListener('pointerup', stop);
    element.removeEventListener('pointercancel', stop);
    element.removeEventListener('click', onClick, { capture: true });
  };
}
