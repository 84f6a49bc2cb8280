import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PhotoView } from '../../../src/model/views/photos.ts';
import type { Gallery, GallerySection } from '../../client/photos/gallery.ts';
import {
  type Layout,
  layoutOf,
  type RowBox,
  rowOf,
  rowsBetween,
  type SectionBox,
  sectionOf,
} from '../../client/photos/justified-rows.ts';
import { t } from '../../words/words.ts';
import { PhotoTile } from './photo-tile.tsx';
import { Scrubber } from './scrubber.tsx';
import { reveal, scrollTo, useSight } from './use-sight.ts';

export type PhotoSelection = ReadonlyMap<string, PhotoView>;

interface PhotoGridProps {
  gallery: Gallery;
  label: string;
  selection: PhotoSelection;
  hrefOf(photo: PhotoView): string;
  onSelect(selection: PhotoSelection): void;
  onOpen(photo: PhotoView): void;
  onTrash(): void;
  /** Months at the side, to jump to. */
  scrubber?: boolean;
}

const headPx = 48;
const gapPx = 4;
/** Rows are drawn so far above and below what is seen. */
const overscanPx = 800;

function rowHeightFor(width: number): number {
  if (width < 600) return 130;
  return width < 1200 ? 190 : 230;
}

/** Pictures in justified rows under the headings of their months; only what is in sight is drawn. */
export function PhotoGrid(props: PhotoGridProps) {
  const { gallery, label } = props;
  const box = useRef<HTMLElement>(null);
  const sight = useSight(box);
  const sections = gallery.sections.value ?? [];
  // Pictures that came are drawn.
  gallery.arrived.value;
  const layout = useMemo(
    () =>
      layoutOf(sections, {
        width: Math.max(100, sight.width),
        rowHeight: rowHeightFor(sight.width),
        gap: gapPx,
        headHeight: headPx,
        footHeight: 12,
      }),
    [sections, sight.width],
  );
  const shown = rowsBetween(layout, sight.top - overscanPx, sight.bottom + overscanPx);
  const rows = sight.width === 0 ? [] : layout.rows.slice(shown.start, shown.end);
  const drawn = layout.sections.filter(
    ({ top, bottom }) => bottom > sight.top - overscanPx && top < sight.bottom + overscanPx,
  );
  const wanted = drawn.map(({ key }) => key).join(' ');
  useEffect(() => {
    for (const { key } of drawn) void gallery.want(key);
  }, [wanted, gallery, sections]);
  const grid = useGridActions(props, layout, box);
  return (
    <div class="photos-with-scrubber">
      <section
        ref={box}
        class="photo-grid"
        aria-label={label}
        style={{ blockSize: `${layout.height}px` }}
        onKeyDown={grid.onKeyDown}
      >
        {drawn.map((section) => (
          <MonthSection key={section.key} {...{ ...props, section, sections, layout, rows, grid }} />
        ))}
      </section>
      {props.scrubber && layout.sections.length > 1 && (
        <Scrubber
          layout={layout}
          titles={sections.map(({ title }) => title)}
          grid={box}
          onJump={(top) => scrollTo(box.current, top)}
        />
      )}
    </div>
  );
}

interface MonthSectionProps extends PhotoGridProps {
  section: SectionBox;
  sections: readonly GallerySection[];
  layout: Layout;
  rows: readonly RowBox[];
  grid: GridActions;
}

function MonthSection(props: MonthSectionProps) {
  const { section, sections, layout, rows, gallery, selection, grid, hrefOf } = props;
  const title = sections.find(({ key }) => key === section.key)?.title ?? '';
  const items = gallery.itemsOf(section.key);
  const count = section.end - section.start;
  const isWhole = items !== undefined && items.length > 0 && items.every(({ id }) => selection.has(id));
  const headId = `section-${section.key}`;
  const indexes = rows
    .filter(({ start, end }) => start >= section.start && end <= section.end)
    .flatMap((row) =>
      Array.from({ length: row.end - row.start }, (_, at) => ({ row, index: row.start + at })),
    );
  return (
    <section
      aria-labelledby={headId}
      style={{ insetBlockStart: `${section.top}px`, blockSize: `${section.bottom - section.top}px` }}
    >
      <header class="month-head">
        <h2 id={headId}>{title}</h2>
        <span class="muted numbers">{t('{count} {count|item|items}', { count })}</span>
        <button
          type="button"
          class="button quiet"
          aria-pressed={isWhole}
          aria-label={t('Select all of {title}', { title })}
          onClick={() => void grid.toggleSection(section, isWhole)}
        >
          {isWhole ? t('Clear^selection') : t('Select^photos')}
        </button>
      </header>
      <ul>
        {indexes.map(({ row, index }) => {
          const photo = items?.[index - section.start];
          return (
            <PhotoTile
              key={photo?.id ?? index}
              photo={photo}
              index={index}
              href={photo ? hrefOf(photo) : ''}
              box={{
                left: layout.lefts[index] ?? 0,
                top: row.top - section.top,
                width: layout.widths[index] ?? 0,
                height: row.height,
              }}
              selected={photo !== undefined && selection.has(photo.id)}
              selecting={selection.size > 0}
              focusable={index === grid.focusable(section)}
              onOpen={grid.open}
              onToggle={grid.toggle}
            />
          );
        })}
      </ul>
    </section>
  );
}

