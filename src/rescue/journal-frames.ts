/** The frames of a journal file, in order, as far as there are any. */
import { type OpenFile, readAll } from '../store/index.ts';
import {
  contentLength,
  frameHeadBytes,
  type JournalFrame,
  journalHead,
  readFrame,
} from './journal-format.ts';

export interface FoundFrame {
  /** undefined for one that is damaged: it costs its own records only, where its length is right. */
  frame: JournalFrame | undefined;
  /** Where the frame ends in the file. */
  end: number;
}

/** Ends before a frame that the end of the file cuts. A file that does not begin as a journal has none. */
export async function* framesOf(file: OpenFile): AsyncGenerator<FoundFrame, void, void> {
  const size = await file.size();
  const start = Buffer.alloc(journalHead.length);
  if (!(await readAll(file, [start], 0)) || !start.equals(journalHead)) return;
  const head = Buffer.alloc(frameHeadBytes);
  for (let at = journalHead.length; at + frameHeadBytes < size; ) {
    if (!(await readAll(file, [head], at))) return;
    const length = contentLength(head);
    const end = at + frameHeadBytes + (length ?? 0);
    if (length === undefined || end > size) return;
    const content = Buffer.alloc(length);
    if (!(await readAll(file, [content], at + frameHeadBytes))) return;
    yield { frame: readFrame(head, content), end };
    at = end;
  }
}
