import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { firstBelow, type Layout } from '../../client/photos/justified-rows.ts';
import { t } from '../../words/words.ts';
import { useTop } from './use-sight.ts';

interface ScrubberProps {
  layout: Layout;
  /** Of the sections, such as July 2026. */
  titles: readonly string[];
  /** What is laid out. */
  grid: RefObject<HTMLElement | null>;
  onJump(top: number): void;
}

/** What sticks to the top covers so much. */
const headPx = 60;
/** Years closer to each other than this share of the height would overlap. */
const yearGap = 0.045;

/** Months from the newest to the oldest at the side of the timeline: dragged, clicked, or moved through by arrow keys. */
export function Scrubber({ layout, titles, grid, onJump }: ScrubberProps) {
  const top = useTop(grid);
  const track = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const at = Math.min(
    titles.length - 1,
    firstBelow(layout.sections, dragged ?? top + headPx, ({ bottom }) => bottom),
  );
  const share = Math.min(1, Math.max(0, (dragged ?? top) / layout.height));

  const jumpTo = (event: PointerEvent) => {
    const box = track.current?.getBoundingClientRect();
    if (!box) return;
    const y = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height)) * layout.height;
    setDragged(y);
    onJump(y);
  };
  const step = (by: number) => {
    const section = layout.sections[Math.min(titles.length - 1, Math.max(0, at + by))];
    if (section) onJump(section.top);
  };
  return (
    <div
      ref={track}
      class={`scrubber ${dragged === null ? '' : 'dragged'}`}
      role="slider"
      tabIndex={0}
      aria-label={t('Month')}
      aria-orientation="vertical"
      aria-valuemin={1}
      aria-valuemax={titles.length}
      aria-valuenow={at + 1}
      aria-valuetext={titles[at]}
      onKeyDown={(event) => {
        const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -1e9, End: 1e9 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        step(by);
      }}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.focus();
        event.currentTarget.setPointerCapture(event.pointerId);
        jumpTo(event);
      }}
      onPointerMove={(event) => {
        if (dragged !== null) jumpTo(event);
      }}
      onPointerUp={() => setDragged(null)}
      onPointerCancel={() => setDragged(null)}
    >
      {yearsOf(layout, titles).map(({ year, share: place }) => (
        <span key={year} class="year" style={{ insetBlockStart: `${place * 100}%` }} aria-hidden>
          {year}
        </span>
      ))}
      <span class="thumb-line" style={{ insetBlockStart: `${share * 100}%` }} aria-hidden>
        <span>{titles[at]}</span>
      </span>
    </div>
  );
}

function yearsOf(layout: Layout, titles: readonly string[]): { year: string; share: number }[] {
  const years: { year: string; share: number }[] = [];
  for (const [index, { top }] of layout.sections.entries()) {
    const year = /\d{4}$/.exec(titles[index] ?? '')?.[0];
    const share = top / layout.height;
    const last = years.at(-1);
    if (year === undefined || last?.year === year) continue;
    if (!last || share - last.share >= yearGap) years.push({ year, share });
  }
  return years;
}