interface GridActions {
  focusable(section: SectionBox): number;
  open(index: number, event: MouseEvent): void;
  toggle(index: number, event: MouseEvent): void;
  toggleSection(section: SectionBox, isWhole: boolean): Promise<void>;
  onKeyDown(event: KeyboardEvent): void;
}

function useGridActions(
  { gallery, selection, onSelect, onOpen, onTrash }: PhotoGridProps,
  layout: Layout,
  box: { current: HTMLElement | null },
): GridActions {
  const [focus, setFocus] = useState<number | null>(null);
  const anchor = useRef<number | null>(null);
  const photoAt = (index: number): PhotoView | undefined => {
    const section = sectionOf(layout, index);
    return section && gallery.itemsOf(section.key)?.[index - section.start];
  };

  useEffect(() => {
    if (focus === null) return;
    const row = rowOf(layout, focus);
    if (row) reveal(box.current, row.top, row.top + row.height, headPx);
    // The row is drawn in the next frame where it was out of sight.
    const timer = setTimeout(
      () =>
        box.current?.querySelector<HTMLElement>(`[data-index="${focus}"]`)?.focus({ preventScroll: true }),
      60,
    );
    return () => clearTimeout(timer);
  }, [focus]);

  async function between(from: number, to: number): Promise<PhotoView[]> {
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    const touched = layout.sections.filter(({ start, end }) => start <= high && end > low);
    const photos: PhotoView[] = [];
    for (const { key, start } of touched) {
      const items = await gallery.want(key);
      for (const photo of items.slice(Math.max(0, low - start), high - start + 1)) photos.push(photo);
    }
    return photos;
  }

  async function toggle(index: number, isRange: boolean): Promise<void> {
    const photo = photoAt(index);
    if (!photo) return;
    const next = new Map(selection);
    if (isRange && anchor.current !== null) {
      for (const one of await between(anchor.current, index)) next.set(one.id, one);
    } else if (!next.delete(photo.id)) next.set(photo.id, photo);
    anchor.current = index;
    onSelect(next);
  }

  return {
    // One picture of each month can be reached by Tab; arrow keys go on from there.
    focusable: ({ start, end }) => (focus !== null && focus >= start && focus < end ? focus : start),
    open(index, event) {
      if (event.ctrlKey || event.metaKey || event.button !== 0) return;
      event.preventDefault();
      event.stopPropagation();
      if (selection.size > 0 || event.shiftKey) void toggle(index, event.shiftKey);
      else {
        const photo = photoAt(index);
        setFocus(index);
        if (photo) onOpen(photo);
      }
    },
    toggle: (index, event) => void toggle(index, event.shiftKey),
    async toggleSection({ key }, isWhole) {
      const items = await gallery.want(key);
      const next = new Map(selection);
      for (const photo of items) {
        if (isWhole) next.delete(photo.id);
        else next.set(photo.id, photo);
      }
      onSelect(next);
    },
    onKeyDown(event) {
      const tile =
        event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-index]') : null;
      const at = tile ? Number(tile.dataset.index) : null;
      if (event.key === 'Escape' && selection.size > 0) onSelect(new Map());
      if (at === null) return;
      if (event.key === 'Delete') return onTrash();
      if (event.key === ' ' || event.key === 'x') {
        event.preventDefault();
        return void toggle(at, event.shiftKey);
      }
      const to = target(layout, at, event.key);
      if (to === undefined) return;
      event.preventDefault();
      setFocus(to);
    },
  };
}

/** Where a key leads from a picture. */
function target(layout: Layout, at: number, key: string): number | undefined {
  const last = layout.lefts.length - 1;
  if (key === 'ArrowRight') return Math.min(last, at + 1);
  if (key === 'ArrowLeft') return Math.max(0, at - 1);
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return undefined;
  const row = rowOf(layout, at);
  if (!row) return undefined;
  const next = rowOf(layout, key === 'ArrowDown' ? row.end : row.start - 1);
  if (!next || (key === 'ArrowUp' && row.start === 0)) return undefined;
  // The picture whose middle is nearest.
  const middle = (index: number) => (layout.lefts[index] ?? 0) + (layout.widths[index] ?? 0) / 2;
  let best = next.start;
  for (let index = next.start; index < next.end; index += 1) {
    if (Math.abs(middle(index) - middle(at)) < Math.abs(middle(best) - middle(at))) best = index;
  }
  return best;
}
