/**
 * Justified rows: pictures of one row have one height, and rows are as wide as the page, so nothing is cropped. The whole
 * timeline is laid out from the ratios alone, before a single picture is loaded.
 */

/** Pictures that are laid out together under one heading. */
export interface Section {
  key: string;
  /** Width by height of each picture. */
  ratios: Float32Array;
}

export interface RowBox {
  /** From the top of the layout, in px. */
  top: number;
  height: number;
  /** Pictures `start` to `end`, without `end`, counted over all sections. */
  start: number;
  end: number;
}

export interface SectionBox {
  key: string;
  /** Of its heading. */
  top: number;
  /** Where the next section begins. */
  bottom: number;
  /** Of its first picture, counted over all sections; and behind its last one. */
  start: number;
  end: number;
}

export interface Layout {
  height: number;
  sections: SectionBox[];
  rows: RowBox[];
  /** Left edge and width of each picture in its row, in px. */
  lefts: Float32Array;
  widths: Float32Array;
}

export interface LayoutWish {
  width: number;
  /** Rows are at most as high, and as near to it as pictures allow. */
  rowHeight: number;
  gap: number;
  headHeight: number;
  /** Below each section. */
  footHeight: number;
}

/** Wider and narrower ones are cropped: a panorama would make a row of a few pixels. */
const ratioMin = 0.4;
const ratioMax = 4;

export function layoutOf(sections: readonly Section[], wish: LayoutWish): Layout {
  const count = sections.reduce((sum, { ratios }) => sum + ratios.length, 0);
  const layout: Layout = {
    height: 0,
    sections: [],
    rows: [],
    lefts: new Float32Array(count),
    widths: new Float32Array(count),
  };
  let first = 0;
  let top = 0;
  for (const { key, ratios } of sections) {
    const box = { key, top, bottom: 0, start: first, end: first + ratios.length };
    box.bottom = layRows(layout, ratios, first, top + wish.headHeight, wish) + wish.footHeight;
    layout.sections.push(box);
    first = box.end;
    top = box.bottom;
  }
  layout.height = top;
  return layout;
}

/** @returns the bottom of the last row */
function layRows(
  layout: Layout,
  ratios: Float32Array,
  first: number,
  from: number,
  wish: LayoutWish,
): number {
  const { width, rowHeight, gap } = wish;
  let top = from;
  let start = 0;
  let sum = 0;
  for (let at = 0; at < ratios.length; at += 1) {
    sum += clamped(ratios[at]);
    const isLast = at === ratios.length - 1;
    const fitting = (width - gap * (at - start)) / sum;
    if (fitting > rowHeight && !isLast) continue;
    // The last row of a section is not stretched.
    const height = Math.min(fitting, rowHeight);
    let left = 0;
    for (let one = start; one <= at; one += 1) {
      const pictureWidth = clamped(ratios[one]) * height;
      layout.lefts[first + one] = left;
      layout.widths[first + one] = pictureWidth;
      left += pictureWidth + gap;
    }
    layout.rows.push({ top, height, start: first + start, end: first + at + 1 });
    top += height + gap;
    start = at + 1;
    sum = 0;
  }
  return top;
}

function clamped(ratio: number | undefined): number {
  return Math.min(ratioMax, Math.max(ratioMin, ratio ?? 1));
}

/** The ratios of a month, from base64 of one byte each. */
export function ratiosOf(base64: string): Float32Array {
  const text = atob(base64);
  return Float32Array.from(text, (letter) => letter.charCodeAt(0) / 50);
}

/** Index of the first of some boxes, in order from the top, whose bottom is below `y`. */
export function firstBelow<Box>(boxes: readonly Box[], y: number, bottomOf: (box: Box) => number): number {
  let low = 0;
  let high = boxes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const box = boxes[middle];
    if (box !== undefined && bottomOf(box) <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rows in sight: `start` to `end`, without `end`. */
export function rowsBetween(layout: Layout, top: number, bottom: number): { start: number; end: number } {
  const start = firstBelow(layout.rows, top, (row) => row.top + row.height);
  let end = start;
  while (end < layout.rows.length && (layout.rows[end]?.top ?? bottom) < bottom) end += 1;
  return { start, end };
}

/** The row that has a picture. */
export function rowOf(layout: Layout, picture: number): RowBox | undefined {
  return layout.rows[firstBelow(layout.rows, picture, (row) => row.end)];
}

/** The section that has a picture. */
export function sectionOf(layout: Layout, picture: number): SectionBox | undefined {
  return layout.sections[firstBelow(layout.sections, picture, (section) => section.end)];
}
